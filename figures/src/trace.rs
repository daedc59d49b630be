//! Recordings over time, drawn.

use anyhow::Result;
use image::DynamicImage;
use plotters::element::{PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{Color, RGBColor};

use super::{Area, COLOURS, Drawn, FAINT, INK, TITLE, chart, letters, percent, pixels, svg};
use plotters::style::text_anchor::{HPos, VPos};

const LINE: RGBColor = RGBColor(40, 60, 90);

/// Pixels of the whole figure, and of the part above for the title.
const SIZE: (u32, u32) = (1100, 560);
const HEAD: u32 = 40;

/// The most points of a line; of more, each drawn column shows its lowest and highest value.
const MOST_POINTS: usize = 4_000;

/// A part of a recording about which something was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Its first and last moment, in seconds.
    pub seconds: [f64; 2],
    /// How probable the class is.
    pub probability: f64,
    /// Whether the answer was given; else it was doubted.
    pub answered: bool,
}

/// A piece alone, as large as it is strong, in a square of `side` pixels.
///
/// # Errors
/// When drawing fails.
pub fn thumbnail(piece: &[f32], side: u32) -> Result<DynamicImage> {
    let [low, high] = bounds(piece);
    let span = (high - low).max(f64::from(f32::EPSILON));
    let last = piece.len().saturating_sub(1).max(1) as f64;
    let inner = f64::from(side.saturating_sub(8));
    let point = |(at, &value): (usize, &f32)| {
        (
            (4.0 + inner * at as f64 / last) as i32,
            (4.0 + inner * (high - f64::from(value)) / span) as i32,
        )
    };
    let points: Vec<(i32, i32)> = piece.iter().enumerate().map(point).collect();
    let drawn = svg((side, side), |area| {
        area.draw(&PathElement::new(points, LINE.stroke_width(1)))?;
        Ok(())
    })?;
    Ok(DynamicImage::from(pixels(&drawn, 1.0)?))
}

/// A recording in microvolts, and under it how probable `class` is in each window; doubted windows are pale.
///
/// # Errors
/// When drawing fails.
pub fn recording(
    title: &str,
    values: &[f32],
    rate_hz: f64,
    class: &str,
    windows: &[Window],
) -> Result<String> {
    svg(SIZE, |area| {
        let style = letters(TITLE, INK, HPos::Left, VPos::Center);
        area.draw_text(title, &style, (16, HEAD as i32 / 2))?;
        let (_, below) = area.split_vertically(HEAD);
        let (upper, lower) = below.split_vertically((SIZE.1 - HEAD) * 3 / 5);
        let seconds = values.len() as f64 / rate_hz;
        trace(&upper, values, rate_hz)?;
        probabilities(&lower, seconds, class, windows)
    })
}

fn trace(area: &Area<'_>, values: &[f32], rate_hz: f64) -> Drawn {
    let [low, high] = bounds(values);
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
    let point = |at: usize, value: f32| (at as f64 / rate_hz, f64::from(value));
    let per_column = values.len().div_ceil(MOST_POINTS / 2).max(1);
    let points = values
        .chunks(per_column)
        .enumerate()
        .flat_map(|(column, some)| {
            let first = column * per_column;
            if some.len() < 3 {
                return (some.iter().enumerate())
                    .map(|(at, value)| point(first + at, *value))
                    .collect::<Vec<_>>();
            }
            let [low, high] = bounds(some);
            vec![point(first, low as f32), point(first, high as f32)]
        });
    chart.draw_series(LineSeries::new(points, LINE.stroke_width(1)))?;
    Ok(())
}

fn probabilities(area: &Area<'_>, seconds: f64, class: &str, windows: &[Window]) -> Drawn {
    let label = format!("probability of {class}");
    let mut chart = chart(
        area,
        "",
        [("seconds", 0.0..seconds), (&label, 0.0..1.0)],
        [&|x| format!("{x:.1}"), &percent],
    )?;
    chart.draw_series(windows.iter().map(|window| {
        let [from, to] = window.seconds;
        let strength = if window.answered { 0.55 } else { 0.18 };
        let colour = COLOURS[1].mix(strength).filled();
        Rectangle::new([(from, 0.0), (to, window.probability)], colour)
    }))?;
    let half = LineSeries::new([(0.0, 0.5), (seconds, 0.5)], FAINT.stroke_width(1));
    chart.draw_series(half)?;
    Ok(())
}

/// The lowest and the highest value; 0 and 0 where there is none.
fn bounds(values: &[f32]) -> [f64; 2] {
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
            .map(|at| (at as f32 / 30.0).sin() * 80.0)
            .collect();
        let windows = [0.1, 0.9, 0.4].map(|probability| Window {
            seconds: [0.0, 1.0],
            probability,
            answered: probability > 0.5,
        });
        let drawn = recording("scan & co", &values, 173.61, "seizure", &windows).unwrap();
        assert!(drawn.contains("scan &amp; co") && drawn.contains("probability of seizure"));
        assert!(drawn.matches("<rect").count() > windows.len());
        // Long recordings stay small files.
        assert!(drawn.len() < 200_000, "{}", drawn.len());
        assert!(recording("", &[], 1.0, "x", &[]).is_ok());
    }

    #[test]
    fn a_thumbnail_has_ink_from_top_to_bottom() {
        let picture = thumbnail(&[-1.0, 5.0, 2.0], 60).unwrap().to_luma8();
        let dark = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..60).map(move |x| (x, y)))
                .any(|(x, y)| picture.get_pixel(x, y).0[0] < 200)
        };
        assert!(dark(0..10) && dark(50..60));
        assert!(thumbnail(&[], 30).is_ok());
    }
}
