//! Flattening: feature maps to one vector, value by value.

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};

/// Configuration of flattening.
#[derive(Clone, Debug, PartialEq)]
pub struct FlattenConfig;

impl LayerConfig for FlattenConfig {
    type Module = Flatten;

    fn kind(&self) -> (&'static str, &'static str) {
        ("Flatten", "flatten")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        input.maps(name, "the maps were flattened before: flatten once")?;
        Ok(FeatureShape::Vector(input.num_elements()))
    }

    fn init(&self, _input: FeatureShape, _initializer: &Initializer, _device: &Device) -> Flatten {
        Flatten {}
    }
}

/// Flattening. Built by a [`FlattenConfig`].
#[derive(Module, Debug)]
pub struct Flatten {}

impl Flatten {
    /// Flattens feature maps.
    ///
    /// # Shapes
    /// - `maps`: `[batch, channels, height, width]`
    /// - output: `[batch, channels * height * width]`
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<2> {
        maps.flatten(1, 3)
    }
}

impl LayerModule for Flatten {
    fn apply(&self, input: Features) -> Features {
        Features::Vector(self.forward(input.into_maps()))
    }
}
