//! Residual network with attention pooling for brain-tumour images, `brain-tumor-resnet`.
//!
//! Each stage is a strided convolution, which halves the size, and a residual block of two convolutions. Attention weights
//! the positions of the last maps, so that a small tumour is not averaged away, and a dense layer classifies their
//! weighted mean.
//!
//! Residual blocks: He et al. 2016, <https://arxiv.org/abs/1512.03385>. Attention pooling: Ilse, Tomczak and Welling 2018,
//! <https://arxiv.org/abs/1802.04712>.

use burn::config::Config;
use burn::nn::Initializer;

use crate::error::ArchitectureError;
use crate::initialization::{he_uniform, small_normal};
use crate::layers::activation::Activation;
use crate::layers::layer::Layer;
use crate::layers::normalization::Normalization;
use crate::layers::options::LayerOptions;
use crate::network::{MEDICAL_NOTICE, ZooEntry};
use crate::sequential::{SequentialConfig, SequentialNetwork};

/// Configuration of `brain-tumor-resnet`, on grey images.
#[derive(Config, Debug, PartialEq)]
pub struct TumorResNetConfig {
    /// Shape of one image, `[channels, height, width]`.
    #[config(default = "[1, 128, 128]")]
    pub input: [usize; 3],
    /// Number of classes.
    #[config(default = 4)]
    pub classes: usize,
    /// Filters of each stage.
    #[config(default = "vec![32, 64, 96, 128]")]
    pub stages: Vec<usize>,
    /// Hidden units of the attention.
    #[config(default = 64)]
    pub attention: usize,
    /// Normalisation between each convolution and its activation.
    #[config(default = "Some(Normalization::Batch)")]
    pub normalization: Option<Normalization>,
    /// Activation of the convolutions.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// Dropout rate before the dense layer.
    #[config(default = 0.4)]
    pub dropout: f64,
    /// Initialiser of the weights.
    #[config(default = "he_uniform()")]
    pub initializer: Initializer,
}

impl SequentialNetwork for TumorResNetConfig {
    fn sequential(&self) -> SequentialConfig {
        let mut layers = Vec::new();
        for (stage, &filters) in self.stages.iter().enumerate() {
            let kernel = if stage == 0 { 5 } else { 3 };
            let halving = Layer::conv_same(filters, kernel, self.activation).halving();
            layers.extend(halving.normalized(self.normalization));
            let conv = |activation| Layer::conv_same(filters, 3, activation);
            let mut block = conv(self.activation).normalized(self.normalization);
            block.extend(conv(Activation::Identity).normalized(self.normalization));
            layers.push(Layer::residual(block));
        }
        layers.extend([
            Layer::attention_pooling(self.attention),
            Layer::dropout(self.dropout),
            Layer::dense(self.classes, Activation::Identity),
        ]);
        SequentialConfig {
            output: small_normal(),
            ..SequentialConfig::new(self.input, self.initializer.clone(), layers)
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

impl ZooEntry for TumorResNetConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("brain-tumor-resnet", Self::new())]
    }

    fn notice(&self) -> Option<&'static str> {
        Some(MEDICAL_NOTICE)
    }
}
