//! Contact sheet of the most confident errors: the examples as the network sees them.

use anyhow::Result;
use datasets::Metadata;
use figures::Colour;
use figures::sheet::{Row, Sheet, Tile};
use image::DynamicImage;
use metrics::Predictions;

/// Maximum number of pictures on the sheet.
const MAX_PICTURES: usize = 24;

/// Number of pictures in a row.
const COLUMNS: usize = 6;

/// Side of a picture, in pixels.
const SIDE: u32 = 176;

/// Colours of the true and of the predicted class: green and vermillion.
const TRUE: Colour = Colour::Series(2);
const PREDICTED: Colour = Colour::Series(1);

/// An example that was classified wrongly.
struct Mistake {
    example: usize,
    label: usize,
    predicted: usize,
    confidence: f64,
}

/// A function that draws one example for people to look at, about as wide as the given number of pixels at most.
pub type DrawExample<'a> = dyn Fn(usize, u32) -> Result<DynamicImage> + 'a;

/// Lays out the sheet; `indices` are the examples of the predictions.
///
/// # Errors
/// When the picture of an example cannot be drawn.
pub fn sheet(
    metadata: &Metadata<'_>,
    draw: &DrawExample<'_>,
    indices: &[usize],
    predictions: &Predictions,
) -> Result<Sheet> {
    let noun = metadata.noun;
    let mistakes = worst(indices, predictions);
    let total = predictions.len();
    let shown = &mistakes[..mistakes.len().min(MAX_PICTURES)];
    let title = match mistakes.len() {
        0 => format!("No error among {total} test {noun}"),
        all if all > MAX_PICTURES => {
            format!("The {MAX_PICTURES} most confident of {all} errors among {total} test {noun}")
        }
        all => format!("{all} errors among {total} test {noun}, the most confident first"),
    };
    let tile = |mistake: &Mistake| -> Result<Tile> {
        let class = |class: usize| metadata.class_names.get(class).map_or("", String::as_str);
        let [label, predicted] = [mistake.label, mistake.predicted].map(class);
        let percent = 100.0 * mistake.confidence;
        Ok(Tile {
            picture: draw(mistake.example, SIDE)?,
            frame: None,
            captions: vec![
                (metadata.origins[mistake.example].path.clone(), Colour::Ink),
                (format!("truth {label}"), TRUE),
                (format!("answer {predicted} {percent:.0} %"), PREDICTED),
            ],
        })
    };
    let mut rows = vec![Row::Title(title)];
    for mistakes in shown.chunks(COLUMNS) {
        let tiles = mistakes.iter().map(tile).collect::<Result<Vec<_>>>()?;
        rows.push(Row::tiles(tiles));
    }
    Ok(Sheet {
        side: SIDE,
        gap: 16,
        columns: 3,
        rows,
    })
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
        let mistakes = worst(&indices, &predictions);
        assert_eq!(mistakes.len(), 20);
        assert_eq!((mistakes[0].example, mistakes[19].example), (39, 1));

        let draw = |index: usize, _| Ok(set.preprocessing.picture(set.image(index))?);
        let sheet = sheet(&set.metadata(), &draw, &indices, &predictions).unwrap();
        let [Row::Title(title), rows @ ..] = &sheet.rows[..] else {
            panic!("{sheet:?}")
        };
        assert_eq!(
            *title,
            "20 errors among 40 test pictures, the most confident first"
        );
        let tiles = rows.iter().map(|row| match row {
            Row::Tiles { tiles, .. } => &tiles[..],
            _ => &[],
        });
        let tiles: Vec<&[Tile]> = tiles.collect();
        assert_eq!(
            tiles.iter().map(|row| row.len()).collect::<Vec<_>>(),
            [6, 6, 6, 2]
        );
        let first = &tiles[0][0];
        assert_eq!(first.picture.as_bytes(), set.image(39));
        let label = set.labels[39];
        assert_eq!(first.captions[1], (format!("truth {label}"), TRUE));
        assert!(
            first.captions[2]
                .0
                .starts_with(&format!("answer {} ", (label + 1) % 10))
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
        let sheet = sheet(&set.metadata(), &draw, &[0, 1], &predictions).unwrap();
        assert!(matches!(&sheet.rows[..], [Row::Title(_)]));
    }
}
