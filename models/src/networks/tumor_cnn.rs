//! The chapter's deep network for brain-tumour images, `brain-tumor-cnn` (figure 10.7).

use burn::config::Config;
use burn::nn::Initializer;

use crate::error::ArchitectureError;
use crate::initialization::{he_uniform, small_normal};
use crate::layers::activation::Activation;
use crate::layers::layer::{Layer, normalized};
use crate::layers::normalization::Normalization;
use crate::layers::options::LayerOptions;
use crate::network::{MEDICAL_NOTICE, ZooEntry};
use crate::sequential::{SequentialConfig, SequentialNetwork};

/// Configuration of `brain-tumor-cnn`: nine convolutions and three dense layers, 4,447,044 parameters for 4 classes of
/// 150 x 150 colour images.
///
/// # Why the chapter's network never learns, and this one does
/// The layers are the chapter's; the initialisation is not. With Keras's default (Glorot) the difference between one
/// image and the next shrinks in every layer, because a ReLU passes half of the values and Glorot's variance does not
/// make up for it. After twelve layers, with inputs from 0 to 1, the logits of different images differ by 3e-4; with
/// Burn's default, which is smaller still, by 1e-6. The loss is then the same for every image, and so is its gradient:
/// the network learns the frequencies of the classes and nothing else (27 % accuracy in the book, 28 % when run again).
///
/// He's variance is larger by what a ReLU takes away, and the network learns. Max-pooling and dropout increase the
/// values; the weights after them are scaled down accordingly. Without this the values grow tenfold towards the output,
/// a tenth of them reaches ReLU6's bound, and validation accuracy is eight points behind after three epochs.
/// Standardised inputs have mean 0 and variance 1, as He's derivation assumes. A test prints the spread of the logits
/// for all three initialisations. He et al. 2015, <https://arxiv.org/abs/1502.01852>.
#[derive(Config, Debug, PartialEq)]
pub struct TumorCnnConfig {
    /// Shape of one image, `[channels, height, width]`.
    #[config(default = "[3, 150, 150]")]
    pub input: [usize; 3],
    /// Number of classes.
    #[config(default = 4)]
    pub classes: usize,
    /// Activation of the first seven convolutions.
    #[config(default = "Activation::Relu6")]
    pub activation: Activation,
    /// Normalisation between the sums and the activation of each layer.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// Initialiser of the weights.
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
            Layer::flatten(),
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

impl ZooEntry for TumorCnnConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("brain-tumor-cnn", Self::new())]
    }

    fn notice(&self) -> Option<&'static str> {
        Some(MEDICAL_NOTICE)
    }
}
