//! The whole translator.

use burn::module::Module;
use burn::tensor::{Bool, Device, Int, Tensor};

use super::config::{END, TranslatorConfig};
use super::decoder::{Decoder, DecoderState, DecoderStep};
use super::encoder::{Encoder, Memory, Sentences};
use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::layers::table::LayerTable;
use crate::limits::MAX_PARAMETERS;
use crate::network::{InputShape, Network, NetworkConfig, NoOptions, ZooEntry};

/// Largest vocabulary that is built.
const MAX_TOKENS: usize = 1 << 20;
/// Largest embedding and layer that are built.
const MAX_WIDTH: usize = 1 << 14;

impl NetworkConfig for TranslatorConfig {
    type Network = Translator;
    type Options = NoOptions;

    fn validate(&self) -> Result<(), ArchitectureError> {
        let sizes = [
            ("the tokens of the source", self.source_tokens, MAX_TOKENS),
            ("the tokens of the target", self.target_tokens, MAX_TOKENS),
            ("the values of an embedding", self.embedding, MAX_WIDTH),
            ("the units of the encoder", self.encoder_units, MAX_WIDTH),
            ("the units of the decoder", self.hidden, MAX_WIDTH),
        ];
        for (what, size, most) in sizes {
            // A vocabulary has the three special tokens and a word.
            let least = if most == MAX_TOKENS { END + 2 } else { 1 };
            check_size(|| what.into(), size, least..=most)?;
        }
        check_dropout(|| "the dropout rate".into(), self.dropout)?;
        let parameters = self.layers().parameters();
        check_size(|| "the parameters".into(), parameters, 1..=MAX_PARAMETERS)
    }

    fn blank(&self, device: &Device) -> Translator {
        Translator {
            encoder: Encoder::new(self, device),
            decoder: Decoder::new(self, device),
        }
    }

    /// Returns the layer table for a sentence of one token.
    fn layers(&self) -> LayerTable {
        let Self {
            target_tokens,
            embedding,
            encoder_units: units,
            hidden,
            ..
        } = *self;
        let Translator { encoder, decoder } = self.blank(&Device::flex());
        let mut table = LayerTable::default();
        encoder.tabulate([embedding, units, hidden], &mut table);
        decoder.tabulate([embedding, 2 * units, hidden, target_tokens], &mut table);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Words(self.source_tokens)
    }
}

impl ZooEntry for TranslatorConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("translate", Self::new(500, 400))]
    }
}

/// Input of a translator in training.
#[derive(Clone, Debug)]
pub struct TranslationInput {
    /// Sentences to translate.
    pub source: Sentences,
    /// Previous token of each step, `[steps, batch]`: [`START`](super::START), then the known translation.
    pub previous: Tensor<2, Int>,
    /// Steps at which the network's own guess takes the place of the known token, `[steps, batch]`.
    pub sampled: Option<Tensor<2, Bool>>,
}

/// Output of a translator whose previous tokens are known.
#[derive(Clone, Debug)]
pub struct Translation {
    /// Logits of each next token, `[steps * batch, tokens]`, step by step.
    pub logits: Tensor<2>,
    /// Attention weights, `[batch, steps, source steps]`; each row sums to 1.
    pub attention: Tensor<3>,
}

/// Encoder and decoder with attention. Built by a [`TranslatorConfig`].
#[derive(Module, Debug)]
pub struct Translator {
    encoder: Encoder,
    decoder: Decoder,
}

impl Translator {
    /// Encodes sentences, and computes the decoder's initial state.
    pub fn encode(&self, source: &Sentences) -> (Memory, DecoderState) {
        let (memory, initial) = self.encoder.forward(source);
        (memory, DecoderState::from_initial(initial))
    }

    /// Decodes one step.
    ///
    /// # Shapes
    /// - `previous`: `[batch]`
    /// - output: see [`DecoderStep`]
    pub fn step(
        &self,
        memory: &Memory,
        state: DecoderState,
        previous: Tensor<1, Int>,
    ) -> DecoderStep {
        self.decoder.step(memory, state, previous)
    }
}

impl Network for Translator {
    type Input = TranslationInput;
    type Output = Translation;

    /// Decodes all steps of a known translation at once.
    ///
    /// Where `sampled` is set, the network's most probable token takes the place of the known one: scheduled sampling
    /// (Bengio et al. 2015, <https://arxiv.org/abs/1506.03099>) in two passes (Mihaylova and Martins 2019,
    /// <https://arxiv.org/abs/1906.07651>), the first of which decodes the known translation.
    ///
    /// # Shapes
    /// - `input`: see [`TranslationInput`]
    /// - output: see [`Translation`]
    fn forward(&self, input: TranslationInput) -> Translation {
        let (memory, initial) = self.encoder.forward(&input.source);
        let mut previous = input.previous;
        if let Some(sampled) = input.sampled {
            let [steps, batch] = previous.dims();
            let (logits, _) = self
                .decoder
                .forward(&memory, initial.clone(), previous.clone());
            let guesses: Tensor<2, Int> = logits.argmax(1).reshape([steps, batch]);
            let first = previous.clone().narrow(0, 0, 1);
            let guesses = Tensor::cat(vec![first, guesses.narrow(0, 0, steps - 1)], 0);
            previous = previous.mask_where(sampled, guesses);
        }
        let (logits, attention) = self.decoder.forward(&memory, initial, previous);
        Translation { logits, attention }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::translator::START;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let config = TranslatorConfig::new(9, 8)
            .with_embedding(4)
            .with_encoder_units(3)
            .with_hidden(5);
        let network = config.init(&device);
        let tokens = Tensor::<2, Int>::from_data([[3, 4], [5, 2], [2, 0]], &device);
        let source = Sentences {
            tokens,
            lengths: vec![3, 2],
        };
        let output = network.forward(TranslationInput {
            source: source.clone(),
            previous: Tensor::full([4, 2], START as i64, &device),
            sampled: None,
        });
        assert_eq!(output.logits.dims(), [4 * 2, 8]);
        assert_eq!(output.attention.dims(), [2, 4, 3]);

        let (memory, state) = network.encode(&source);
        assert_eq!(memory.steps(), 3);
        assert_eq!(memory.annotations.dims(), [2, 3, 6]);
        assert_eq!(memory.keys.dims(), [2, 5, 3]);
        assert_eq!(memory.mask.dims(), [2, 1, 3]);
        let step = network.step(&memory, state, Tensor::full([2], START as i64, &device));
        assert_eq!(step.logits.dims(), [2, 8]);
        assert_eq!(step.attention.dims(), [2, 3]);
    }
}
