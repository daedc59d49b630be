//! The vocabularies of two languages, as a model's file holds them.

use serde::{Deserialize, Serialize};

use super::vocabulary::{END, LEAST_TOKENS, Vocabulary};
use crate::error::{Error, Result};

/// What is done to sentences before a network sees them, and after it has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Languages {
    /// The longest sentence that was trained on, in words.
    pub max_words: usize,
    /// The language that is read.
    pub source: Vocabulary,
    /// The language that is said.
    pub target: Vocabulary,
}

impl Languages {
    /// Every byte is a token.
    ///
    /// # Errors
    /// [`Error::Text`] if the crate `tokenizers` fails.
    pub fn bytes(max_words: usize) -> Result<Self> {
        let bytes = Vocabulary::learn(std::iter::empty(), LEAST_TOKENS)?;
        Ok(Self {
            max_words,
            source: bytes.clone(),
            target: bytes,
        })
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// [`Error::Text`] if no sentence could be read.
    pub fn validate(&self) -> Result<()> {
        if self.max_words == 0 {
            return Err(Error::text("sentences of at most 0 words"));
        }
        Ok(())
    }

    /// The tokens of a sentence and its end, and those of its translation, as they are shown.
    pub fn shown(&self, sentence: &str, said: &[usize], ended: bool) -> [Vec<String>; 2] {
        let texts = |vocabulary: &Vocabulary, tokens: &[usize], ended: bool| {
            let end = ended.then_some(END);
            let tokens = tokens.iter().copied().chain(end);
            tokens.map(|token| vocabulary.show(token)).collect()
        };
        [
            texts(&self.source, &self.source.encode(sentence), true),
            texts(&self.target, said, ended),
        ]
    }
}
