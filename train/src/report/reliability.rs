//! Figure of the reliability diagram: accuracy by confidence before and after calibration, above a histogram of the
//! confidences.

use metrics::calibration::{Bin, expected_calibration_error};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::figure::{self, Area, COLOURS, DrawResult, FigureError, INK, MUTED, text_style};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (620, 760);

/// Height of the diagram above the histogram, in pixels.
const UPPER: u32 = 580;

/// Bins with fewer predictions are drawn pale: their accuracy is uncertain.
const MIN_PREDICTIONS: usize = 10;

/// Draws diagram and histogram; `before` are the bins of the uncalibrated probabilities.
///
/// # Errors
/// When drawing fails.
pub fn draw(before: &[Bin], after: &[Bin], temperature: f64) -> Result<String, FigureError> {
    figure::svg(SIZE, |area| {
        let (upper, lower) = area.split_vertically(UPPER);
        draw_bins(&upper, before, after, temperature)?;
        draw_histogram(&lower, after)
    })
}

fn draw_bins(area: &Area<'_>, before: &[Bin], after: &[Bin], temperature: f64) -> DrawResult {
    let mut chart = figure::chart(
        area,
        "Reliability of the probabilities",
        [
            ("probability of the answer", 0.0..1.0),
            ("right", 0.0..1.005),
        ],
        [&figure::percent, &figure::percent],
    )?;
    let opacity = |bin: &Bin| if bin.n < MIN_PREDICTIONS { 0.3 } else { 0.75 };
    let filled = || after.iter().filter(|bin| bin.n > 0);
    chart.draw_series(filled().map(|bin| {
        Rectangle::new(
            [(bin.low + 0.004, 0.0), (bin.high - 0.004, bin.accuracy)],
            COLOURS[0].mix(opacity(bin)).filled(),
        )
    }))?;
    let overconfident = filled().filter(|bin| bin.accuracy < bin.confidence);
    chart.draw_series(overconfident.map(|bin| {
        Rectangle::new(
            [
                (bin.low + 0.004, bin.accuracy),
                (bin.high - 0.004, bin.confidence),
            ],
            COLOURS[1].mix(opacity(bin) * 0.6).filled(),
        )
    }))?;
    figure::diagonal(&mut chart, INK)?;
    let line = before.iter().filter(|bin| bin.n > 0);
    let line: Vec<_> = line.map(|bin| (bin.confidence, bin.accuracy)).collect();
    let dots = line
        .iter()
        .map(|point| Circle::new(*point, 3, COLOURS[4].filled()));
    chart.draw_series(dots)?;
    chart.draw_series(LineSeries::new(line, COLOURS[4].stroke_width(2)))?;
    let [error_before, error_after] = [before, after].map(expected_calibration_error);
    let entries = [
        (format!("calibrated: error {error_after:.3}"), COLOURS[0]),
        ("too sure".to_owned(), COLOURS[1]),
        (
            format!("network's own: error {error_before:.3}"),
            COLOURS[4],
        ),
        (format!("temperature {temperature:.2}"), WHITE),
    ];
    for (text, colour) in entries {
        let none: [(f64, f64); 0] = [];
        chart
            .draw_series(LineSeries::new(none, colour))?
            .label(text)
            .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 16, y + 4)], colour.filled()));
    }
    figure::legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

fn draw_histogram(area: &Area<'_>, bins: &[Bin]) -> DrawResult {
    let n: usize = bins.iter().map(|bin| bin.n).sum();
    let share = |bin: &Bin| bin.n as f64 / n.max(1) as f64;
    let highest = bins.iter().map(share).fold(0.01, f64::max);
    let mut chart = figure::chart(
        area,
        "",
        [("", 0.0..1.0), ("answers", 0.0..highest * 1.15)],
        [&|_| String::new(), &figure::percent],
    )?;
    chart.draw_series(bins.iter().map(|bin| {
        Rectangle::new(
            [(bin.low + 0.004, 0.0), (bin.high - 0.004, share(bin))],
            MUTED.filled(),
        )
    }))?;
    let style = text_style(12, INK, HPos::Center, VPos::Bottom);
    chart.draw_series(bins.iter().filter(|bin| bin.n > 0).map(|bin| {
        Text::new(
            bin.n.to_string(),
            ((bin.low + bin.high) / 2.0, share(bin)),
            style.clone(),
        )
    }))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::Predictions;
    use metrics::calibration::reliability_bins;

    #[test]
    fn both_errors_the_temperature_and_the_counts_are_drawn() {
        let mut predictions = Predictions::new(2);
        (0..50).for_each(|n| predictions.push(&[2.0, 0.0], usize::from(n % 4 == 0)));
        let after = predictions.with_temperature(2.0);
        let svg = draw(
            &reliability_bins(&predictions),
            &reliability_bins(&after),
            2.0,
        )
        .unwrap();
        // A confidence of 88 % and an accuracy of 74 %; at half the logits the confidence is 73 %.
        for text in [
            "error 0.141",
            "error 0.009",
            "temperature 2.00",
            "50",
            "too sure",
        ] {
            assert!(svg.contains(text), "{text} is missing: {svg}");
        }
    }
}
