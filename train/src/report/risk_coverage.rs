//! Figure of the risk-coverage curve: the error rate when only the most confident predictions are accepted.

use metrics::abstention::RiskCoverage;
use plotters::prelude::*;

use super::figure::{self, COLOURS, FigureError, MUTED};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (680, 460);

/// Draws the curve of the test part.
///
/// - `chosen`: coverage and error rate at the model's confidence threshold
/// - `target_error`: error rate that the threshold was chosen for
///
/// # Errors
/// When drawing fails.
pub fn draw(
    risk: &RiskCoverage,
    chosen: [f64; 2],
    target_error: f64,
) -> Result<String, FigureError> {
    let highest = risk.curve.iter().map(|point| point[1]);
    let highest = highest
        .chain([chosen[1], target_error])
        .fold(0.01, f64::max)
        * 1.12;
    figure::svg(SIZE, |area| {
        let mut chart = figure::chart(
            area,
            "Risk and coverage",
            [("answered", 0.0..1.005), ("wrong among them", 0.0..highest)],
            [&figure::percent, &|share| format!("{:.1} %", 100.0 * share)],
        )?;
        chart
            .draw_series(DashedLineSeries::new(
                [(0.0, target_error), (1.0, target_error)],
                5,
                4,
                MUTED.stroke_width(1),
            ))?
            .label(format!(
                "the error asked for: {:.1} %",
                100.0 * target_error
            ))
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], MUTED.stroke_width(1)));
        let points = risk.curve.iter().map(|[x, y]| (*x, *y));
        chart
            .draw_series(LineSeries::new(points, COLOURS[0].stroke_width(2)))?
            .label(format!("test: area {:.4}", risk.aurc))
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], COLOURS[0].stroke_width(2)));
        let [coverage, error_rate] = chosen;
        chart
            .draw_series([Circle::new((coverage, error_rate), 5, COLOURS[1].filled())])?
            .label(format!(
                "the model's threshold: {:.1} % answered, {:.1} % wrong",
                100.0 * coverage,
                100.0 * error_rate
            ))
            .legend(|(x, y)| Circle::new((x + 9, y), 4, COLOURS[1].filled()));
        figure::legend(&mut chart, SeriesLabelPosition::UpperLeft)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_point_and_the_target_are_named() {
        let risk = RiskCoverage {
            aurc: 0.0123,
            accuracy_at_90: 0.97,
            curve: vec![[0.5, 0.0], [1.0, 0.1]],
        };
        let svg = draw(&risk, [0.8, 0.02], 0.03).unwrap();
        for text in [
            "area 0.0123",
            "80.0 % answered, 2.0 % wrong",
            "asked for: 3.0 %",
        ] {
            assert!(svg.contains(text), "{text} is missing");
        }
    }
}
