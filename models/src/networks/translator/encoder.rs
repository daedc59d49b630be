//! The encoder: a bidirectional GRU over the source sentence.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Embedding, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::{TranslatorConfig, embedding};
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::recurrent::Recurrent;
use crate::layers::table::LayerTable;

/// Attention score of a position behind the end of its sentence. The exponential of it is zero beside any other
/// score, and unlike minus infinity it gives no NaN.
const MASKED_SCORE: f32 = -1e9;

/// Batch of sentences, time first, padded to the longest.
#[derive(Clone, Debug)]
pub struct Sentences {
    /// Token indices, `[steps, batch]`; those behind a sentence's end have no influence.
    pub tokens: Tensor<2, Int>,
    /// Number of tokens of each sentence, from 1 to `steps`.
    pub lengths: Vec<usize>,
}

impl Sentences {
    /// Returns `[steps, batch]`.
    pub fn dims(&self) -> [usize; 2] {
        self.tokens.dims()
    }

    /// Returns the attention mask, which is added to the scores: 0 at a token, [`MASKED_SCORE`] at padding.
    ///
    /// # Shapes
    /// - output: `[batch, 1, steps]`
    fn attention_mask(&self) -> Tensor<3> {
        let [steps, batch] = self.dims();
        let values: Vec<f32> = (self.lengths.iter())
            .flat_map(|&length| {
                (0..steps).map(move |step| if step < length { 0.0 } else { MASKED_SCORE })
            })
            .collect();
        let data = TensorData::new(values, [batch, 1, steps]);
        Tensor::from_data(data, &self.tokens.device())
    }
}

/// Encoded sentences, to which the decoder attends.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Annotations h_j: both states at each token, `[batch, steps, 2 units]`.
    pub(super) annotations: Tensor<3>,
    /// Keys W h_j, with which a query is compared, `[batch, hidden, steps]`.
    pub(super) keys: Tensor<3>,
    /// Attention mask, `[batch, 1, steps]`.
    pub(super) mask: Tensor<3>,
}

impl Memory {
    /// Returns the number of tokens of the longest sentence.
    pub fn steps(&self) -> usize {
        self.annotations.dims()[1]
    }

    /// Selects the sentences at `rows`, each of which may occur several times.
    pub(super) fn select(&self, rows: &Tensor<1, Int>) -> Self {
        let select = |tensor: &Tensor<3>| tensor.clone().select(0, rows.clone());
        Self {
            annotations: select(&self.annotations),
            keys: select(&self.keys),
            mask: select(&self.mask),
        }
    }
}

/// Embeddings, a bidirectional GRU, and the projections that the decoder needs.
#[derive(Module, Debug)]
pub(super) struct Encoder {
    embedding: Embedding,
    reader: Recurrent,
    keys: Linear,
    bridge: Linear,
    dropout: Dropout,
}

impl Encoder {
    /// Adds the layers to the layer table; their sizes are those of an embedding, of the encoder in each direction and
    /// of the decoder.
    pub(super) fn tabulate(&self, [embedding, units, hidden]: [usize; 3], table: &mut LayerTable) {
        let mut push =
            |kind, name, width, parameters| table.push(kind, name, vec![width], parameters);
        let parameters = self.embedding.num_params();
        push("Embedding", "source_embedding", embedding, parameters);
        let parameters = self.reader.num_params();
        push("Bidirectional", "bidirectional_gru", 2 * units, parameters);
        push("Dense", "keys", hidden, self.keys.num_params());
        push("Dense", "bridge", 2 * hidden, self.bridge.num_params());
    }

    pub(super) fn new(config: &TranslatorConfig, device: &Device) -> Self {
        let reader = config.reader();
        let bridge = [reader.width(), 2 * config.hidden];
        Self {
            embedding: embedding(config.source_tokens, config.embedding, device),
            // A bias would add the same number to all scores of a query.
            keys: LinearConfig::new(reader.width(), config.hidden)
                .with_bias(false)
                .with_initializer(glorot_uniform())
                .init(device),
            bridge: linear(bridge, glorot_uniform(), device),
            reader: reader.blank(device),
            dropout: DropoutConfig::new(config.dropout).init(),
        }
    }

    /// Encodes sentences, and computes the states from which the decoder starts.
    ///
    /// # Shapes
    /// - `source`: `[steps, batch]`
    /// - output: see [`Memory`]; the initial states of both decoder layers side by side, `[batch, 2 hidden]`
    pub(super) fn forward(&self, source: &Sentences) -> (Memory, Tensor<2>) {
        let [steps, batch] = source.dims();
        let embedded = self.embedding.forward(source.tokens.clone());
        let embedded = kernels::dropout(embedded, &self.dropout);
        let read = self.reader.forward(embedded, Some(&source.lengths));
        let initial = linear_forward(&self.bridge, read.last, Activation::Tanh);
        let annotations = kernels::dropout(read.steps.flatten::<2>(0, 1), &self.dropout);
        let keys = linear_forward(&self.keys, annotations.clone(), Activation::Identity);
        let batch_first = |rows: Tensor<2>| {
            let rows: Tensor<3> = rows.reshape([steps as i32, batch as i32, -1]);
            rows.swap_dims(0, 1)
        };
        let memory = Memory {
            annotations: batch_first(annotations),
            keys: batch_first(keys).swap_dims(1, 2),
            mask: source.attention_mask(),
        };
        (memory, initial)
    }
}
