//! Our own network for tumour pictures, of the default experiment `brain-tumor`.
//!
//! Blocks of convolutions that keep the size, each with batch normalisation and a ReLU, and a max-pooling
//! after each block; then the mean and the largest value of each map, and one dense layer. A fraction of the
//! parameters of the chapter's network and a small part of its work, and it learns more: see
//! `docs/brain-tumor.md`. Several of them can answer together, and each for both sides of a picture. (Batch
//! normalisation: Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>; two convolutions of 3 x 3 in
//! a block: Simonyan and Zisserman 2015, <https://arxiv.org/abs/1409.1556>; mean of each map: Lin, Chen and
//! Yan 2014, <https://arxiv.org/abs/1312.4400>.)

use burn::config::Config;
use burn::nn::Initializer;
use burn::tensor::Device;

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::initialization::{he_uniform, small_normal};
use crate::layers::activation::Activation;
use crate::layers::normalization::Normalization;
use crate::layers::table::LayerTable;
use crate::network::{InputShape, NetworkConfig};
use crate::networks::ensemble::{Ensemble, EnsembleConfig};
use crate::sequential::{Layer, SequentialConfig};

/// `brain-tumor`, on grey pictures.
#[derive(Config, Debug, PartialEq)]
pub struct TumorNetConfig {
    /// The shape of one picture, `[channels, height, width]`.
    #[config(default = "[1, 128, 128]")]
    pub input: [usize; 3],
    /// How many classes there are.
    #[config(default = 4)]
    pub classes: usize,
    /// The maps of the first convolution, 5 x 5 with stride 2.
    #[config(default = 32)]
    pub stem: usize,
    /// The maps of the convolutions after it, block by block; a max-pooling halves the size between two
    /// blocks.
    #[config(default = "vec![vec![32], vec![64, 64], vec![96, 96], vec![128], vec![192]]")]
    pub blocks: Vec<Vec<usize>>,
    /// What is normalised between a convolution and its activation.
    #[config(default = "Some(Normalization::Batch)")]
    pub normalization: Option<Normalization>,
    /// The activation of the convolutions.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// The share of values zeroed before the dense layer while training.
    #[config(default = 0.4)]
    pub dropout: f64,
    /// How many such networks answer together.
    #[config(default = 1)]
    pub members: usize,
    /// Whether an answer is the mean of the logits for the picture and for its mirror image: it costs twice
    /// the time, and errs less.
    #[config(default = true)]
    pub mirrored: bool,
    /// How the weights start.
    #[config(default = "he_uniform()")]
    pub initializer: Initializer,
}

impl TumorNetConfig {
    /// The layers of one member.
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
            Layer::GlobalAverageMax,
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

    fn choose(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.refuse_all_but_layers()?;
        let (activation, normalization, initializer) =
            choices.of_fixed_sizes(self.activation, self.normalization, self.initializer)?;
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

    fn init(&self, device: &Device) -> Ensemble {
        self.ensemble().init(device)
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
