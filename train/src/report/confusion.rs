//! The confusion matrix as an SVG: rows are the truth, columns the answers, shaded by row.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::run_folder::write_atomically;

/// The side of a cell in pixels.
const CELL: i32 = 92;
const LEFT: i32 = 190;
const TOP: i32 = 70;

/// Draws the matrix.
///
/// # Errors
/// When drawing or the disk fails.
pub fn write(path: &Path, confusion: &[Vec<usize>], class_names: &[String]) -> Result<()> {
    let mut svg = String::new();
    draw(&mut svg, confusion, class_names)
        .map_err(|error| anyhow!("{}: {error}", path.display()))?;
    write_atomically(path, svg.as_bytes())
}

fn draw(
    svg: &mut String,
    confusion: &[Vec<usize>],
    class_names: &[String],
) -> Result<(), Box<dyn std::error::Error>> {
    let side = CELL * class_names.len() as i32;
    let size = ((LEFT + side + 30) as u32, (TOP + side + 60) as u32);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    let text = |anchor| ("sans-serif", 14).into_font().color(&BLACK).pos(anchor);
    let centre = Pos::new(HPos::Center, VPos::Center);
    root.draw_text("answer", &text(centre), (LEFT + side / 2, TOP + side + 40))?;
    root.draw_text(
        "truth",
        &text(Pos::new(HPos::Left, VPos::Center)),
        (8, TOP - 20),
    )?;

    for (row, (counts, name)) in confusion.iter().zip(class_names).enumerate() {
        let top = TOP + row as i32 * CELL;
        let right = Pos::new(HPos::Right, VPos::Center);
        root.draw_text(name, &text(right), (LEFT - 10, top + CELL / 2))?;
        let short: String = name.chars().take(12).collect();
        root.draw_text(
            &short,
            &text(centre),
            (LEFT + row as i32 * CELL + CELL / 2, TOP - 14),
        )?;

        let total: usize = counts.iter().sum();
        for (column, count) in counts.iter().enumerate() {
            let share = if total == 0 {
                0.0
            } else {
                *count as f64 / total as f64
            };
            let left = LEFT + column as i32 * CELL;
            let cell = Rectangle::new(
                [(left + 1, top + 1), (left + CELL - 1, top + CELL - 1)],
                RGBColor(0, 114, 178).mix(0.04 + 0.8 * share).filled(),
            );
            root.draw(&cell)?;
            let colour = if share > 0.55 { &WHITE } else { &BLACK };
            let label = ("sans-serif", 15).into_font().color(colour).pos(centre);
            root.draw_text(
                &count.to_string(),
                &label,
                (left + CELL / 2, top + CELL / 2 - 9),
            )?;
            let share = format!("{:.0} %", 100.0 * share);
            root.draw_text(&share, &label, (left + CELL / 2, top + CELL / 2 + 10))?;
        }
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_and_class_is_in_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confusion.svg");
        let names = ["glioma".to_owned(), "none".to_owned()];
        write(&path, &[vec![41, 7], vec![0, 0]], &names).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        for text in ["glioma", "none", "41", "85 %", "truth", "answer"] {
            assert!(svg.contains(text), "{text} is missing");
        }
    }
}
