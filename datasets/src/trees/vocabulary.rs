//! Which words a network knows.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most words that are known.
pub const MAX_KNOWN: usize = 1_000_000;

/// The number of every word that is not known.
pub const UNKNOWN: u32 = 0;

/// The words that are known, in alphabetical order; they are numbered from 1 on, and any other is
/// [`UNKNOWN`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Whether capital letters are taken for small ones.
    pub lower_case: bool,
    words: Vec<String>,
}

impl Vocabulary {
    /// The words that occur at least `at_least` times.
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

    /// How many numbers there are, that of unknown words included.
    pub fn len(&self) -> usize {
        self.words.len() + 1
    }

    /// Whether no word is known.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The word's number.
    pub fn number(&self, word: &str) -> u32 {
        let word = folded(word, self.lower_case);
        self.words
            .binary_search(&word)
            .map_or(UNKNOWN, |index| index as u32 + 1)
    }

    /// Checks a vocabulary that comes from a file.
    ///
    /// # Errors
    /// When its words are too many, or not in order.
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

fn folded(word: &str, lower_case: bool) -> String {
    if lower_case {
        word.to_lowercase()
    } else {
        word.to_owned()
    }
}
