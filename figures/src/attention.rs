//! Where a translator looked, as a picture: a column for each token that it read, a row for each that it said.

use std::fmt::Write;

/// The side of a cell in pixels.
const CELL: usize = 30;

/// About the width of a letter in pixels.
const LETTER: usize = 8;

/// An SVG of `rows`, each of which has a share of 0 to 1 for each token that was read.
pub fn svg(read: &[String], said: &[String], rows: &[Vec<f32>]) -> String {
    let longest = |tokens: &[String]| {
        let lengths = tokens.iter().map(|token| token.chars().count());
        (lengths.max().unwrap_or(0) + 2) * LETTER
    };
    let (left, top) = (longest(said), longest(read));
    let (width, height) = (
        left + read.len() * CELL + CELL,
        top + said.len() * CELL + CELL,
    );
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#262626\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (column, token) in read.iter().enumerate() {
        let x = left + column * CELL + CELL / 2 + 5;
        let y = top - 6;
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\">{}</text>",
            escaped(token)
        );
    }
    for (row, (token, shares)) in said.iter().zip(rows).enumerate() {
        let y = top + row * CELL;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            left - 6,
            y + CELL / 2 + 5,
            escaped(token)
        );
        for (column, share) in shares.iter().take(read.len()).enumerate() {
            let x = left + column * CELL;
            let share = share.clamp(0.0, 1.0);
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"#0072b2\" fill-opacity=\"{share:.3}\" stroke=\"#dddddd\"><title>{share:.3}</title></rect>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Text that means nothing to XML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no other control characters.
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_share_is_a_cell_and_hostile_text_is_text() {
        let of = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rows = [vec![0.25, 0.75], vec![1.0, 0.0], vec![0.5, f32::NAN]];
        let svg = svg(&of(&["<b>", "&\u{1}"]), &of(&["a\"", "b", "·"]), &rows);
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
