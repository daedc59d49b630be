//! The encoder: every token of a sentence, read from both ends.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Embedding, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::TranslatorConfig;
use super::embedding;
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::recurrent::Recurrent;

/// Sentences side by side, time first, each filled up to the longest.
#[derive(Clone, Debug)]
pub struct Sentences {
    /// Numbers of tokens, `[steps, batch]`; what follows a sentence's end is never looked at.
    pub tokens: Tensor<2, Int>,
    /// How many tokens each sentence has; at least one, at most `steps`.
    pub lengths: Vec<usize>,
}

impl Sentences {
    /// How many steps and how many sentences.
    pub fn dims(&self) -> [usize; 2] {
        self.tokens.dims()
    }

    /// Added to scores: nothing where there is a token, and so much less where there is none that nothing of it
    /// is left, `[batch, 1, steps]`.
    fn silence(&self) -> Tensor<3> {
        const NOTHING: f32 = -1e9;
        let [steps, batch] = self.dims();
        let values: Vec<f32> = (self.lengths.iter())
            .flat_map(|&length| {
                (0..steps).map(move |step| if step < length { 0.0 } else { NOTHING })
            })
            .collect();
        Tensor::from_data(
            TensorData::new(values, [batch, 1, steps]),
            &self.tokens.device(),
        )
    }
}

/// What the encoder makes of sentences: what the decoder looks at.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Both states at each token, `[batch, steps, 2 units]`.
    pub(super) annotations: Tensor<3>,
    /// What a query is compared with, `[batch, hidden, steps]`.
    pub(super) keys: Tensor<3>,
    /// Added to the scores, `[batch, 1, steps]`.
    pub(super) silence: Tensor<3>,
}

impl Memory {
    /// How many tokens the longest sentence has.
    pub fn steps(&self) -> usize {
        self.annotations.dims()[1]
    }

    /// Of the sentences at `rows`, one or several times each.
    pub(super) fn select(&self, rows: &Tensor<1, Int>) -> Self {
        let of = |tensor: &Tensor<3>| tensor.clone().select(0, rows.clone());
        Self {
            annotations: of(&self.annotations),
            keys: of(&self.keys),
            silence: of(&self.silence),
        }
    }
}

/// Embeddings and a layer of gated recurrent units in both directions.
#[derive(Module, Debug)]
pub(super) struct Encoder {
    embedding: Embedding,
    reader: Recurrent,
    keys: Linear,
    bridge: Linear,
    dropout: Dropout,
}

impl Encoder {
    pub(super) fn new(config: &TranslatorConfig, device: &Device) -> Self {
        let reader = config.reader();
        Self {
            embedding: embedding(config.source_tokens, config.embedding, device),
            // A bias would add the same to all scores of a query.
            keys: LinearConfig::new(reader.width(), config.hidden)
                .with_bias(false)
                .with_initializer(glorot_uniform())
                .init(device),
            bridge: linear(
                [reader.width(), 2 * config.hidden],
                glorot_uniform(),
                device,
            ),
            reader: reader.blank(device),
            dropout: DropoutConfig::new(config.dropout).init(),
        }
    }

    /// What the decoder looks at, and what it starts from: the two states it has, side by side,
    /// `[batch, 2 hidden]`.
    pub(super) fn encode(&self, source: &Sentences) -> (Memory, Tensor<2>) {
        let [steps, batch] = source.dims();
        let words = self.embedding.forward(source.tokens.clone());
        let words = kernels::dropout(words, &self.dropout);
        let read = self.reader.forward(words, Some(&source.lengths));
        let bridge = linear_forward(&self.bridge, read.last, Activation::Tanh);
        let states = kernels::dropout(read.steps.flatten::<2>(0, 1), &self.dropout);
        let keys = linear_forward(&self.keys, states.clone(), Activation::Identity);
        let by_sentence = |rows: Tensor<2>| {
            let rows: Tensor<3> = rows.reshape([steps as i32, batch as i32, -1]);
            rows.swap_dims(0, 1)
        };
        let memory = Memory {
            annotations: by_sentence(states),
            keys: by_sentence(keys).swap_dims(1, 2),
            silence: source.silence(),
        };
        (memory, bridge)
    }
}
