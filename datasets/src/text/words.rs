//! Words, the white space between them, and their letters.

use std::borrow::Cow;

use tokenizers::NormalizedString;

/// Returns a sentence whose letters with accents are one character each, as most programs write them. macOS writes some
/// as a letter and a combining accent, which a vocabulary would take for other words.
pub fn composed(sentence: &str) -> Cow<'_, str> {
    let is_combining = |letter: char| ('\u{300}'..='\u{36f}').contains(&letter);
    if sentence.contains(is_combining) {
        let mut normalized = NormalizedString::from(sentence);
        normalized.nfc();
        Cow::Owned(normalized.get().to_owned())
    } else {
        Cow::Borrowed(sentence)
    }
}

/// Counts the words of a sentence, which are separated by white space.
pub fn word_count(sentence: &str) -> usize {
    sentence.split_whitespace().count()
}

/// Returns a sentence with single spaces between its words.
pub fn spaced(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}
