//! Contact sheet of the most confident errors: the examples as the network sees them.

use anyhow::Result;
use datasets::Metadata;
use image::DynamicImage;
use metrics::Predictions;
use plotters::style::text_anchor::{HPos, VPos};

use super::figure::{self, COLOURS, INK, TITLE_SIZE, text_style};
use super::sheet::{self, Placed};

/// Maximum number of pictures on the sheet.
const MAX_PICTURES: usize = 24;

/// Number of pictures in a row.
const COLUMNS: usize = 6;

/// Side of a picture, in pixels.
const SIDE: u32 = 176;

/// Space between pictures, in pixels.
const GAP: u32 = 16;

/// Height of the text below a picture, in pixels.
const LINES: u32 = 58;

/// Height of the title, in pixels.
const TITLE_HEIGHT: u32 = 56;

/// An example that was classified wrongly.
struct Mistake {
    example: usize,
    label: usize,
    predicted: usize,
    confidence: f64,
}

/// A function that draws one example for people to look at, about as wide as the given number of pixels at most.
pub type DrawExample<'a> = dyn Fn(usize, u32) -> Result<DynamicImage> + 'a;

/// Draws the sheet and returns it as PNG; `indices` are the examples of the predictions.
///
/// # Errors
/// When drawing fails.
pub fn png(
    metadata: &Metadata<'_>,
    draw: &DrawExample<'_>,
    indices: &[usize],
    predictions: &Predictions,
) -> Result<Vec<u8>> {
    let noun = metadata.noun;
    let mistakes = worst(indices, predictions);
    let total = predictions.len();
    let shown = &mistakes[..mistakes.len().min(MAX_PICTURES)];
    let title = match mistakes.len() {
        0 => format!("No mistake among {total} test {noun}"),
        all if all > MAX_PICTURES => {
            format!("The {MAX_PICTURES} surest of {all} mistakes among {total} test {noun}")
        }
        all => format!("{all} mistakes among {total} test {noun}, the surest first"),
    };
    let rows = shown.len().div_ceil(COLUMNS).max(1) as u32;
    let columns = COLUMNS.min(shown.len().max(3)) as u32;
    let size = (
        GAP + columns * (SIDE + GAP),
        if shown.is_empty() {
            TITLE_HEIGHT
        } else {
            TITLE_HEIGHT + rows * (SIDE + LINES)
        },
    );
    let corner = |place: usize| {
        let (row, column) = (place / COLUMNS, place % COLUMNS);
        (
            GAP + column as u32 * (SIDE + GAP),
            TITLE_HEIGHT + row as u32 * (SIDE + LINES),
        )
    };
    let svg = figure::svg(size, |area| {
        let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
        area.draw_text(&title, &style, (GAP as i32, TITLE_HEIGHT as i32 / 2))?;
        for (place, mistake) in shown.iter().enumerate() {
            let (x, y) = corner(place);
            let class = |class: usize| metadata.class_names.get(class).map_or("", String::as_str);
            let answer = format!(
                "{} {:.0} %",
                class(mistake.predicted),
                100.0 * mistake.confidence
            );
            let lines = [
                (
                    figure::truncate_start(&metadata.origins[mistake.example].path, 11, SIDE),
                    INK,
                    11,
                ),
                (
                    figure::truncate_start(&format!("is {}", class(mistake.label)), 12, SIDE),
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
            picture: draw(mistake.example, SIDE)?,
        })
    });
    sheet::png(&svg, &pictures.collect::<Result<Vec<_>>>()?)
}

/// Returns every error, the most confident first.
fn worst(indices: &[usize], predictions: &Predictions) -> Vec<Mistake> {
    let classes = predictions.top_classes().zip(&predictions.labels);
    let mistake =
        |(example, ((confidence, predicted), label)): (&usize, ((f64, usize), &usize))| {
            (predicted != *label).then_some(Mistake {
                example: *example,
                label: *label,
                predicted,
                confidence,
            })
        };
    let mut mistakes: Vec<_> = indices.iter().zip(classes).filter_map(mistake).collect();
    mistakes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    mistakes
}

#[cfg(test)]
mod tests {
    use super::sheet::SCALE;
    use super::*;
    use datasets::{Dataset, synthetic};

    #[test]
    fn the_most_confident_errors_come_first_and_are_drawn() {
        let set = synthetic::digits(40, 1);
        let mut predictions = Predictions::new(10);
        for (example, label) in set.labels.iter().enumerate() {
            let mut logits = [0.0; 10];
            // Even examples are correct; the others are wrong, with growing confidence.
            let predicted = if example % 2 == 0 {
                *label
            } else {
                (label + 1) % 10
            };
            logits[predicted] = 1.0 + example as f64 / 10.0;
            predictions.push(&logits, *label);
        }
        let indices: Vec<usize> = (0..40).collect();
        let draw = |index: usize, _| Ok(set.preprocessing.picture(set.image(index))?);
        let mistakes = worst(&indices, &predictions);
        assert_eq!(mistakes.len(), 20);
        assert_eq!((mistakes[0].example, mistakes[19].example), (39, 1));

        let sheet = png(&set.metadata(), &draw, &indices, &predictions).unwrap();
        let sheet = image::load_from_memory(&sheet).unwrap().into_luma8();
        let width = SCALE * (GAP + COLUMNS as u32 * (SIDE + GAP));
        assert_eq!(
            sheet.dimensions(),
            (width, SCALE * (TITLE_HEIGHT + 4 * (SIDE + LINES)))
        );
        // The first picture's corner is as black as the digit's.
        assert_eq!(
            sheet.get_pixel(SCALE * GAP + 2, SCALE * TITLE_HEIGHT + 2).0[0],
            set.image(39)[0]
        );
    }

    #[test]
    fn a_sheet_without_errors_is_only_its_title() {
        let set = synthetic::digits(2, 1);
        let mut predictions = Predictions::new(10);
        for label in &set.labels {
            let mut logits = [0.0; 10];
            logits[*label] = 3.0;
            predictions.push(&logits, *label);
        }
        let draw = |index: usize, _| Ok(set.preprocessing.picture(set.image(index))?);
        let sheet = png(&set.metadata(), &draw, &[0, 1], &predictions).unwrap();
        assert_eq!(
            image::load_from_memory(&sheet).unwrap().height(),
            SCALE * TITLE_HEIGHT
        );
    }
}
