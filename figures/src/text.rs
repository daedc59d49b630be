//! Text of labels.

/// Width of Roboto's characters over their height, a little more than one half.
const CHARACTER_WIDTH: f64 = 0.54;

/// Formats a fraction as a percentage without decimals.
///
/// # Examples
/// ```
/// assert_eq!(figures::percent(&0.9), "90 %");
/// ```
pub fn percent(fraction: &f64) -> String {
    format!("{:.0} %", 100.0 * fraction)
}

/// Shortens text to `width` pixels of characters of `size` pixels, by leaving out its start: the end of a path is its
/// most specific part.
///
/// # Examples
/// ```
/// assert_eq!(figures::truncate_start("a/b.png", 10, 100), "a/b.png");
/// assert_eq!(figures::truncate_start("scans/patient/1.png", 10, 40), "…/1.png");
/// ```
pub fn truncate_start(text: &str, size: u32, width: u32) -> String {
    let max_count = (f64::from(width) / (CHARACTER_WIDTH * f64::from(size))) as usize;
    let count = text.chars().count();
    if count <= max_count {
        return text.to_owned();
    }
    let end: String = text.chars().skip(count + 1 - max_count.max(1)).collect();
    format!("…{end}")
}

/// Escapes the characters that XML gives a meaning, and replaces control characters, which it does not allow.
///
/// # Examples
/// ```
/// assert_eq!(figures::escape_xml("<a & b>"), "&lt;a &amp; b&gt;");
/// ```
pub fn escape_xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
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
        assert!(short.chars().count() <= 18, "{short}");
        assert_eq!(truncate_start("abc", 10, 0), "…");
    }

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(
            escape_xml("<a href=\"x\">\u{1} & é"),
            "&lt;a href=&quot;x&quot;&gt;\u{fffd} &amp; é"
        );
    }
}
