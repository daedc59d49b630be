//! Text of labels.

use crate::fonts::text_width;

/// Formats a fraction as a percentage without decimals.
///
/// # Examples
/// ```
/// assert_eq!(figures::percent(&0.9), "90 %");
/// ```
pub fn percent(fraction: &f64) -> String {
    format!("{:.0} %", 100.0 * fraction)
}

/// Shortens text of `size` pixels to a width of `max_width` pixels by leaving out its start: the end of a path is its
/// most specific part.
pub(crate) fn truncate_start(text: &str, size: u32, max_width: u32) -> String {
    let fits = |text: &String| text_width(text, size) <= f64::from(max_width);
    let starts = text.char_indices().skip(1).map(|(start, _)| start);
    let shorter = starts.map(|start| format!("…{}", &text[start..]));
    let candidates = std::iter::once(text.to_owned()).chain(shorter);
    candidates
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| "…".to_owned())
}

/// Escapes the characters that XML gives a meaning, and replaces those that it does not allow.
pub(crate) fn escape_xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if is_allowed(character) => escaped.push(character),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

/// Returns whether a character may stand in a label of an XML document.
pub(crate) fn is_allowed(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(truncate_start("a/b.png", 10, 100), "a/b.png");
        let short = truncate_start("Training/glioma_tumor/gg (12).jpg", 10, 100);
        assert!(
            short.starts_with('…') && short.ends_with("(12).jpg"),
            "{short}"
        );
        assert!(text_width(&short, 10) <= 100.0, "{short}");
        assert_eq!(truncate_start("abc", 10, 0), "…");
        let short = truncate_start("肿瘤肿瘤肿瘤肿瘤", 10, 50);
        assert!(short.starts_with('…') && short.ends_with('瘤'), "{short}");
    }

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(
            escape_xml("<a href=\"x\">\u{1}\u{ffff} & é"),
            "&lt;a href=&quot;x&quot;&gt;\u{fffd}\u{fffd} &amp; é"
        );
    }
}
