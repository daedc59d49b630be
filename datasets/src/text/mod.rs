//! Sentences in two languages: [`pairs`] reads and groups them, a [`Vocabulary`] cuts them into tokens, and
//! [`batch`] lays those of about the same length side by side.

pub mod batch;
pub mod pairs;
pub mod vocabulary;

pub use batch::{Forcing, PairBatch, PairTokens};
pub use pairs::{PairSet, words};
pub use vocabulary::{END, PADDING, START, Vocabulary};

use serde::{Deserialize, Serialize};

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
        let bytes = Vocabulary::learn(std::iter::empty(), vocabulary::LEAST_TOKENS)?;
        Ok(Self {
            max_words,
            source: bytes.clone(),
            target: bytes,
        })
    }

    /// Learns both vocabularies from the pairs at `training`, with at most `tokens` tokens each.
    ///
    /// # Errors
    /// [`Error::Text`] if a vocabulary cannot be learned.
    ///
    /// # Panics
    /// If an index is no pair of the set.
    pub fn learn(set: &PairSet, training: &[usize], tokens: usize) -> Result<Self> {
        let of = |side: usize| {
            let sentences = training.iter().map(|&index| &*set.pairs[index][side]);
            Vocabulary::learn(sentences, tokens)
        };
        Ok(Self {
            max_words: set.max_words,
            source: of(0)?,
            target: of(1)?,
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

    /// Every pair of a set in tokens.
    pub fn tokens(&self, set: &PairSet) -> PairTokens {
        let of = |vocabulary: &Vocabulary, side: usize| {
            let sentences = set.pairs.iter();
            sentences
                .map(|pair| vocabulary.encode(&pair[side]))
                .collect()
        };
        PairTokens {
            source: of(&self.source, 0),
            target: of(&self.target, 1),
        }
    }
}
