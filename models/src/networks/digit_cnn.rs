//! The convolutional network for digits, `mnist-cnn`.
//!
//! One convolution of 32 windows of 3 x 3, its maps flattened, a hidden layer and the logits, as
//! in the chapter's section on MNIST. Convolutional networks for digits: LeCun et al. 1998,
//! <https://doi.org/10.1109/5.726791>.

use burn::config::Config;
use burn::nn::Initializer;

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::normalization::Normalization;
use crate::sequential::{Layer, SequentialConfig, SequentialNetwork, normalized};

/// `mnist-cnn`: 2,770,634 parameters as it stands.
#[derive(Config, Debug, PartialEq)]
pub struct DigitCnnConfig {
    /// The shape of one picture, `[channels, height, width]`.
    #[config(default = "[1, 28, 28]")]
    pub input: [usize; 3],
    /// How many classes there are.
    #[config(default = 10)]
    pub classes: usize,
    /// The activation of the convolution and of the hidden layer.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// What is normalised in each layer, between its sums and its activation.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// How the weights start: Glorot's way, as in Keras.
    #[config(default = "glorot_uniform()")]
    pub initializer: Initializer,
}

impl SequentialNetwork for DigitCnnConfig {
    fn sequential(&self) -> SequentialConfig {
        let layers = vec![
            Layer::conv(32, 3, self.activation),
            Layer::Flatten,
            Layer::dense(128, self.activation),
            Layer::dense(self.classes, Activation::Identity),
        ];
        let layers = normalized(layers, self.normalization);
        SequentialConfig::new(self.input, self.initializer.clone(), layers)
    }

    fn with_choices(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        let (activation, normalization, initializer) =
            choices.of_fixed_sizes(self.activation, self.normalization, self.initializer)?;
        Ok(Self {
            activation,
            normalization,
            initializer,
            ..self
        })
    }
}
