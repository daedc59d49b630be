//! A recording over time, drawn.

use anyhow::Result;
use image::DynamicImage;
use plotters::element::PathElement;
use plotters::style::{Color, RGBColor};

use super::figure;

const LINE: RGBColor = RGBColor(40, 60, 90);

/// A piece alone, as large as it is strong, in a square of `side` pixels.
///
/// # Errors
/// When drawing fails.
pub fn thumbnail(piece: &[f32], side: u32) -> Result<DynamicImage> {
    let (low, high) = piece.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| {
        (low.min(x), high.max(x))
    });
    let span = (high - low).max(f32::EPSILON);
    let last = piece.len().saturating_sub(1).max(1) as f32;
    let inner = side.saturating_sub(8) as f32;
    let point = |(at, &value): (usize, &f32)| {
        (
            (4.0 + inner * at as f32 / last) as i32,
            (4.0 + inner * (high - value) / span) as i32,
        )
    };
    let points: Vec<(i32, i32)> = piece.iter().enumerate().map(point).collect();
    let svg = figure::svg((side, side), |area| {
        area.draw(&PathElement::new(points, LINE.stroke_width(1)))?;
        Ok(())
    })?;
    Ok(DynamicImage::from(figure::pixels(&svg, 1.0)?))
}
