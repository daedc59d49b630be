//! Risk-coverage curves: the error rate when only the most confident predictions are accepted.

use crate::axis::Axis;
use crate::canvas::svg;
use crate::error::FigureError;
use crate::plot::{Plot, draw_plot};
use crate::series::{Mark, Series};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (680, 460);

/// Risk-coverage curve with the point that a model works at. All rates are from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RiskCoverage {
    /// Coverage (fraction of accepted predictions) and error rate among the accepted ones, by ascending coverage.
    pub curve: Vec<[f64; 2]>,
    /// Area under the curve.
    pub area: f64,
    /// Coverage and error rate at the model's confidence threshold.
    pub chosen: [f64; 2],
    /// Error rate that the threshold was chosen for.
    pub target_error: f64,
}

/// Draws the curve of the test part, and returns the SVG.
///
/// # Errors
/// When drawing fails.
pub fn draw(risk: &RiskCoverage) -> Result<String, FigureError> {
    let [coverage, error_rate] = risk.chosen;
    let target = risk.target_error;
    let rates = risk.curve.iter().map(|point| point[1]);
    let highest = rates.chain([error_rate, target]).fold(0.01, f64::max);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let chosen = format!(
        "the model's threshold: {} answered, {} wrong",
        percent(coverage),
        percent(error_rate)
    );
    let series = vec![
        Series::line(
            format!("the error asked for: {}", percent(target)),
            vec![(0.0, target), (1.0, target)],
            0,
        )
        .marked(Mark::Reference),
        Series::line(
            format!("test: area {:.4}", risk.area),
            risk.curve.iter().map(|[x, y]| (*x, *y)).collect(),
            0,
        ),
        Series::line(chosen, vec![(coverage, error_rate)], 1).marked(Mark::Dots),
    ];
    let plot = Plot::new(
        "Risk and coverage",
        Axis::new("answered").range(0.0..1.005).percent(),
        Axis::new("wrong among them")
            .range(0.0..1.12 * highest)
            .percent(),
        series,
    );
    svg(SIZE, |area| draw_plot(area, &plot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_point_and_the_target_are_named() {
        let risk = RiskCoverage {
            curve: vec![[0.5, 0.0], [1.0, 0.1]],
            area: 0.0123,
            chosen: [0.8, 0.02],
            target_error: 0.03,
        };
        let svg = draw(&risk).unwrap();
        for text in [
            "area 0.0123",
            "80.0 % answered, 2.0 % wrong",
            "asked for: 3.0 %",
        ] {
            assert!(svg.contains(text), "{text} is missing");
        }
    }
}
