//! `eeg-conv`: a convolutional network over time, the baseline of the recurrent ones.
//!
//! Three convolutions with windows of 7, 5 and 3 samples, global average pooling over time, and a dense layer (Kiranyaz et
//! al. 2021, <https://doi.org/10.1016/j.ymssp.2020.107398>, review such networks).

use burn::config::Config;

use crate::error::ArchitectureError;
use crate::initialization::he_uniform;
use crate::layers::activation::Activation;
use crate::layers::layer::Layer;
use crate::layers::options::LayerOptions;
use crate::network::ZooEntry;
use crate::sequential::{SequentialConfig, SequentialNetwork};

/// Configuration of a convolutional network for recordings.
#[derive(Config, Debug, PartialEq)]
pub struct SignalCnnConfig {
    /// Shape of one segment, `[electrodes, samples, 1]`.
    pub input: [usize; 3],
    /// Number of classes.
    pub classes: usize,
}

impl SignalCnnConfig {
    /// Creates the network for one second of the Bonn EEG, 178 samples: 23,042 parameters for two classes.
    pub fn eeg(classes: usize) -> Self {
        Self::new([1, 178, 1], classes)
    }
}

impl SequentialNetwork for SignalCnnConfig {
    fn sequential(&self) -> SequentialConfig {
        let layers = vec![
            Layer::conv_same(32, 7, Activation::Relu),
            Layer::conv_same(64, 5, Activation::Relu),
            Layer::conv_same(64, 3, Activation::Relu),
            Layer::global_average(),
            Layer::dense(self.classes, Activation::Identity),
        ];
        SequentialConfig::new(self.input, he_uniform(), layers)
    }

    fn with_layer_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError> {
        options.refuse_all()?;
        Ok(self)
    }
}

impl ZooEntry for SignalCnnConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("eeg-conv", Self::eeg(2))]
    }
}
