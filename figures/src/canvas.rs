//! An SVG to draw on.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::prelude::{SVGBackend, WHITE};
use plotters::style::text_anchor::{HPos, VPos};

use crate::error::FigureError;
use crate::style::{INK, TITLE_SIZE, text_style};
use crate::text::{is_allowed, truncate_start};

/// A rectangle of a figure that is drawn on.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The result of drawing on an [`Area`]; plotters' errors have no common type.
pub(crate) type DrawResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Height of a title, in pixels.
pub(crate) const TITLE_HEIGHT: u32 = 44;

/// Space on the left of a title, in pixels.
const MARGIN: u32 = 16;

/// Draws on a white ground of `size` pixels (width, height), and returns the SVG.
///
/// # Errors
/// When drawing fails.
pub(crate) fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> DrawResult,
) -> Result<String, FigureError> {
    let mut svg = String::new();
    let drawn = || -> DrawResult {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|error| FigureError::Draw(error.to_string()))?;
    // Plotters escapes markup, but passes on characters that no XML document may have.
    let is_refused = |character| character != '\n' && !is_allowed(character);
    Ok(if svg.contains(is_refused) {
        svg.replace(is_refused, "\u{fffd}")
    } else {
        svg
    })
}

/// Draws a title at the upper left, and returns the area below it.
pub(crate) fn titled<'a>(area: &Area<'a>, title: &str) -> DrawResult<Area<'a>> {
    let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
    let width = area.dim_in_pixel().0.saturating_sub(2 * MARGIN);
    let title = truncate_start(title, TITLE_SIZE, width);
    area.draw_text(&title, &style, (MARGIN as i32, TITLE_HEIGHT as i32 / 2))?;
    Ok(area.split_vertically(TITLE_HEIGHT).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_makes_a_valid_document() {
        let svg = svg((300, 60), |area| {
            titled(area, "<a & \"b\">\u{1}\u{ffff} 正常")?;
            Ok(())
        })
        .unwrap();
        assert!(svg.contains("正常"), "{svg}");
        assert!(crate::png(&svg).is_ok(), "{svg}");
    }
}
