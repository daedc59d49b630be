//! The convolutional network for digits, `mnist-cnn`.
//!
//! One convolution with 32 filters of 3 x 3, a hidden layer and the logits, as in the chapter's section on MNIST.
//! Convolutional networks for digits: LeCun et al. 1998, <https://doi.org/10.1109/5.726791>.

use burn::config::Config;
use burn::nn::Initializer;

use crate::error::ArchitectureError;
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::layer::{Layer, normalized};
use crate::layers::normalization::Normalization;
use crate::layers::options::LayerOptions;
use crate::network::ZooEntry;
use crate::sequential::{SequentialConfig, SequentialNetwork};

/// Configuration of `mnist-cnn`: 2,770,634 parameters by default.
#[derive(Config, Debug, PartialEq)]
pub struct DigitCnnConfig {
    /// Shape of one image, `[channels, height, width]`.
    #[config(default = "[1, 28, 28]")]
    pub input: [usize; 3],
    /// Number of classes.
    #[config(default = 10)]
    pub classes: usize,
    /// Activation of the convolution and of the hidden layer.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// Normalisation between the sums and the activation of each layer.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// Initialiser of the weights: Glorot's, as in Keras.
    #[config(default = "glorot_uniform()")]
    pub initializer: Initializer,
}

impl SequentialNetwork for DigitCnnConfig {
    fn sequential(&self) -> SequentialConfig {
        let layers = vec![
            Layer::conv(32, 3, self.activation),
            Layer::flatten(),
            Layer::dense(128, self.activation),
            Layer::dense(self.classes, Activation::Identity),
        ];
        let layers = normalized(layers, self.normalization);
        SequentialConfig::new(self.input, self.initializer.clone(), layers)
    }

    fn with_layer_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError> {
        let (activation, normalization, initializer) =
            options.for_fixed_sizes(self.activation, self.normalization, self.initializer)?;
        Ok(Self {
            activation,
            normalization,
            initializer,
            ..self
        })
    }
}

impl ZooEntry for DigitCnnConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("mnist-cnn", Self::new())]
    }
}
