//! `eeg-conv`: a convolutional network over time, the baseline that recurrent ones must justify themselves against.
//!
//! Three convolutions of windows 7, 5 and 3 samples long, the mean of each map over time, and a dense layer: small
//! filters that slide along a recording as LeNet's slide over a picture (Kiranyaz et al. 2021,
//! <https://doi.org/10.1016/j.ymssp.2020.107398>, on such networks).

use burn::config::Config;

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::initialization::he_uniform;
use crate::layers::activation::Activation;
use crate::sequential::{Layer, SequentialConfig, SequentialNetwork};

/// A convolutional network for recordings.
#[derive(Config, Debug, PartialEq)]
pub struct SignalCnnConfig {
    /// The shape of one piece, `[electrodes, samples, 1]`.
    pub input: [usize; 3],
    /// How many classes there are.
    pub classes: usize,
}

impl SignalCnnConfig {
    /// For a second of the Bonn EEG: 178 samples; 23,042 parameters for two classes.
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
            Layer::GlobalAverage,
            Layer::dense(self.classes, Activation::Identity),
        ];
        SequentialConfig::new(self.input, he_uniform(), layers)
    }

    fn with_choices(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.refuse_all()?;
        Ok(self)
    }
}
