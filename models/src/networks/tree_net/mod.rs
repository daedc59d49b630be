//! Recursive networks over binary parse trees: `sentiment-tree`.
//!
//! Every word has a vector, every phrase gets one from those of its two parts, and a softmax reads the
//! class of each word and phrase from its vector (chapter, section "Recursive neural network"). How two
//! vectors become one is a [`Composition`].
//!
//! Trees are not walked node by node: [`Forest`] has them as levels, each of which is one matrix product.
//!
//! Names in a model file: `embedding.weight` `[vocabulary, embedding]`, `words.weight`, `words.bias` (where
//! a word's vector is not its state), `phrases.weight`, `phrases.bias`, `classes.weight`, `classes.bias`;
//! dense weights have Burn's shape `[in, out]`.

mod composition;
mod forest;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Initializer, Linear};
use burn::tensor::{Device, Tensor, TensorData};

pub use composition::Composition;
pub use forest::Forest;

use crate::choices::Choices;
use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::initialization::{draw_parameters, glorot_uniform};
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;
use crate::limits::MAX_PARAMETERS;
use crate::network::{InputShape, Network, NetworkConfig};

/// The most numbers of a word's or a phrase's vector.
const MAX_WIDTH: usize = 4096;

/// The most classes.
const MAX_CLASSES: usize = 1000;

/// The most words that are known, the unknown one included.
const MAX_VOCABULARY: usize = 1_000_000;

/// Words start as vectors of values within this, as a word's meaning is learned from nothing.
const WORD_RANGE: f64 = 0.05;

/// A recursive network over binary trees.
#[derive(Config, Debug, PartialEq)]
pub struct TreeNetConfig {
    /// How two phrases become one.
    pub composition: Composition,
    /// How many words are known, the unknown one included.
    pub vocabulary: usize,
    /// The numbers of a word's vector.
    pub embedding: usize,
    /// The numbers of a phrase's vector; those of a word's in a plain network.
    pub hidden: usize,
    /// How many classes there are.
    pub classes: usize,
    /// The share of each vector's values that is zeroed while training: of the words before they are
    /// composed, and of all phrases before they are classified.
    #[config(default = 0.0)]
    pub dropout: f64,
}

impl TreeNetConfig {
    /// `sentiment-tree`: the Tree-LSTM with word vectors of 300 and phrases of 150 numbers, as Tai et al. have
    /// them.
    pub fn tree_lstm(vocabulary: usize, classes: usize) -> Self {
        Self::new(Composition::TreeLstm, vocabulary, 300, 150, classes).with_dropout(0.5)
    }

    /// `sentiment-tree --network plain`: vectors of 50 numbers.
    pub fn plain(vocabulary: usize, classes: usize) -> Self {
        Self::new(Composition::Plain, vocabulary, 50, 50, classes).with_dropout(0.2)
    }

    /// The same network with another composition, and the sizes that go with it.
    fn with_its_sizes(self, composition: Composition) -> Self {
        if composition == self.composition {
            return self;
        }
        match composition {
            Composition::Plain => Self::plain(self.vocabulary, self.classes),
            Composition::TreeLstm => Self::tree_lstm(self.vocabulary, self.classes),
        }
    }

    /// Input and output of each dense layer: words, phrases, classes.
    fn sizes(&self) -> (Option<[usize; 2]>, [usize; 2], [usize; 2]) {
        let (words, phrases) = self.composition.gates();
        let words = (words > 0).then_some([self.embedding, words * self.hidden]);
        let phrases = [2 * self.hidden, phrases * self.hidden];
        (words, phrases, [self.hidden, self.classes])
    }

    fn build(
        &self,
        weights: impl Fn(usize) -> Initializer,
        words: Initializer,
        device: &Device,
    ) -> TreeNet {
        let (of_words, of_phrases, of_classes) = self.sizes();
        TreeNet {
            embedding: EmbeddingConfig::new(self.vocabulary, self.embedding)
                .with_initializer(words)
                .init(device),
            words: of_words.map(|sizes| linear(sizes, weights(self.embedding), device)),
            phrases: linear(of_phrases, weights(2 * self.hidden), device),
            classes: linear(of_classes, glorot_uniform(), device),
            dropout: DropoutConfig::new(self.dropout).init(),
            composition: self.composition,
        }
    }
}

impl NetworkConfig for TreeNetConfig {
    type Network = TreeNet;

    fn choose(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        let rest = Choices {
            composition: None,
            ..choices.clone()
        };
        rest.refuse_all()?;
        Ok(match choices.composition {
            Some(composition) => self.with_its_sizes(composition),
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
            // A word is a phrase, too.
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

    /// The gates of the Tree-LSTM start Glorot's way, each as a layer of its own, and the forget gates'
    /// biases at 1, so that a cell's memory is handed on at first (Jozefowicz et al. 2015,
    /// <https://proceedings.mlr.press/v37/jozefowicz15.html>). A plain phrase starts as the mean of its parts
    /// and a little noise, as in the code of Socher et al.
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
        let count =
            |[inputs, outputs]: [usize; 2]| (inputs.saturating_add(1)).saturating_mul(outputs);
        let (words, phrases, classes) = self.sizes();
        let mut table = LayerTable::default();
        let embedding = self.vocabulary.saturating_mul(self.embedding);
        table.push("Embedding", "embedding", vec![self.embedding], embedding);
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![self.embedding], 0);
        }
        if let Some(words) = words {
            table.push("Gates", "words", vec![self.hidden], count(words));
        }
        table.push(
            self.composition.kind(),
            "phrases",
            vec![self.hidden],
            count(phrases),
        );
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![self.hidden], 0);
        }
        table.push("Dense", "classes", vec![self.classes], count(classes));
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Words(self.vocabulary)
    }
}

/// A recursive network over binary trees. Built by a [`TreeNetConfig`].
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

    /// # Shapes
    /// - `forest`: n nodes in all
    /// - output: `[n, classes]`, the logits of every word and phrase, in the order of the forest's rows
    ///
    /// # Panics
    /// If the forest has no tree, or a word's number is not below the size of the vocabulary.
    fn forward(&self, forest: Forest) -> Tensor<2> {
        let words = self
            .embedding
            .forward(forest.words.clone().unsqueeze::<2>());
        let words = self.dropout.forward(words.squeeze_dim::<2>(0));
        let phrase = |parts| linear_forward(&self.phrases, parts, Activation::Identity);
        let states = match (self.composition, &self.words) {
            (Composition::TreeLstm, Some(gates)) => {
                let leaves =
                    composition::lstm_words(linear_forward(gates, words, Activation::Identity));
                forest.climb(leaves, |[states, cells]| {
                    composition::lstm_phrases(phrase(states), cells)
                })
            }
            _ => forest.climb([words], |[parts]| [phrase(parts).tanh()]),
        };
        linear_forward(
            &self.classes,
            self.dropout.forward(states),
            Activation::Identity,
        )
    }
}
