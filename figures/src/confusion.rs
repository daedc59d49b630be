//! Confusion matrices: rows are true classes, columns predicted ones, shaded by row.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{Area, DrawResult, svg};
use crate::error::FigureError;
use crate::style::{CAPTION_SIZE, COLOURS, INK, LABEL_SIZE, TITLE_SIZE, text_style};
use crate::text::{percent, truncate_start};

/// Side of a cell, in pixels.
const CELL: i32 = 104;

/// Width of the class names on the left, in pixels.
const LEFT: i32 = 176;

/// Height of the title and the class names at the top, in pixels.
const TOP: i32 = 112;

/// Draws the number of examples by true and by predicted class, `confusion[label][predicted]`, and returns the SVG.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// let names = ["glioma", "none"].map(String::from);
/// let svg = figures::confusion::draw(&[vec![41, 7], vec![0, 12]], &names)?;
/// assert!(svg.contains("41") && svg.contains("85 %"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn draw(confusion: &[Vec<usize>], class_names: &[String]) -> Result<String, FigureError> {
    let side = CELL * class_names.len() as i32;
    let size = ((LEFT + side + 24) as u32, (TOP + side + 24) as u32);
    svg(size, |area| {
        let title = text_style(TITLE_SIZE, INK, HPos::Center, VPos::Top);
        area.draw_text("Confusion matrix", &title, (size.0 as i32 / 2, 14))?;
        let small = text_style(LABEL_SIZE, INK, HPos::Center, VPos::Center);
        area.draw_text("answer", &small, (LEFT + side / 2, 48))?;
        let left = text_style(LABEL_SIZE, INK, HPos::Right, VPos::Center);
        area.draw_text("truth", &left, (LEFT - 12, TOP - 22))?;
        for (row, (counts, name)) in confusion.iter().zip(class_names).enumerate() {
            let start = row as i32 * CELL;
            name_in_lines(
                area,
                name,
                (LEFT + start + CELL / 2, TOP - 22),
                HPos::Center,
            )?;
            name_in_lines(area, name, (LEFT - 12, TOP + start + CELL / 2), HPos::Right)?;
            draw_row(area, counts, TOP + start)?;
        }
        Ok(())
    })
}

/// Draws a class name at `x`, in at most two lines around `y`.
fn name_in_lines(area: &Area<'_>, name: &str, (x, y): (i32, i32), anchor: HPos) -> DrawResult {
    let style = text_style(LABEL_SIZE, INK, anchor, VPos::Center);
    let width = if matches!(anchor, HPos::Center) {
        CELL - 6
    } else {
        LEFT - 24
    };
    let short = |line: &str| truncate_start(line, LABEL_SIZE, width as u32);
    match name.split_once(['_', ' ']) {
        Some((first, second)) if matches!(anchor, HPos::Center) => {
            area.draw_text(&short(first), &style, (x, y - 8))?;
            area.draw_text(&short(second), &style, (x, y + 9))?;
        }
        _ => area.draw_text(&short(name), &style, (x, y))?,
    }
    Ok(())
}

fn draw_row(area: &Area<'_>, counts: &[usize], top: i32) -> DrawResult {
    let total: usize = counts.iter().sum();
    for (column, count) in counts.iter().enumerate() {
        let share = *count as f64 / total.max(1) as f64;
        let left = LEFT + column as i32 * CELL;
        area.draw(&Rectangle::new(
            [(left + 1, top + 1), (left + CELL - 1, top + CELL - 1)],
            COLOURS[0].mix(0.05 + 0.85 * share).filled(),
        ))?;
        let colour = if share > 0.5 { WHITE } else { INK };
        let middle = (left + CELL / 2, top + CELL / 2);
        let large = text_style(TITLE_SIZE + 1, colour, HPos::Center, VPos::Center);
        area.draw_text(&count.to_string(), &large, (middle.0, middle.1 - 10))?;
        let small = text_style(CAPTION_SIZE, colour, HPos::Center, VPos::Center);
        area.draw_text(&percent(&share), &small, (middle.0, middle.1 + 14))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_and_class_is_drawn() {
        let names = ["glioma_tumor".to_owned(), "none".to_owned()];
        let svg = draw(&[vec![41, 7], vec![0, 0]], &names).unwrap();
        for text in [
            "glioma_tumor",
            "tumor",
            "none",
            "41",
            "85 %",
            "truth",
            "answer",
        ] {
            assert!(svg.contains(text), "{text} is missing");
        }
    }
}
