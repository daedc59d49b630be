//! Our own network for brain-tumour images, of the default experiment `brain-tumor`.
//!
//! Blocks of convolutions that keep the size, each with batch normalisation and a ReLU, and max-pooling after each block;
//! then the mean and the maximum of each feature map, and one dense layer. It has an eighth of the parameters of the
//! chapter's network and learns more: see `docs/brain-tumor.md`. Several of them can answer together, and each on both
//! the image and its mirror image.
//!
//! Batch normalisation: Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>. Blocks of 3 x 3 convolutions:
//! Simonyan and Zisserman 2015, <https://arxiv.org/abs/1409.1556>. Global average pooling: Lin, Chen and Yan 2014,
//! <https://arxiv.org/abs/1312.4400>.

use burn::config::Config;
use burn::nn::Initializer;
use burn::tensor::Device;

use crate::error::ArchitectureError;
use crate::initialization::{he_uniform, small_normal};
use crate::layers::activation::Activation;
use crate::layers::layer::Layer;
use crate::layers::normalization::Normalization;
use crate::layers::options::LayerOptions;
use crate::layers::table::LayerTable;
use crate::network::{InputShape, MEDICAL_NOTICE, NetworkConfig, ZooEntry};
use crate::networks::ensemble::{Ensemble, EnsembleConfig};
use crate::sequential::SequentialConfig;

/// Configuration of `brain-tumor`, on grey images.
#[derive(Config, Debug, PartialEq)]
pub struct TumorNetConfig {
    /// Shape of one image, `[channels, height, width]`.
    #[config(default = "[1, 128, 128]")]
    pub input: [usize; 3],
    /// Number of classes.
    #[config(default = 4)]
    pub classes: usize,
    /// Filters of the first convolution, 5 x 5 with stride 2.
    #[config(default = 32)]
    pub stem: usize,
    /// Filters of the other convolutions, block by block; max-pooling halves the size between two blocks.
    #[config(default = "vec![vec![32], vec![64, 64], vec![96, 96], vec![128], vec![192]]")]
    pub blocks: Vec<Vec<usize>>,
    /// Normalisation between each convolution and its activation.
    #[config(default = "Some(Normalization::Batch)")]
    pub normalization: Option<Normalization>,
    /// Activation of the convolutions.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// Dropout rate before the dense layer.
    #[config(default = 0.4)]
    pub dropout: f64,
    /// Number of networks that answer together.
    #[config(default = 1)]
    pub members: usize,
    /// Whether an answer is the mean of the logits for the image and its mirror image. This doubles the time and reduces
    /// the error.
    #[config(default = true)]
    pub mirrored: bool,
    /// Initialiser of the weights.
    #[config(default = "he_uniform()")]
    pub initializer: Initializer,
}

impl TumorNetConfig {
    /// Returns the layers of one member.
    pub fn sequential(&self) -> SequentialConfig {
        let stem = Layer::conv_same(self.stem, 5, self.activation).halving();
        let mut layers = stem.normalized(self.normalization);
        for (index, block) in self.blocks.iter().enumerate() {
            if index > 0 {
                layers.push(Layer::max_pool(2));
            }
            for &filters in block {
                let conv = Layer::conv_same(filters, 3, self.activation);
                layers.extend(conv.normalized(self.normalization));
            }
        }
        layers.extend([
            Layer::global_average_max(),
            Layer::dropout(self.dropout),
            Layer::dense(self.classes, Activation::Identity),
        ]);
        SequentialConfig {
            output: small_normal(),
            ..SequentialConfig::new(self.input, self.initializer.clone(), layers)
        }
    }

    fn ensemble(&self) -> EnsembleConfig {
        EnsembleConfig {
            member: self.sequential(),
            members: self.members,
            mirrored: self.mirrored,
        }
    }
}

impl NetworkConfig for TumorNetConfig {
    type Network = Ensemble;
    type Options = LayerOptions;

    fn with_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError> {
        let (activation, normalization, initializer) =
            options.for_fixed_sizes(self.activation, self.normalization, self.initializer)?;
        Ok(Self {
            activation,
            normalization,
            initializer,
            ..self
        })
    }

    fn validate(&self) -> Result<(), ArchitectureError> {
        self.ensemble().validate()
    }

    fn blank(&self, device: &Device) -> Ensemble {
        self.ensemble().blank(device)
    }

    fn layers(&self) -> LayerTable {
        self.ensemble().table()
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

impl ZooEntry for TumorNetConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![("brain-tumor", Self::new())]
    }

    fn notice(&self) -> Option<&'static str> {
        Some(MEDICAL_NOTICE)
    }
}
