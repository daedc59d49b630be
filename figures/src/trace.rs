//! Recordings over time, with the probability of a class in each window.

use image::DynamicImage;
use plotters::element::{PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{Area, DrawResult, svg};
use crate::chart::chart;
use crate::error::FigureError;
use crate::pixels::pixels;
use crate::style::{COLOURS, INK, LINE, MUTED, TITLE_SIZE, text_style};
use crate::text::percent;

/// Size of the figure, in pixels.
const SIZE: (u32, u32) = (1100, 560);

/// Height of the title, in pixels.
const TITLE_HEIGHT: u32 = 40;

/// Maximum number of points of a line, a few per pixel of its width. A longer recording is drawn as the minimum and the
/// maximum of each of half as many equal stretches, so that no peak is lost.
const MAX_POINTS: usize = 4_000;

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
        let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
        area.draw_text(title, &style, (16, TITLE_HEIGHT as i32 / 2))?;
        let (_, below) = area.split_vertically(TITLE_HEIGHT);
        let (upper, lower) = below.split_vertically((SIZE.1 - TITLE_HEIGHT) * 3 / 5);
        let seconds = values.len() as f64 / rate_hz;
        draw_values(&upper, values, rate_hz)?;
        draw_probabilities(&lower, seconds, class, windows)
    })
}

fn draw_values(area: &Area<'_>, values: &[f32], rate_hz: f64) -> DrawResult {
    let [low, high] = range(values);
    let margin = ((high - low) * 0.05).max(1.0);
    let seconds = values.len() as f64 / rate_hz;
    let mut chart = chart(
        area,
        "",
        [
            ("seconds", 0.0..seconds),
            ("microvolts", low - margin..high + margin),
        ],
        [&|x| format!("{x:.1}"), &|y| format!("{y:.0}")],
    )?;
    let point = |index: usize, value: f32| (index as f64 / rate_hz, f64::from(value));
    let per_stretch = values.len().div_ceil(MAX_POINTS / 2).max(1);
    let stretches = values.chunks(per_stretch).enumerate();
    let points = stretches.flat_map(|(stretch, values)| {
        let first = stretch * per_stretch;
        if values.len() < 3 {
            return (values.iter().enumerate())
                .map(|(index, value)| point(first + index, *value))
                .collect::<Vec<_>>();
        }
        let [low, high] = range(values);
        vec![point(first, low as f32), point(first, high as f32)]
    });
    chart.draw_series(LineSeries::new(points, LINE.stroke_width(1)))?;
    Ok(())
}

fn draw_probabilities(
    area: &Area<'_>,
    seconds: f64,
    class: &str,
    windows: &[Window],
) -> DrawResult {
    let label = format!("probability of {class}");
    let mut chart = chart(
        area,
        "",
        [("seconds", 0.0..seconds), (&label, 0.0..1.0)],
        [&|x| format!("{x:.1}"), &percent],
    )?;
    chart.draw_series(windows.iter().map(|window| {
        let [start, end] = window.seconds;
        let opacity = if window.answered { 0.55 } else { 0.18 };
        let colour = COLOURS[1].mix(opacity).filled();
        Rectangle::new([(start, 0.0), (end, window.probability)], colour)
    }))?;
    let half = LineSeries::new([(0.0, 0.5), (seconds, 0.5)], MUTED.stroke_width(1));
    chart.draw_series(half)?;
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
