//! The contact sheet of the worst mistakes: the examples as the network sees them.

use anyhow::Result;
use metrics::Predictions;
use plotters::style::text_anchor::{HPos, VPos};

use super::figure::{self, COLOURS, INK, TITLE_SIZE, text_style};
use super::sheet::{self, Placed};
use crate::labelled::Labelled;

/// The most pictures on the sheet, and how many in a row.
const MOST: usize = 24;
const IN_A_ROW: usize = 6;

/// Pixels: the side of a picture, the space around it, the lines below it, the title.
const SIDE: u32 = 176;
const GAP: u32 = 16;
const LINES: u32 = 58;
const HEAD: u32 = 56;

/// A mistake: which example, what was answered, how surely.
struct Mistake {
    example: usize,
    truth: usize,
    answer: usize,
    probability: f64,
}

/// The sheet as a PNG; `indices` are the examples of the predictions.
///
/// # Errors
/// When drawing fails.
pub fn png(set: &impl Labelled, indices: &[usize], predictions: &Predictions) -> Result<Vec<u8>> {
    let catalogue = set.catalogue();
    let noun = catalogue.noun;
    let mistakes = worst(indices, predictions);
    let total = predictions.len();
    let shown = &mistakes[..mistakes.len().min(MOST)];
    let title = match mistakes.len() {
        0 => format!("No mistake among {total} test {noun}"),
        all if all > MOST => {
            format!("The {MOST} surest of {all} mistakes among {total} test {noun}")
        }
        all => format!("{all} mistakes among {total} test {noun}, the surest first"),
    };
    let rows = shown.len().div_ceil(IN_A_ROW).max(1) as u32;
    let columns = IN_A_ROW.min(shown.len().max(3)) as u32;
    let size = (
        GAP + columns * (SIDE + GAP),
        if shown.is_empty() {
            HEAD
        } else {
            HEAD + rows * (SIDE + LINES)
        },
    );
    let corner = |place: usize| {
        let (row, column) = (place / IN_A_ROW, place % IN_A_ROW);
        (
            GAP + column as u32 * (SIDE + GAP),
            HEAD + row as u32 * (SIDE + LINES),
        )
    };
    let svg = figure::svg(size, |area| {
        let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
        area.draw_text(&title, &style, (GAP as i32, HEAD as i32 / 2))?;
        for (place, mistake) in shown.iter().enumerate() {
            let (x, y) = corner(place);
            let class = |class: usize| catalogue.class_names.get(class).map_or("", String::as_str);
            let answer = format!(
                "{} {:.0} %",
                class(mistake.answer),
                100.0 * mistake.probability
            );
            let lines = [
                (
                    figure::truncate_start(&catalogue.origins[mistake.example].path, 11, SIDE),
                    INK,
                    11,
                ),
                (
                    figure::truncate_start(&format!("is {}", class(mistake.truth)), 12, SIDE),
                    COLOURS[2],
                    12,
                ),
                (
                    figure::truncate_start(&format!("said {answer}"), 12, SIDE),
                    COLOURS[1],
                    12,
                ),
            ];
            for (line, (text, colour, size)) in lines.into_iter().enumerate() {
                let place = (x as i32, (y + SIDE) as i32 + 4 + 16 * line as i32);
                area.draw_text(
                    &text,
                    &text_style(size, colour, HPos::Left, VPos::Top),
                    place,
                )?;
            }
        }
        Ok(())
    })?;
    let pictures = shown.iter().enumerate().map(|(place, mistake)| {
        Ok(Placed {
            corner: corner(place),
            side: SIDE,
            picture: set.picture(mistake.example, SIDE)?,
        })
    });
    sheet::png(&svg, &pictures.collect::<Result<Vec<_>>>()?)
}

/// Every mistake, the surest first.
fn worst(indices: &[usize], predictions: &Predictions) -> Vec<Mistake> {
    let answers = predictions.top_classes().zip(&predictions.labels);
    let mistake = |(example, ((probability, answer), truth)): (&usize, ((f64, usize), &usize))| {
        (answer != *truth).then_some(Mistake {
            example: *example,
            truth: *truth,
            answer,
            probability,
        })
    };
    let mut mistakes: Vec<_> = indices.iter().zip(answers).filter_map(mistake).collect();
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    mistakes
}

#[cfg(test)]
mod tests {
    use super::sheet::SCALE;
    use super::*;
    use datasets::synthetic;

    #[test]
    fn the_surest_mistakes_come_first_and_are_drawn() {
        let set = synthetic::digits(40, 1);
        let mut predictions = Predictions::new(10);
        for (example, truth) in set.labels.iter().enumerate() {
            let mut logits = [0.0; 10];
            // The even ones are right, the others wrong, more and more surely.
            let answer = if example % 2 == 0 {
                *truth
            } else {
                (truth + 1) % 10
            };
            logits[answer] = 1.0 + example as f64 / 10.0;
            predictions.push(&logits, *truth);
        }
        let indices: Vec<usize> = (0..40).collect();
        let mistakes = worst(&indices, &predictions);
        assert_eq!(mistakes.len(), 20);
        assert_eq!((mistakes[0].example, mistakes[19].example), (39, 1));

        let sheet = png(&set, &indices, &predictions).unwrap();
        let sheet = image::load_from_memory(&sheet).unwrap().into_luma8();
        let width = SCALE * (GAP + IN_A_ROW as u32 * (SIDE + GAP));
        assert_eq!(
            sheet.dimensions(),
            (width, SCALE * (HEAD + 4 * (SIDE + LINES)))
        );
        // The first picture's corner is as black as the digit's.
        assert_eq!(
            sheet.get_pixel(SCALE * GAP + 2, SCALE * HEAD + 2).0[0],
            set.image(39)[0]
        );
    }

    #[test]
    fn no_mistake_is_said() {
        let set = synthetic::digits(2, 1);
        let mut predictions = Predictions::new(10);
        for truth in &set.labels {
            let mut logits = [0.0; 10];
            logits[*truth] = 3.0;
            predictions.push(&logits, *truth);
        }
        let sheet = png(&set, &[0, 1], &predictions).unwrap();
        assert_eq!(
            image::load_from_memory(&sheet).unwrap().height(),
            SCALE * HEAD
        );
    }
}
