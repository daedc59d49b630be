//! The chapter's deep network for tumour pictures, `brain-tumor-cnn` (figure 10.7).

use burn::config::Config;
use burn::nn::Initializer;

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::initialization::{he_uniform, small_normal};
use crate::layers::activation::Activation;
use crate::layers::normalization::Normalization;
use crate::sequential::{Layer, SequentialConfig, SequentialNetwork, normalized};

/// `brain-tumor-cnn`: nine convolutions and three dense layers, 4,447,044 parameters for 4 classes
/// of 150 x 150 colour pictures.
///
/// # Why the chapter's never learns, and this one does
/// The layers are the chapter's; how the weights start is not. With Keras's default (Glorot) the
/// difference between one picture and the next shrinks in every layer, because a ReLU passes only
/// half of what comes in and Glorot's weights do not make up for it: after twelve layers, with
/// inputs from 0 to 1, the logits of different pictures differ by 3e-4, and with Burn's default,
/// smaller still, by 1e-6. The loss is then the same for every picture, and so is its gradient:
/// the network learns how frequent each class is and nothing else (27 % in the book, 28 % when run
/// again). He's weights are larger, by just what a ReLU takes away, and it learns. What max-pooling
/// and dropout add to the values is taken off where the next weights are drawn: without that they
/// grow tenfold towards the output, a tenth of them meets ReLU6's bound, and validation accuracy is
/// eight points behind after three epochs. Standardised inputs give the first layer values around
/// zero with a spread of one, as He's derivation assumes; a test prints the spread of the logits for
/// all three starts. He et al. 2015, <https://arxiv.org/abs/1502.01852>.
#[derive(Config, Debug, PartialEq)]
pub struct TumorCnnConfig {
    /// The shape of one picture, `[channels, height, width]`.
    #[config(default = "[3, 150, 150]")]
    pub input: [usize; 3],
    /// How many classes there are.
    #[config(default = 4)]
    pub classes: usize,
    /// The activation of the first seven convolutions.
    #[config(default = "Activation::Relu6")]
    pub activation: Activation,
    /// What is normalised in each layer, between its sums and its activation.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// How the weights start.
    #[config(default = "he_uniform()")]
    pub initializer: Initializer,
}

impl SequentialNetwork for TumorCnnConfig {
    fn sequential(&self) -> SequentialConfig {
        let relu = Activation::Relu;
        let layers = vec![
            Layer::conv(32, 3, self.activation),
            Layer::conv(64, 3, self.activation),
            Layer::max_pool(2),
            Layer::dropout(0.3),
            Layer::conv(64, 3, self.activation),
            Layer::conv(64, 3, self.activation),
            Layer::dropout(0.3),
            Layer::max_pool(2),
            Layer::dropout(0.3),
            Layer::conv(128, 3, self.activation),
            Layer::conv(128, 3, self.activation),
            Layer::conv(128, 3, self.activation),
            Layer::max_pool(2),
            Layer::dropout(0.3),
            Layer::conv(128, 3, relu),
            Layer::conv(256, 3, relu),
            Layer::max_pool(2),
            Layer::dropout(0.3),
            Layer::Flatten,
            Layer::dense(512, relu),
            Layer::dense(512, relu),
            Layer::dropout(0.3),
            Layer::dense(self.classes, Activation::Identity),
        ];
        SequentialConfig {
            output: small_normal(),
            even_start: true,
            ..SequentialConfig::new(
                self.input,
                self.initializer.clone(),
                normalized(layers, self.normalization),
            )
        }
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
