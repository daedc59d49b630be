//! From a sentence in one language to one in another: `translate`.
//!
//! An encoder reads the sentence from both ends with gated recurrent units; its states at a token, side by side,
//! are the token's annotation h_j (Bahdanau et al. 2015, <https://arxiv.org/abs/1409.0473>). A decoder says one
//! token after the other (chapter, section on sequence to sequence; Sutskever et al. 2014,
//! <https://arxiv.org/abs/1409.3215>). Its first unit hears what was said so far; its state s_i asks by the general
//! score of Luong et al. 2015 (<https://arxiv.org/abs/1508.04025>) where to look:
//!
//! a_ij = softmax_j(s_i . W h_j), c_i = sum_j a_ij h_j
//!
//! Its second unit hears s_i and c_i, and tanh(V [its state; c_i] + d) times the embedding of each token is the
//! token's logit. As attention needs the first unit only (as in Wu et al. 2016,
//! <https://arxiv.org/abs/1609.08144>), all steps of a known translation are a few large products.
//!
//! Names in a model file: `encoder.embedding`, `encoder.reader`, `encoder.keys`, `encoder.bridge`,
//! `decoder.embedding`, `decoder.first`, `decoder.second`, `decoder.output`, `decoder.bias`.

mod decoder;
mod encoder;
mod gated;
mod search;

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Initializer};
use burn::tensor::{Bool, Device, Int, Tensor};

use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::initialization::draw_parameters;
use crate::layers::recurrent::{Cell, RecurrentConfig};
use crate::layers::table::LayerTable;
use crate::limits::MAX_PARAMETERS;
use crate::network::{InputShape, Network, NetworkConfig};
use decoder::Decoder;
use encoder::Encoder;
use gated::GatedUnit;

pub use decoder::{Said, State};
pub use encoder::{Memory, Sentences};
pub use search::{Hypothesis, Search};

/// The number of the token that fills sentences up.
pub const PADDING: usize = 0;
/// The number of the token before the first.
pub const START: usize = 1;
/// The number of the token after the last.
pub const END: usize = 2;

const MAX_TOKENS: usize = 1 << 20;
const MAX_WIDTH: usize = 1 << 14;

/// The sizes of a translator.
#[derive(Config, Debug, PartialEq)]
pub struct TranslatorConfig {
    /// Tokens of the language that is read.
    pub source_tokens: usize,
    /// Tokens of the language that is said.
    pub target_tokens: usize,
    /// Values that stand for a token.
    #[config(default = 256)]
    pub embedding: usize,
    /// Units of the encoder in each direction.
    #[config(default = 256)]
    pub encoder_units: usize,
    /// Units of each of the decoder's two layers.
    #[config(default = 384)]
    pub hidden: usize,
    /// The probability that a value is left out in training.
    #[config(default = 0.2)]
    pub dropout: f64,
}

impl TranslatorConfig {
    /// What reads sentences.
    fn reader(&self) -> RecurrentConfig {
        RecurrentConfig::new(self.embedding, self.encoder_units, Cell::Gru).with_bidirectional(true)
    }
}

impl NetworkConfig for TranslatorConfig {
    type Network = Translator;

    fn validate(&self) -> Result<(), ArchitectureError> {
        let sizes = [
            ("the tokens of the source", self.source_tokens, MAX_TOKENS),
            ("the tokens of the target", self.target_tokens, MAX_TOKENS),
            ("the values of an embedding", self.embedding, MAX_WIDTH),
            ("the units of the encoder", self.encoder_units, MAX_WIDTH),
            ("the units of the decoder", self.hidden, MAX_WIDTH),
        ];
        for (what, size, most) in sizes {
            let least = if most == MAX_TOKENS { END + 2 } else { 1 };
            check_size(|| what.into(), size, least..=most)?;
        }
        check_dropout(|| "the dropout rate".into(), self.dropout)?;
        let parameters = self.layers().parameters();
        check_size(|| "the parameters".into(), parameters, 1..=MAX_PARAMETERS)
    }

    fn init(&self, device: &Device) -> Translator {
        let network = self.blank(device);
        draw_parameters(&network);
        network
    }

    fn blank(&self, device: &Device) -> Translator {
        Translator {
            encoder: Encoder::new(self, device),
            decoder: Decoder::new(self, device),
        }
    }

    /// For a sentence of one token.
    fn layers(&self) -> LayerTable {
        let Self {
            source_tokens,
            target_tokens,
            embedding,
            encoder_units: units,
            hidden,
            ..
        } = *self;
        let connection = |[from, to]: [usize; 2]| (from.saturating_add(1)).saturating_mul(to);
        let seen = hidden.saturating_add(2 * units);
        let mut table = LayerTable::default();
        let read = source_tokens.saturating_mul(embedding);
        table.push("Embedding", "source_embedding", vec![embedding], read);
        let both = GatedUnit::parameters([embedding, units]).saturating_mul(2);
        table.push("Bidirectional", "bidirectional_gru", vec![2 * units], both);
        let keys = (2 * units).saturating_mul(hidden);
        table.push("Dense", "keys", vec![hidden], keys);
        let bridge = connection([2 * units, 2 * hidden]);
        table.push("Dense", "bridge", vec![2 * hidden], bridge);
        let said = target_tokens.saturating_mul(embedding);
        table.push("Embedding", "target_embedding", vec![embedding], said);
        let first = GatedUnit::parameters([embedding, hidden]);
        table.push("GRU", "gru", vec![hidden], first);
        table.push("Attention", "attention", vec![2 * units], 0);
        let second = GatedUnit::parameters([seen, hidden]);
        table.push("GRU", "gru", vec![hidden], second);
        table.push(
            "Dense",
            "output",
            vec![embedding],
            connection([seen, embedding]),
        );
        table.push("Logits", "logits", vec![target_tokens], target_tokens);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Words(self.source_tokens)
    }
}

/// Embeddings N(0, 0.1).
fn embedding(tokens: usize, width: usize, device: &Device) -> Embedding {
    EmbeddingConfig::new(tokens, width)
        .with_initializer(Initializer::Normal {
            mean: 0.0,
            std: 0.1,
        })
        .init(device)
}

/// What a translator learns from.
#[derive(Clone, Debug)]
pub struct TranslationInput {
    /// What is read.
    pub source: Sentences,
    /// What was said before each token, `[steps, batch]`: [`START`], then the translation.
    pub before: Tensor<2, Int>,
    /// Where the network hears its own guess instead, `[steps, batch]`.
    pub replaced: Option<Tensor<2, Bool>>,
}

/// What a translator makes of sentences whose translations are known.
#[derive(Clone, Debug)]
pub struct Translation {
    /// Of each next token, `[steps * batch, tokens]`, step by step.
    pub logits: Tensor<2>,
    /// Where it looked, `[batch, steps, steps of the sentence]`; each row sums to 1.
    pub attention: Tensor<3>,
}

/// An encoder and a decoder with attention. Built by a [`TranslatorConfig`].
#[derive(Module, Debug)]
pub struct Translator {
    encoder: Encoder,
    decoder: Decoder,
}

impl Translator {
    /// What the decoder looks at, and its state before it says anything.
    pub fn encode(&self, source: &Sentences) -> (Memory, State) {
        let (memory, start) = self.encoder.encode(source);
        (memory, State::new(start))
    }

    /// What it says after one more token.
    ///
    /// # Shapes
    /// - `before`: `[batch]`
    pub fn step(&self, memory: &Memory, state: State, before: Tensor<1, Int>) -> Said {
        self.decoder.step(memory, state, before)
    }
}

impl Network for Translator {
    type Input = TranslationInput;
    type Output = Translation;

    /// Every step at once. Where `replaced` says so, a token of the known translation is replaced by what the
    /// network itself thought most probable there: scheduled sampling (Bengio et al. 2015,
    /// <https://arxiv.org/abs/1506.03099>) in two passes (Mihaylova and Martins 2019,
    /// <https://arxiv.org/abs/1906.07651>), the first of which hears the known translation.
    ///
    /// # Shapes
    /// See [`TranslationInput`] and [`Translation`].
    fn forward(&self, input: TranslationInput) -> Translation {
        let (memory, start) = self.encoder.encode(&input.source);
        let mut before = input.before;
        if let Some(replaced) = input.replaced {
            let [steps, batch] = before.dims();
            let (logits, _) = self.decoder.decode(&memory, start.clone(), before.clone());
            let guesses: Tensor<2, Int> = logits.argmax(1).reshape([steps, batch]);
            let first = before.clone().narrow(0, 0, 1);
            let guesses = Tensor::cat(vec![first, guesses.narrow(0, 0, steps - 1)], 0);
            before = before.mask_where(replaced, guesses);
        }
        let (logits, attention) = self.decoder.decode(&memory, start, before);
        Translation { logits, attention }
    }
}
