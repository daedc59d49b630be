//! An SVG to draw on.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::prelude::{SVGBackend, WHITE};

use crate::error::FigureError;

/// A rectangle of a figure that is drawn on.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The result of drawing on an [`Area`]; plotters' errors have no common type.
pub type DrawResult = Result<(), Box<dyn std::error::Error>>;

/// Draws on a white ground of `size` pixels (width, height), and returns the SVG.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// use figures::{INK, LABEL_SIZE, svg, text_style};
/// use plotters::style::text_anchor::{HPos, VPos};
///
/// let svg = svg((60, 40), |area| {
///     let style = text_style(LABEL_SIZE, INK, HPos::Left, VPos::Top);
///     area.draw_text("a < b", &style, (4, 4))?;
///     Ok(())
/// })?;
/// assert!(svg.starts_with("<svg") && svg.contains("a &lt; b"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn svg(
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
    Ok(svg)
}
