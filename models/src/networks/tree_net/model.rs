//! The recursive network.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Initializer, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use super::composition::{self, Composition};
use super::forest::Forest;
use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::initialization::{draw_parameters, glorot_uniform};
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;
use crate::limits::MAX_PARAMETERS;
use crate::network::{InputShape, Network, NetworkConfig, ZooEntry};

/// Largest length of a word's or phrase's vector that is built.
const MAX_WIDTH: usize = 4096;

/// Largest number of classes that is built.
const MAX_CLASSES: usize = 1000;

/// Largest vocabulary that is built.
const MAX_VOCABULARY: usize = 1_000_000;

/// Bound of the uniform distribution from which word vectors are drawn.
const WORD_RANGE: f64 = 0.05;

/// Options of networks over trees; by default none is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeOptions {
    /// Composition of two vectors into one.
    pub composition: Option<Composition>,
}

/// Configuration of a [`TreeNet`].
#[derive(Config, Debug, PartialEq)]
pub struct TreeNetConfig {
    /// Composition of two vectors into one.
    pub composition: Composition,
    /// Size of the vocabulary, the unknown word included.
    pub vocabulary: usize,
    /// Length of a word's vector.
    pub embedding: usize,
    /// Length of a phrase's vector; with [`Composition::Plain`] the same as of a word's.
    pub hidden: usize,
    /// Number of classes.
    pub classes: usize,
    /// Dropout rate of word vectors before composition, and of all vectors before classification.
    #[config(default = 0.0)]
    pub dropout: f64,
}

impl TreeNetConfig {
    /// Returns the network of `sentiment-tree`: a Tree-LSTM with word vectors of 300 and phrase vectors of 150
    /// numbers, as in Tai et al. 2015.
    pub fn tree_lstm(vocabulary: usize, classes: usize) -> Self {
        Self::new(Composition::TreeLstm, vocabulary, 300, 150, classes).with_dropout(0.5)
    }

    /// Returns the network of `sentiment-tree --network plain`: vectors of 50 numbers.
    pub fn plain(vocabulary: usize, classes: usize) -> Self {
        Self::new(Composition::Plain, vocabulary, 50, 50, classes).with_dropout(0.2)
    }

    /// Returns the network with another composition, and the sizes that go with it.
    fn with_default_sizes(self, composition: Composition) -> Self {
        if composition == self.composition {
            return self;
        }
        match composition {
            Composition::Plain => Self::plain(self.vocabulary, self.classes),
            Composition::TreeLstm => Self::tree_lstm(self.vocabulary, self.classes),
        }
    }

    /// Returns input and output size of each dense layer: words, phrases, classes.
    fn sizes(&self) -> (Option<[usize; 2]>, [usize; 2], [usize; 2]) {
        let (words, phrases) = self.composition.gates();
        let words = (words > 0).then_some([self.embedding, words * self.hidden]);
        let phrases = [2 * self.hidden, phrases * self.hidden];
        (words, phrases, [self.hidden, self.classes])
    }

    /// Builds the network; `weights` returns the initialiser of a dense layer with the given number of inputs.
    fn build(
        &self,
        weights: impl Fn(usize) -> Initializer,
        embedding: Initializer,
        device: &Device,
    ) -> TreeNet {
        let (words, phrases, classes) = self.sizes();
        TreeNet {
            embedding: EmbeddingConfig::new(self.vocabulary, self.embedding)
                .with_initializer(embedding)
                .init(device),
            words: words.map(|sizes| linear(sizes, weights(self.embedding), device)),
            phrases: linear(phrases, weights(2 * self.hidden), device),
            classes: linear(classes, glorot_uniform(), device),
            dropout: DropoutConfig::new(self.dropout).init(),
            composition: self.composition,
        }
    }
}

impl NetworkConfig for TreeNetConfig {
    type Network = TreeNet;
    type Options = TreeOptions;

    fn with_options(self, options: &TreeOptions) -> Result<Self, ArchitectureError> {
        Ok(match options.composition {
            Some(composition) => self.with_default_sizes(composition),
            None => self,
        })
    }

    fn validate(&self) -> Result<(), ArchitectureError> {
        check_size(
            || "the vocabulary".into(),
            self.vocabulary,
            1..=MAX_VOCABULARY,
        )?;
        check_size(|| "a word's vector".into(), self.embedding, 1..=MAX_WIDTH)?;
        check_size(|| "a phrase's vector".into(), self.hidden, 1..=MAX_WIDTH)?;
        check_size(
            || "the number of classes".into(),
            self.classes,
            2..=MAX_CLASSES,
        )?;
        if self.composition == Composition::Plain {
            // A word's vector is composed like a phrase's.
            let only = self.embedding..=self.embedding;
            check_size(
                || "a phrase's vector of a plain network".into(),
                self.hidden,
                only,
            )?;
        }
        check_dropout(|| "the dropout".into(), self.dropout)?;
        let parameters = self.layers().parameters();
        check_size(
            || "the number of parameters".into(),
            parameters,
            1..=MAX_PARAMETERS,
        )
    }

    /// Builds the network and draws its weights.
    ///
    /// Each gate of a Tree-LSTM is drawn by Glorot's initialisation as if it were a layer of its own, and the biases of
    /// the forget gates are 1, so that a cell's memory is kept at first (Jozefowicz et al. 2015,
    /// <https://proceedings.mlr.press/v37/jozefowicz15.html>). A phrase of a plain network starts as the mean of its
    /// parts plus a little noise, as in the code of Socher et al.
    fn init(&self, device: &Device) -> TreeNet {
        let words = Initializer::Uniform {
            min: -WORD_RANGE,
            max: WORD_RANGE,
        };
        let hidden = self.hidden;
        let bound = |inputs: usize| match self.composition {
            Composition::TreeLstm => (6.0 / (inputs + hidden) as f64).sqrt(),
            Composition::Plain => 0.5 / (inputs as f64).sqrt(),
        };
        let uniform = |inputs| Initializer::Uniform {
            min: -bound(inputs),
            max: bound(inputs),
        };
        let mut network = self.build(uniform, words, device);
        match self.composition {
            Composition::TreeLstm => {
                let biases = (0..5 * hidden).map(|unit| {
                    let is_forget = (hidden..3 * hidden).contains(&unit);
                    f32::from(u8::from(is_forget))
                });
                let biases = TensorData::new(biases.collect::<Vec<f32>>(), [5 * hidden]);
                network.phrases.bias = Some(Param::from_data(biases, device));
            }
            Composition::Plain => {
                let noise = network.phrases.weight.val();
                let half = Tensor::<2>::eye(hidden, &noise.device()) * 0.5;
                let mean = Tensor::cat(vec![half.clone(), half], 0);
                network.phrases.weight = Param::from_tensor((noise + mean).detach());
            }
        }
        draw_parameters(&network);
        network
    }

    fn blank(&self, device: &Device) -> TreeNet {
        self.build(|_| Initializer::Zeros, Initializer::Zeros, device)
    }

    fn layers(&self) -> LayerTable {
        let network = self.blank(&Device::flex());
        let mut table = LayerTable::default();
        let parameters = network.embedding.num_params();
        table.push("Embedding", "embedding", vec![self.embedding], parameters);
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![self.embedding], 0);
        }
        if let Some(words) = &network.words {
            table.push("Gates", "words", vec![self.hidden], words.num_params());
        }
        let (kind, parameters) = (self.composition.kind(), network.phrases.num_params());
        table.push(kind, "phrases", vec![self.hidden], parameters);
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![self.hidden], 0);
        }
        let parameters = network.classes.num_params();
        table.push("Dense", "classes", vec![self.classes], parameters);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Words(self.vocabulary)
    }
}

impl ZooEntry for TreeNetConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![
            ("sentiment-tree", Self::tree_lstm(500, 5)),
            ("sentiment-tree-plain", Self::plain(500, 2)),
        ]
    }
}

/// Recursive network over binary trees. Built by a [`TreeNetConfig`].
#[derive(Module, Debug)]
pub struct TreeNet {
    embedding: Embedding,
    words: Option<Linear>,
    phrases: Linear,
    classes: Linear,
    dropout: Dropout,
    #[module(skip)]
    composition: Composition,
}

impl Network for TreeNet {
    type Input = Forest;
    type Output = Tensor<2>;

    /// Computes the logits of every word and phrase.
    ///
    /// # Shapes
    /// - `forest`: see [`Forest`]
    /// - output: `[nodes, classes]`, in the order of the forest's rows
    ///
    /// # Panics
    /// If the forest is empty, or the index of a word is not below the size of the vocabulary.
    fn forward(&self, forest: Forest) -> Tensor<2> {
        let words = self
            .embedding
            .forward(forest.words.clone().unsqueeze::<2>());
        let words = self.dropout.forward(words.squeeze_dim::<2>(0));
        let phrase = |parts| linear_forward(&self.phrases, parts, Activation::Identity);
        let states = match (self.composition, &self.words) {
            (Composition::TreeLstm, Some(gates)) => {
                let leaves =
                    composition::lstm_leaves(linear_forward(gates, words, Activation::Identity));
                forest.compose_all(leaves, |[states, cells]| {
                    composition::lstm_phrases(phrase(states), cells)
                })
            }
            _ => forest.compose_all([words], |[parts]| [phrase(parts).tanh()]),
        };
        linear_forward(
            &self.classes,
            self.dropout.forward(states),
            Activation::Identity,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Int;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let indices = |values: [i32; 2]| Tensor::<1, Int>::from_data(values, &device);
        // One tree of two words.
        let forest = Forest {
            words: indices([1, 2]),
            leaves: vec![2, 0],
            children: vec![indices([0, 1])],
        };
        for (composition, hidden) in [(Composition::Plain, 4), (Composition::TreeLstm, 3)] {
            let config = TreeNetConfig::new(composition, 7, 4, hidden, 5);
            let logits = config.init(&device).forward(forest.clone());
            assert_eq!(logits.dims(), [3, 5], "{composition:?}");
        }
    }
}
