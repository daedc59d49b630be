//! Text from outside (paths, class names, messages) made fit for one line of a terminal.

use std::borrow::Cow;

/// The text with every control character replaced: a file name or a model's card may hold line
/// breaks or escape sequences that would rearrange the terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        let replaced = text
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c });
        Cow::Owned(replaced.collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        assert_eq!(printable("scan é.png"), "scan é.png");
        assert_eq!(printable("a\nb\u{1b}[2Jc"), "a\u{fffd}b\u{fffd}[2Jc");
    }
}
