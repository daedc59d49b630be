//! Our own small network for tumour pictures, of the default experiment `brain-tumor`.
//!
//! Three times a convolution that keeps the size, a ReLU and a max-pooling, then a hidden layer:
//! a quarter of the parameters of the chapter's network and a small part of its work, and it
//! learns more.

use burn::config::Config;
use burn::nn::Initializer;

use crate::activation::Activation;
use crate::sequential::{Layer, SequentialConfig, SequentialNetwork, he_uniform, small_normal};

/// `brain-tumor`: 1,141,892 parameters for 4 classes of 64 x 64 grey pictures.
#[derive(Config, Debug, PartialEq)]
pub struct TumorNetConfig {
    /// The shape of one picture, `[channels, height, width]`.
    #[config(default = "[1, 64, 64]")]
    pub input: [usize; 3],
    /// How many classes there are.
    #[config(default = 4)]
    pub classes: usize,
    /// The maps of each convolution; each halves the size after it.
    #[config(default = "vec![32, 64, 128]")]
    pub filters: Vec<usize>,
    /// The units of the hidden layer.
    #[config(default = 128)]
    pub hidden: usize,
    /// The activation of the convolutions and of the hidden layer.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// The share of values zeroed before and after the hidden layer while training.
    #[config(default = 0.3)]
    pub dropout: f64,
    /// How the weights start.
    #[config(default = "he_uniform()")]
    pub initializer: Initializer,
}

impl SequentialNetwork for TumorNetConfig {
    fn sequential(&self) -> SequentialConfig {
        let mut layers = Vec::with_capacity(2 * self.filters.len() + 5);
        for &filters in &self.filters {
            layers.push(Layer::conv_same(filters, 3, self.activation));
            layers.push(Layer::max_pool(2));
        }
        layers.extend([
            Layer::Flatten,
            Layer::dropout(self.dropout),
            Layer::dense(self.hidden, self.activation),
            Layer::dropout(self.dropout),
            Layer::dense(self.classes, Activation::Identity),
        ]);
        SequentialConfig {
            input: self.input,
            initializer: self.initializer.clone(),
            output: small_normal(),
            layers,
        }
    }
}
