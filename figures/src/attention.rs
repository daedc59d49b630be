//! The attention weights of a translation: a column for each source token, a row for each target token.

use std::fmt::Write;

use crate::text::escape_xml;

/// Side of a cell, in pixels.
const CELL: usize = 30;

/// Approximate width of a character, in pixels.
const CHARACTER: usize = 8;

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
        let lengths = tokens.iter().map(|token| token.chars().count());
        (lengths.max().unwrap_or(0) + 2) * CHARACTER
    };
    let (left, top) = (margin(target), margin(source));
    let width = left + source.len() * CELL + CELL;
    let height = top + target.len() * CELL + CELL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#262626\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (column, token) in source.iter().enumerate() {
        let x = left + column * CELL + CELL / 2 + 5;
        let y = top - 6;
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\">{}</text>",
            escape_xml(token)
        );
    }
    for (row, (token, weights)) in target.iter().zip(weights).enumerate() {
        let y = top + row * CELL;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            left - 6,
            y + CELL / 2 + 5,
            escape_xml(token)
        );
        for (column, weight) in weights.iter().take(source.len()).enumerate() {
            let x = left + column * CELL;
            let weight = weight.clamp(0.0, 1.0);
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"#0072b2\" fill-opacity=\"{weight:.3}\" stroke=\"#dddddd\"><title>{weight:.3}</title></rect>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
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
