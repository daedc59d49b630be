//! Words and the white space between them.

/// The words of a sentence: what stands between white space.
pub fn words(sentence: &str) -> usize {
    sentence.split_whitespace().count()
}

/// A sentence with one space between its words.
pub fn spaced(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}
