//! The decoder: what was said so far, and a look at the sentence, to the next token.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, Initializer, Linear};
use burn::tensor::{Device, Int, Tensor, activation};
use kernels::Rectifier;

use super::encoder::Memory;
use super::gated::GatedUnit;
use super::{TranslatorConfig, embedding};
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};

/// Two gated recurrent units with attention between them, and the embeddings, by which tokens are also told.
#[derive(Module, Debug)]
pub(super) struct Decoder {
    embedding: Embedding,
    first: GatedUnit,
    second: GatedUnit,
    output: Linear,
    bias: Param<Tensor<1>>,
    dropout: Dropout,
}

/// The decoder after some tokens: its two states, `[batch, hidden]` each.
#[derive(Clone, Debug)]
pub struct State {
    first: Tensor<2>,
    second: Tensor<2>,
}

impl State {
    /// From both side by side, `[batch, 2 hidden]`.
    pub(super) fn new(both: Tensor<2>) -> Self {
        let [_, columns] = both.dims();
        let half = columns / 2;
        Self {
            first: both.clone().narrow(1, 0, half),
            second: both.narrow(1, half, half),
        }
    }

    /// Of the sentences at `rows`, one or several times each.
    pub(super) fn select(&self, rows: &Tensor<1, Int>) -> Self {
        Self {
            first: self.first.clone().select(0, rows.clone()),
            second: self.second.clone().select(0, rows.clone()),
        }
    }
}

/// What the decoder says after one token.
pub struct Said {
    /// Of each next token, `[batch, tokens]`.
    pub logits: Tensor<2>,
    /// Where it looked, `[batch, steps of the sentence]`; each row sums to 1.
    pub attention: Tensor<2>,
    /// What to go on from.
    pub state: State,
}

impl Decoder {
    pub(super) fn new(config: &TranslatorConfig, device: &Device) -> Self {
        let TranslatorConfig {
            target_tokens,
            embedding: width,
            encoder_units,
            hidden,
            ..
        } = *config;
        let seen = hidden + 2 * encoder_units;
        Self {
            embedding: embedding(target_tokens, width, device),
            first: GatedUnit::new([width, hidden], device),
            second: GatedUnit::new([seen, hidden], device),
            output: linear([seen, width], glorot_uniform(), device),
            bias: Initializer::Zeros.init([target_tokens], device),
            dropout: DropoutConfig::new(config.dropout).init(),
        }
    }

    /// Every step at once: the tokens before are known.
    ///
    /// # Shapes
    /// - `before`: `[steps, batch]`
    /// - logits: `[steps * batch, tokens]`
    /// - attention: `[batch, steps, steps of the sentence]`
    pub(super) fn decode(
        &self,
        memory: &Memory,
        start: Tensor<2>,
        before: Tensor<2, Int>,
    ) -> (Tensor<2>, Tensor<3>) {
        let start = State::new(start);
        let words = kernels::dropout(self.embedding.forward(before), &self.dropout);
        let queries = self.first.run(words, start.first);
        let (seen, attention) = look(memory, queries);
        let seen = kernels::dropout(seen, &self.dropout);
        let [_, _, columns] = seen.dims();
        let [_, units] = start.second.dims();
        let contexts = seen.clone().narrow(2, units, columns - units);
        let states = self.second.run(seen, start.second);
        let heard = Tensor::cat(vec![states, contexts], 2).flatten::<2>(0, 1);
        (self.tell(heard), attention)
    }

    /// One step.
    ///
    /// # Shapes
    /// - `before`: `[batch]`
    pub(super) fn step(&self, memory: &Memory, state: State, before: Tensor<1, Int>) -> Said {
        let words: Tensor<3> = self.embedding.forward(before.unsqueeze_dim(0));
        let first = self.first.step(words.squeeze_dim(0), state.first);
        let (seen, attention) = look(memory, first.clone().unsqueeze_dim(0));
        let seen: Tensor<2> = seen.squeeze_dim(0);
        let [_, columns] = seen.dims();
        let [_, units] = first.dims();
        let context = seen.clone().narrow(1, units, columns - units);
        let second = self.second.step(seen, state.second);
        Said {
            logits: self.tell(Tensor::cat(vec![second.clone(), context], 1)),
            attention: attention.squeeze_dim(1),
            state: State { first, second },
        }
    }

    /// From the second state and what was looked at, `[rows, hidden + 2 units]`, to the logits of the next
    /// token: the products with the embeddings of all tokens (Press and Wolf 2017,
    /// <https://arxiv.org/abs/1608.05859>).
    fn tell(&self, heard: Tensor<2>) -> Tensor<2> {
        let meant = kernels::dropout(
            linear_forward(&self.output, heard, Activation::Tanh),
            &self.dropout,
        );
        let words = self.embedding.weight.val().transpose();
        kernels::dense(meant, words, Some(self.bias.val()), Rectifier::None)
    }
}

/// Attention: each query with what it sees, `[steps, batch, hidden + 2 units]`, and where it looked,
/// `[batch, steps, steps of the sentence]`.
fn look(memory: &Memory, queries: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    let by_sentence = queries.clone().swap_dims(0, 1);
    let scores = by_sentence.matmul(memory.keys.clone()) + memory.silence.clone();
    let attention = activation::softmax(scores, 2);
    let contexts = attention.clone().matmul(memory.annotations.clone());
    let seen = Tensor::cat(vec![queries, contexts.swap_dims(0, 1)], 2);
    (seen, attention)
}
