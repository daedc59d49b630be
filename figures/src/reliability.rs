//! Reliability diagrams: accuracy by confidence before and after calibration, above a histogram of the confidences.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::Axis;
use crate::canvas::{Area, DrawResult, svg};
use crate::chart::chart;
use crate::error::FigureError;
use crate::legend::{Corner, Legend, Swatch};
use crate::style::{CAPTION_SIZE, COLOURS, INK, MUTED, text_style};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (620, 760);

/// Height of the diagram above the histogram, in pixels.
const UPPER: u32 = 580;

/// Minimum number of predictions of a bin that is not drawn pale: the accuracy of fewer is uncertain.
const MIN_PREDICTIONS: usize = 10;

/// Space between a bar and the borders of its bin.
const GAP: f64 = 0.004;

/// Predictions whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Lower and upper end of the interval, from 0 to 1.
    pub ends: [f64; 2],
    /// Number of predictions.
    pub count: usize,
    /// Mean confidence.
    pub confidence: f64,
    /// Fraction of correct predictions.
    pub accuracy: f64,
}

/// Calibration of a classifier's probabilities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// Predictions by confidence.
    pub bins: Vec<Bin>,
    /// Expected calibration error, from 0 to 1.
    pub error: f64,
}

/// Draws diagram and histogram, and returns the SVG.
///
/// - `before`: calibration of the network's own probabilities
/// - `after`: calibration after its logits were divided by `temperature`
///
/// # Errors
/// When drawing fails.
pub fn draw(
    before: &Reliability,
    after: &Reliability,
    temperature: f64,
) -> Result<String, FigureError> {
    svg(SIZE, |area| {
        let (upper, lower) = area.split_vertically(UPPER);
        draw_bins(&upper, before, after, temperature)?;
        draw_histogram(&lower, &after.bins)
    })
}

fn draw_bins(
    area: &Area<'_>,
    before: &Reliability,
    after: &Reliability,
    temperature: f64,
) -> DrawResult {
    let x = Axis::new("probability of the answer").percent();
    let y = Axis::new("right").percent();
    let axes = [(&x, 0.0..1.0), (&y, 0.0..1.005)];
    let mut chart = chart(area, "Reliability of the probabilities", axes)?;
    let bar = |bin: &Bin, from: f64, to: f64, colour: RGBColor, opacity: f64| {
        let is_certain = bin.count >= MIN_PREDICTIONS;
        let opacity = if is_certain { opacity } else { 0.4 * opacity };
        let corners = [(bin.ends[0] + GAP, from), (bin.ends[1] - GAP, to)];
        Rectangle::new(corners, colour.mix(opacity).filled())
    };
    let filled = || after.bins.iter().filter(|bin| bin.count > 0);
    chart.draw_series(filled().map(|bin| bar(bin, 0.0, bin.accuracy, COLOURS[0], 0.75)))?;
    let overconfident = filled().filter(|bin| bin.accuracy < bin.confidence);
    chart.draw_series(
        overconfident.map(|bin| bar(bin, bin.accuracy, bin.confidence, COLOURS[1], 0.45)),
    )?;
    let perfect = [(0.0, 0.0), (1.0, 1.0)];
    chart.draw_series(DashedLineSeries::new(perfect, 5, 4, INK.stroke_width(1)))?;
    let line = before.bins.iter().filter(|bin| bin.count > 0);
    let line: Vec<_> = line.map(|bin| (bin.confidence, bin.accuracy)).collect();
    let dots = line
        .iter()
        .map(|point| Circle::new(*point, 3, COLOURS[4].filled()));
    chart.draw_series(dots)?;
    chart.draw_series(LineSeries::new(line, COLOURS[4].stroke_width(2)))?;
    let bar = |colour: RGBColor| Swatch::Bar(colour.filled());
    let entries = vec![
        (
            format!("calibrated: error {:.3}", after.error),
            bar(COLOURS[0]),
        ),
        ("too sure".to_owned(), bar(COLOURS[1])),
        (
            format!("network's own: error {:.3}", before.error),
            Swatch::Line(COLOURS[4].stroke_width(2), None),
        ),
        (format!("temperature {temperature:.2}"), Swatch::Remark),
    ];
    let inner = chart.plotting_area().strip_coord_spec();
    let (width, height) = inner.dim_in_pixel();
    Legend::new(entries, [width.into(), height.into()]).draw(&inner, Corner::UpperLeft)
}

fn draw_histogram(area: &Area<'_>, bins: &[Bin]) -> DrawResult {
    let count: usize = bins.iter().map(|bin| bin.count).sum();
    let share = |bin: &Bin| bin.count as f64 / count.max(1) as f64;
    let highest = bins.iter().map(share).fold(0.01, f64::max);
    let (x, y) = (Axis::new("").hidden(), Axis::new("answers").percent());
    let mut chart = chart(area, "", [(&x, 0.0..1.0), (&y, 0.0..highest * 1.15)])?;
    chart.draw_series(bins.iter().map(|bin| {
        let corners = [(bin.ends[0] + GAP, 0.0), (bin.ends[1] - GAP, share(bin))];
        Rectangle::new(corners, MUTED.filled())
    }))?;
    let style = text_style(CAPTION_SIZE, INK, HPos::Center, VPos::Bottom);
    chart.draw_series(bins.iter().filter(|bin| bin.count > 0).map(|bin| {
        let place = ((bin.ends[0] + bin.ends[1]) / 2.0, share(bin));
        Text::new(bin.count.to_string(), place, style.clone())
    }))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_errors_the_temperature_and_the_counts_are_drawn() {
        let reliability = |confidence: f64, accuracy: f64| Reliability {
            bins: vec![Bin {
                ends: [0.6, 0.9],
                count: 50,
                confidence,
                accuracy,
            }],
            error: (confidence - accuracy).abs(),
        };
        let svg = draw(&reliability(0.881, 0.74), &reliability(0.749, 0.74), 2.0).unwrap();
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
