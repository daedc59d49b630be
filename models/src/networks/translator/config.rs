//! Sizes of a translator, and the tokens with a meaning of their own.

use burn::config::Config;
use burn::nn::{Embedding, EmbeddingConfig, Initializer};
use burn::tensor::Device;

use crate::layers::recurrent::{Cell, RecurrentConfig};

/// Index of the token that pads sentences to the longest of a batch.
pub const PADDING: usize = 0;
/// Index of the token before the first one of a translation.
pub const START: usize = 1;
/// Index of the token after the last one of a sentence.
pub const END: usize = 2;

/// Sizes of a [`Translator`](super::Translator).
#[derive(Config, Debug, PartialEq)]
pub struct TranslatorConfig {
    /// Size of the source language's vocabulary.
    pub source_tokens: usize,
    /// Size of the target language's vocabulary.
    pub target_tokens: usize,
    /// Length of a token's embedding.
    #[config(default = 256)]
    pub embedding: usize,
    /// Number of the encoder's units in each direction.
    #[config(default = 256)]
    pub encoder_units: usize,
    /// Number of units in each of the decoder's two layers.
    #[config(default = 384)]
    pub hidden: usize,
    /// Dropout rate of embeddings, annotations and decoder outputs.
    #[config(default = 0.2)]
    pub dropout: f64,
}

impl TranslatorConfig {
    /// Returns the configuration of the encoder's bidirectional GRU.
    pub(super) fn reader(&self) -> RecurrentConfig {
        RecurrentConfig::new(self.embedding, self.encoder_units, Cell::Gru).with_bidirectional(true)
    }
}

/// Builds embeddings that are drawn from N(0, 0.1), small because the logits are products with the target's.
pub(super) fn embedding(tokens: usize, width: usize, device: &Device) -> Embedding {
    EmbeddingConfig::new(tokens, width)
        .with_initializer(Initializer::Normal {
            mean: 0.0,
            std: 0.1,
        })
        .init(device)
}
