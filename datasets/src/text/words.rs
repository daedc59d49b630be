//! Words and the white space between them.

/// Counts the words of a sentence, which are separated by white space.
pub fn word_count(sentence: &str) -> usize {
    sentence.split_whitespace().count()
}

/// Returns a sentence with single spaces between its words.
pub fn spaced(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}
