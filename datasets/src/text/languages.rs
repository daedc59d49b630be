//! Preprocessing of sentence pairs.

use serde::{Deserialize, Serialize};

use super::vocabulary::{END, MIN_TOKENS, Vocabulary};
use crate::error::{Error, Result};

/// The vocabularies of two languages, by which sentences become the input of a network and its output becomes sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Languages {
    /// Maximum number of words of the training sentences.
    pub max_words: usize,
    /// Vocabulary of the source language.
    pub source: Vocabulary,
    /// Vocabulary of the target language.
    pub target: Vocabulary,
}

impl Languages {
    /// Creates vocabularies in which every byte is a token.
    ///
    /// # Errors
    /// [`Error::Text`] if the crate `tokenizers` fails.
    pub fn bytes(max_words: usize) -> Result<Self> {
        let bytes = Vocabulary::learn(std::iter::empty(), MIN_TOKENS)?;
        Ok(Self {
            max_words,
            source: bytes.clone(),
            target: bytes,
        })
    }

    /// Checks all values, because a model's file may come from anywhere.
    ///
    /// # Errors
    /// [`Error::Text`] if no sentence is short enough.
    pub fn validate(&self) -> Result<()> {
        if self.max_words == 0 {
            return Err(Error::text("sentences of at most 0 words"));
        }
        Ok(())
    }

    /// Returns the tokens of a sentence and of its translation as text for display. `ended` says whether the translation
    /// ended.
    pub fn display_tokens(
        &self,
        sentence: &str,
        translation: &[usize],
        ended: bool,
    ) -> [Vec<String>; 2] {
        let texts = |vocabulary: &Vocabulary, tokens: &[usize], ended: bool| {
            let end = ended.then_some(END);
            let tokens = tokens.iter().copied().chain(end);
            tokens.map(|token| vocabulary.display(token)).collect()
        };
        [
            texts(&self.source, &self.source.encode(sentence), true),
            texts(&self.target, translation, ended),
        ]
    }
}
