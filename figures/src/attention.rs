//! The attention weights of a translation: a column for each source token, a row for each target token.

use crate::fonts::text_width;
use crate::markup::{Anchor, Markup, hex};
use crate::style::{COLOURS, INK, WORD_SIZE};

/// Side of a cell, in pixels.
const CELL: f64 = 30.0;

/// Space between a token and its column or row, in pixels.
const GAP: f64 = 6.0;

/// Draws attention weights as the opacity of cells, and returns the SVG.
///
/// - `source`, `target`: tokens that label the columns and the rows
/// - `weights`: `[target, source]`, each from 0 to 1; values outside are clamped, and `NaN` is drawn transparent
///
/// # Examples
/// ```
/// let tokens = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
/// let weights = [vec![0.9, 0.1], vec![0.2, 0.8]];
/// let svg = figures::attention::draw(&tokens("a cat"), &tokens("un chat"), &weights);
/// assert!(svg.contains("chat") && svg.contains("fill-opacity=\"0.900\""));
/// ```
pub fn draw(source: &[String], target: &[String], weights: &[Vec<f32>]) -> String {
    let margin = |tokens: &[String]| {
        let widths = tokens.iter().map(|token| text_width(token, WORD_SIZE));
        (widths.fold(0.0, f64::max) + 2.0 * GAP).ceil()
    };
    let (left, top) = (margin(target), margin(source));
    let right = left + CELL * source.len() as f64;
    let mut svg = Markup::new(right + CELL, top + CELL * target.len() as f64 + CELL);
    // Text stands on its baseline, a third of its size below the middle.
    let (style, middle) = ((WORD_SIZE, INK), CELL / 2.0 + f64::from(WORD_SIZE) / 3.0);
    for (column, token) in source.iter().enumerate() {
        let (x, y) = (left + column as f64 * CELL + middle, top - GAP);
        let rotation = format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"");
        svg.text((x, y), style, Anchor::Start, token, &rotation);
    }
    for (row, (token, weights)) in target.iter().zip(weights).enumerate() {
        let y = top + row as f64 * CELL;
        svg.text((left - GAP, y + middle), style, Anchor::End, token, "");
        for (column, weight) in weights.iter().take(source.len()).enumerate() {
            let x = left + column as f64 * CELL;
            let (weight, fill) = (weight.clamp(0.0, 1.0), hex(COLOURS[0]));
            svg.element(format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{fill}\" fill-opacity=\"{weight:.3}\" stroke=\"#dddddd\"><title>{weight:.3}</title></rect>"
            ));
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_weight_is_a_cell_and_markup_is_escaped() {
        let tokens = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let weights = [vec![0.25, 0.75], vec![1.0, 0.0], vec![0.5, f32::NAN]];
        let svg = draw(
            &tokens(&["<b>", "&\u{1}"]),
            &tokens(&["a\"", "b", "·"]),
            &weights,
        );
        assert_eq!(svg.matches("<title>").count(), 6);
        for part in [
            "&lt;b&gt;",
            "&amp;\u{fffd}",
            "a&quot;",
            "fill-opacity=\"0.750\"",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("<b>") && !svg.contains('\u{1}'));
    }
}
