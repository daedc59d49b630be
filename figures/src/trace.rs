//! Recordings over time, with the probability of a class in each window.

use std::ops::Range;

use image::DynamicImage;
use plotters::element::{PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::Color;

use crate::axis::Axis;
use crate::canvas::{Area, DrawResult, TITLE_HEIGHT, svg, titled};
use crate::chart::chart;
use crate::error::FigureError;
use crate::pixels::pixels;
use crate::plot::{Plot, draw_plot};
use crate::series::{Mark, Series};
use crate::style::{Colour, LINE, MUTED};

/// Size of the figure, in pixels.
const SIZE: (u32, u32) = (1100, 560);

/// A stretch of a recording that was classified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Start and end, in seconds.
    pub seconds: [f64; 2],
    /// Probability of the class, from 0 to 1.
    pub probability: f64,
    /// Whether the prediction was accepted; the model abstained otherwise.
    pub answered: bool,
}

/// Draws a recording by itself in a square of `side` pixels, scaled to fill its height.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// let picture = figures::trace::thumbnail(&[-1.0, 5.0, 2.0], 60)?;
/// assert_eq!((picture.width(), picture.height()), (60, 60));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn thumbnail(values: &[f32], side: u32) -> Result<DynamicImage, FigureError> {
    let [low, high] = range(values);
    let span = (high - low).max(f64::from(f32::EPSILON));
    let last = values.len().saturating_sub(1).max(1) as f64;
    let inner = f64::from(side.saturating_sub(8));
    let point = |(index, &value): (usize, &f32)| {
        (
            (4.0 + inner * index as f64 / last) as i32,
            (4.0 + inner * (high - f64::from(value)) / span) as i32,
        )
    };
    let points: Vec<(i32, i32)> = values.iter().enumerate().map(point).collect();
    let svg = svg((side, side), |area| {
        area.draw(&PathElement::new(points, LINE.stroke_width(1)))?;
        Ok(())
    })?;
    Ok(DynamicImage::from(pixels(&svg, 1.0)?))
}

/// Draws a recording and, below it, the probability of `class` in each window, and returns the SVG. Windows in which the
/// model abstained are pale.
///
/// - `values`: samples in microvolts, at `rate_hz` samples per second
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// use figures::trace::{Window, recording};
///
/// let window = Window { seconds: [0.0, 1.0], probability: 0.9, answered: true };
/// let svg = recording("channel 1", &[0.0, 3.0, -2.0, 1.0], 4.0, "seizure", &[window])?;
/// assert!(svg.contains("probability of seizure"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn recording(
    title: &str,
    values: &[f32],
    rate_hz: f64,
    class: &str,
    windows: &[Window],
) -> Result<String, FigureError> {
    svg(SIZE, |area| {
        let below = titled(area, title)?;
        let (upper, lower) = below.split_vertically((SIZE.1 - TITLE_HEIGHT) * 3 / 5);
        let seconds = 0.0..values.len() as f64 / rate_hz;
        let points = (0..values.len()).map(|sample| sample as f64 / rate_hz);
        let points = points.zip(values.iter().copied().map(f64::from));
        let plot = Plot {
            title: String::new(),
            x: Axis::new("seconds").range(seconds.clone()),
            y: Axis::new("microvolts"),
            series: vec![Series::line("", points.collect(), 0).marked(Mark::Trace)],
        };
        draw_plot(&upper, &plot)?;
        draw_probabilities(&lower, seconds, class, windows)
    })
}

fn draw_probabilities(
    area: &Area<'_>,
    seconds: Range<f64>,
    class: &str,
    windows: &[Window],
) -> DrawResult {
    let x = Axis::new("seconds");
    let y = Axis::new(format!("probability of {class}")).percent();
    let half = [(seconds.start, 0.5), (seconds.end, 0.5)];
    let mut chart = chart(area, "", [(&x, seconds), (&y, 0.0..1.0)])?;
    chart.draw_series(windows.iter().map(|window| {
        let [start, end] = window.seconds;
        let opacity = if window.answered { 0.55 } else { 0.18 };
        let colour = Colour::Series(1).rgb().mix(opacity).filled();
        Rectangle::new([(start, 0.0), (end, window.probability)], colour)
    }))?;
    chart.draw_series(LineSeries::new(half, MUTED.stroke_width(1)))?;
    Ok(())
}

/// Returns the minimum and the maximum, `NaN` left out; 0 and 0 without a value.
fn range(values: &[f32]) -> [f64; 2] {
    let start = [f64::INFINITY, f64::NEG_INFINITY];
    let [low, high] = values.iter().fold(start, |[low, high], &value| {
        [low.min(value.into()), high.max(value.into())]
    });
    if low <= high { [low, high] } else { [0.0, 0.0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_shows_every_window() {
        let values: Vec<f32> = (0..20_000)
            .map(|index| (index as f32 / 30.0).sin() * 80.0)
            .collect();
        let windows = [0.1, 0.9, 0.4].map(|probability| Window {
            seconds: [0.0, 1.0],
            probability,
            answered: probability > 0.5,
        });
        let svg = recording("scan & co", &values, 173.61, "seizure", &windows).unwrap();
        assert!(svg.contains("scan &amp; co") && svg.contains("probability of seizure"));
        assert!(svg.matches("<rect").count() > windows.len());
        // The file of a long recording stays small.
        assert!(svg.len() < 200_000, "{}", svg.len());
        assert!(recording("", &[], 1.0, "x", &[]).is_ok());
    }

    #[test]
    fn a_thumbnail_fills_its_height() {
        let picture = thumbnail(&[-1.0, 5.0, 2.0], 60).unwrap().to_luma8();
        let dark = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..60).map(move |x| (x, y)))
                .any(|(x, y)| picture.get_pixel(x, y).0[0] < 200)
        };
        assert!(dark(0..10) && dark(50..60));
        assert!(thumbnail(&[], 30).is_ok());
    }
}
