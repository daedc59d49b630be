//! The words a network knows.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Maximum number of known words.
const MAX_KNOWN: usize = 1_000_000;

/// Number of all unknown words.
pub const UNKNOWN: u32 = 0;

/// The known words, numbered from 1 in alphabetical order; all others are [`UNKNOWN`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Whether words are converted to lower case.
    pub lower_case: bool,
    words: Vec<String>,
}

impl Vocabulary {
    /// Creates a vocabulary of the words that occur at least `at_least` times.
    pub fn new<'a>(
        text: impl IntoIterator<Item = &'a str>,
        lower_case: bool,
        at_least: usize,
    ) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for word in text {
            *counts.entry(folded(word, lower_case)).or_default() += 1;
        }
        let mut words: Vec<String> = (counts.into_iter())
            .filter_map(|(word, count)| (count >= at_least).then_some(word))
            .collect();
        words.sort_unstable();
        Self { lower_case, words }
    }

    /// Returns the number of numbers, including [`UNKNOWN`].
    pub fn len(&self) -> usize {
        self.words.len() + 1
    }

    /// Whether no word is known.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns the number of a word.
    pub fn number(&self, word: &str) -> u32 {
        let word = folded(word, self.lower_case);
        self.words
            .binary_search(&word)
            .map_or(UNKNOWN, |index| index as u32 + 1)
    }

    /// Checks the words, because a model's file may come from anywhere.
    ///
    /// # Errors
    /// [`Error::Preprocessing`] if there are too many words, or if they are not in order.
    pub fn check(&self) -> Result<()> {
        let wrong = |value: String, expected: &str| Error::Preprocessing {
            field: "words",
            value,
            expected: expected.to_owned(),
        };
        if self.words.len() >= MAX_KNOWN {
            return Err(wrong(
                format!("a list of {}", self.words.len()),
                "a list of fewer than 1000000",
            ));
        }
        match self.words.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(wrong(
                format!("{:?} before {:?}", pair[0], pair[1]),
                "in alphabetical order",
            )),
            None => Ok(()),
        }
    }
}

/// Returns the word, in lower case if required.
fn folded(word: &str, lower_case: bool) -> String {
    if lower_case {
        word.to_lowercase()
    } else {
        word.to_owned()
    }
}
