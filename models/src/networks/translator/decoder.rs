//! The decoder: from the previous tokens and the encoded sentence to the logits of the next token.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, Initializer, Linear};
use burn::tensor::{Device, Int, Tensor, activation};
use kernels::Rectifier;

use super::config::{TranslatorConfig, embedding};
use super::encoder::Memory;
use super::gru::Gru;
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;

/// Two GRU layers with attention between them, and embeddings that are the output's weights, too.
#[derive(Module, Debug)]
pub(super) struct Decoder {
    embedding: Embedding,
    first: Gru,
    second: Gru,
    output: Linear,
    bias: Param<Tensor<1>>,
    dropout: Dropout,
}

/// States of the decoder's two layers, `[batch, hidden]` each.
#[derive(Clone, Debug)]
pub struct DecoderState {
    first: Tensor<2>,
    second: Tensor<2>,
}

impl DecoderState {
    /// Splits the encoder's initial states, `[batch, 2 hidden]`.
    pub(super) fn from_initial(states: Tensor<2>) -> Self {
        let [_, columns] = states.dims();
        let hidden = columns / 2;
        Self {
            first: states.clone().narrow(1, 0, hidden),
            second: states.narrow(1, hidden, hidden),
        }
    }

    /// Selects the sentences at `rows`, each of which may occur several times.
    pub(super) fn select(&self, rows: &Tensor<1, Int>) -> Self {
        Self {
            first: self.first.clone().select(0, rows.clone()),
            second: self.second.clone().select(0, rows.clone()),
        }
    }
}

/// Output of one decoding step.
pub struct DecoderStep {
    /// Logits of the next token, `[batch, tokens]`.
    pub logits: Tensor<2>,
    /// Attention weights, `[batch, source steps]`; each row sums to 1.
    pub attention: Tensor<2>,
    /// State after the step.
    pub state: DecoderState,
}

impl Decoder {
    /// Adds the layers to the layer table; their sizes are those of an embedding, of the context vector, of the layers
    /// and of the vocabulary.
    pub(super) fn tabulate(
        &self,
        [embedding, context, hidden, tokens]: [usize; 4],
        table: &mut LayerTable,
    ) {
        let mut push =
            |kind, name, width, parameters| table.push(kind, name, vec![width], parameters);
        let parameters = self.embedding.num_params();
        push("Embedding", "target_embedding", embedding, parameters);
        push("GRU", "gru", hidden, self.first.num_params());
        push("Attention", "attention", context, 0);
        push("GRU", "gru", hidden, self.second.num_params());
        table.begin_head();
        let (output, bias) = (self.output.num_params(), self.bias.num_params());
        table.push("Dense", "output", vec![embedding], output);
        table.push("Logits", "logits", vec![tokens], bias);
    }

    pub(super) fn new(config: &TranslatorConfig, device: &Device) -> Self {
        let TranslatorConfig {
            target_tokens,
            embedding: width,
            encoder_units,
            hidden,
            ..
        } = *config;
        let attended = hidden + 2 * encoder_units;
        Self {
            embedding: embedding(target_tokens, width, device),
            first: Gru::new([width, hidden], device),
            second: Gru::new([attended, hidden], device),
            output: linear([attended, width], glorot_uniform(), device),
            bias: Initializer::Zeros.init([target_tokens], device),
            dropout: DropoutConfig::new(config.dropout).init(),
        }
    }

    /// Decodes all steps at once, as the previous tokens are known.
    ///
    /// # Shapes
    /// - `initial`: `[batch, 2 hidden]`
    /// - `previous`: `[steps, batch]`
    /// - logits: `[steps * batch, tokens]`
    /// - attention weights: `[batch, steps, source steps]`
    pub(super) fn forward(
        &self,
        memory: &Memory,
        initial: Tensor<2>,
        previous: Tensor<2, Int>,
    ) -> (Tensor<2>, Tensor<3>) {
        let initial = DecoderState::from_initial(initial);
        let embedded = kernels::dropout(self.embedding.forward(previous), &self.dropout);
        let queries = self.first.forward(embedded, initial.first);
        let (attended, attention) = attend(memory, queries);
        let attended = kernels::dropout(attended, &self.dropout);
        let [_, _, columns] = attended.dims();
        let [_, hidden] = initial.second.dims();
        let contexts = attended.clone().narrow(2, hidden, columns - hidden);
        let states = self.second.forward(attended, initial.second);
        let outputs = Tensor::cat(vec![states, contexts], 2).flatten::<2>(0, 1);
        (self.logits(outputs), attention)
    }

    /// Decodes one step.
    ///
    /// # Shapes
    /// - `previous`: `[batch]`
    /// - output: see [`DecoderStep`]
    pub(super) fn step(
        &self,
        memory: &Memory,
        state: DecoderState,
        previous: Tensor<1, Int>,
    ) -> DecoderStep {
        let embedded: Tensor<3> = self.embedding.forward(previous.unsqueeze_dim(0));
        let first = self.first.step(embedded.squeeze_dim(0), state.first);
        let (attended, attention) = attend(memory, first.clone().unsqueeze_dim(0));
        let attended: Tensor<2> = attended.squeeze_dim(0);
        let [_, columns] = attended.dims();
        let [_, hidden] = first.dims();
        let context = attended.clone().narrow(1, hidden, columns - hidden);
        let second = self.second.step(attended, state.second);
        DecoderStep {
            logits: self.logits(Tensor::cat(vec![second.clone(), context], 1)),
            attention: attention.squeeze_dim(1),
            state: DecoderState { first, second },
        }
    }

    /// Computes the logits from the states of the second layer and the context vectors.
    ///
    /// # Shapes
    /// - `outputs`: `[rows, hidden + 2 encoder units]`
    /// - output: `[rows, tokens]`
    fn logits(&self, outputs: Tensor<2>) -> Tensor<2> {
        let projected = linear_forward(&self.output, outputs, Activation::Tanh);
        let projected = kernels::dropout(projected, &self.dropout);
        let embeddings = self.embedding.weight.val().transpose();
        kernels::dense(
            projected,
            embeddings,
            Some(self.bias.val()),
            Rectifier::None,
        )
    }
}

/// Attends to the encoded sentences.
///
/// # Shapes
/// - `queries`: `[steps, batch, hidden]`
/// - queries and context vectors side by side: `[steps, batch, hidden + 2 encoder units]`
/// - attention weights: `[batch, steps, source steps]`
fn attend(memory: &Memory, queries: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    let batch_first = queries.clone().swap_dims(0, 1);
    let scores = batch_first.matmul(memory.keys.clone()) + memory.mask.clone();
    let attention = activation::softmax(scores, 2);
    let contexts = attention.clone().matmul(memory.annotations.clone());
    let attended = Tensor::cat(vec![queries, contexts.swap_dims(0, 1)], 2);
    (attended, attention)
}
