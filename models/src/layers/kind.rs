//! The interface of a kind of layer: a configuration that checks sizes and builds a module.

use burn::module::{Module, ModuleDisplay};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::table::LayerTable;

/// Shape of the features of one example, without the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureShape {
    /// Feature maps, `[channels, height, width]`.
    Maps([usize; 3]),
    /// A feature vector of this length.
    Vector(usize),
}

impl FeatureShape {
    /// Returns the number of channels of maps, or the length of a vector.
    pub fn channels(self) -> usize {
        match self {
            Self::Maps([channels, ..]) => channels,
            Self::Vector(units) => units,
        }
    }

    /// Returns the number of values, saturating.
    pub fn num_elements(self) -> usize {
        match self {
            Self::Maps(sizes) => sizes.into_iter().fold(1, usize::saturating_mul),
            Self::Vector(units) => units,
        }
    }

    /// Returns the sizes in Keras's order: `[height, width, channels]`, or `[units]`.
    pub fn channels_last(self) -> Vec<usize> {
        match self {
            Self::Maps([channels, height, width]) => vec![height, width, channels],
            Self::Vector(units) => vec![units],
        }
    }

    /// Returns `[channels, height, width]`.
    ///
    /// # Errors
    /// Says that `layer` cannot follow a vector, for `reason`.
    pub fn maps(self, layer: &str, reason: &'static str) -> Result<[usize; 3], ArchitectureError> {
        match self {
            Self::Maps(sizes) => Ok(sizes),
            Self::Vector(_) => Err(misplaced(layer, reason)),
        }
    }

    /// Returns the length of a vector.
    ///
    /// # Errors
    /// Says that `layer` cannot follow feature maps, for `reason`.
    pub fn vector(self, layer: &str, reason: &'static str) -> Result<usize, ArchitectureError> {
        match self {
            Self::Vector(units) => Ok(units),
            Self::Maps(_) => Err(misplaced(layer, reason)),
        }
    }
}

fn misplaced(layer: &str, reason: &'static str) -> ArchitectureError {
    ArchitectureError::Misplaced {
        layer: layer.to_owned(),
        reason,
    }
}

/// Features of a batch of examples, between two layers.
#[derive(Clone, Debug)]
pub enum Features {
    /// Feature maps, `[batch, channels, height, width]`.
    Maps(Tensor<4>),
    /// Feature vectors, `[batch, units]`.
    Vector(Tensor<2>),
}

impl Features {
    /// Returns the feature maps, `[batch, channels, height, width]`.
    ///
    /// # Panics
    /// If these are vectors: [`LayerConfig::output_shape`] refuses such a list of layers.
    pub fn into_maps(self) -> Tensor<4> {
        match self {
            Self::Maps(maps) => maps,
            Self::Vector(_) => {
                panic!("validate the configuration first: a layer of maps got vectors")
            }
        }
    }

    /// Returns the feature vectors, `[batch, units]`.
    ///
    /// # Panics
    /// If these are maps: [`LayerConfig::output_shape`] refuses such a list of layers.
    pub fn into_vector(self) -> Tensor<2> {
        match self {
            Self::Vector(vector) => vector,
            Self::Maps(_) => {
                panic!("validate the configuration first: a layer of vectors got maps")
            }
        }
    }

    /// Returns the shape of one example.
    pub fn shape(&self) -> FeatureShape {
        match self {
            Self::Maps(maps) => {
                let [_, channels, height, width] = maps.dims();
                FeatureShape::Maps([channels, height, width])
            }
            Self::Vector(vector) => FeatureShape::Vector(vector.dims()[1]),
        }
    }
}

/// Configuration of one kind of layer.
pub trait LayerConfig {
    /// The module that it builds.
    type Module: LayerModule;

    /// Returns the kind as the layer table prints it, and the stem of the layer's name there:
    /// `("Conv2D", "conv2d")`.
    fn kind(&self) -> (&'static str, &'static str);

    /// Checks every size and returns the shape of the output. Errors call the layer `name`.
    ///
    /// # Errors
    /// When the layer cannot be built, or cannot follow features of this shape.
    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError>;

    /// Builds the module for an input that [`output_shape`](Self::output_shape) accepts. Its weights are drawn when
    /// they are first used.
    fn init(&self, input: FeatureShape, initializer: &Initializer, device: &Device)
    -> Self::Module;

    /// Returns the mean square of the output, where that of the input is `input`: both are multiples of what the last
    /// layer of weights was meant to give.
    fn mean_square(&self, input: f64) -> f64 {
        input
    }

    /// Returns the number of parameters, running statistics included. Nothing is allocated for the weights.
    fn num_params(&self, input: FeatureShape) -> usize {
        self.init(input, &Initializer::Zeros, &Device::flex())
            .num_params()
    }

    /// Adds the layer to the layer table.
    fn tabulate(&self, input: FeatureShape, output: FeatureShape, table: &mut LayerTable) {
        let module = self.init(input, &Initializer::Zeros, &Device::flex());
        let (kind, stem) = self.kind();
        table.push(kind, stem, output.channels_last(), module.num_params());
        table.not_trained += module.num_statistics();
    }
}

/// A layer that maps features to features.
pub trait LayerModule: Module + ModuleDisplay {
    /// Applies the layer.
    ///
    /// # Panics
    /// If the features do not have the shape that the layer was built for.
    fn apply(&self, input: Features) -> Features;

    /// Returns how many of the parameters are running statistics, which no gradient trains.
    fn num_statistics(&self) -> usize {
        0
    }

    /// Applies layers one after the other. A type that knows its neighbours may compute several as one operation.
    fn apply_all(layers: &[Self], input: Features) -> Features {
        layers
            .iter()
            .fold(input, |features, layer| layer.apply(features))
    }
}
