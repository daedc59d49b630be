//! Global pooling: each feature map to its mean, or to its mean and its maximum (Lin, Chen and Yan 2014,
//! <https://arxiv.org/abs/1312.4400>).

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};

/// Configuration of global average pooling, with or without the maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalPoolingConfig {
    /// Whether the maximum of each map follows the means: the mean measures what is weak everywhere, the maximum what is
    /// strong somewhere.
    pub with_maximum: bool,
}

impl LayerConfig for GlobalPoolingConfig {
    type Module = GlobalPooling;

    fn kind(&self) -> (&'static str, &'static str) {
        if self.with_maximum {
            ("GlobalAverageMaxPooling2D", "global_average_max_pooling2d")
        } else {
            ("GlobalAveragePooling2D", "global_average_pooling2d")
        }
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        let [channels, ..] = input.maps(name, "the maps were flattened before: flatten once")?;
        let per_channel = if self.with_maximum { 2 } else { 1 };
        Ok(FeatureShape::Vector(per_channel * channels))
    }

    fn init(
        &self,
        _input: FeatureShape,
        _initializer: &Initializer,
        _device: &Device,
    ) -> GlobalPooling {
        GlobalPooling {
            with_maximum: self.with_maximum,
        }
    }
}

/// Global pooling. Built by a [`GlobalPoolingConfig`].
#[derive(Module, Debug)]
pub struct GlobalPooling {
    #[module(skip)]
    with_maximum: bool,
}

impl GlobalPooling {
    /// Pools each feature map.
    ///
    /// # Shapes
    /// - `maps`: `[batch, channels, height, width]`
    /// - output: `[batch, channels]`, or `[batch, 2 * channels]` with the maxima
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<2> {
        let maps = maps.flatten::<3>(2, 3);
        if !self.with_maximum {
            return maps.mean_dim(2).squeeze_dim(2);
        }
        let both = vec![maps.clone().mean_dim(2), maps.max_dim(2)];
        Tensor::cat(both, 1).squeeze_dim(2)
    }
}

impl LayerModule for GlobalPooling {
    fn apply(&self, input: Features) -> Features {
        Features::Vector(self.forward(input.into_maps()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Two maps of 2 x 2: means 2.5 and 0, maxima 4 and 3.
    #[test]
    fn output_is_the_mean_and_the_maximum_of_each_map() {
        let device = Device::flex();
        let maps = Tensor::from_floats(
            [[[[1.0, 2.0], [3.0, 4.0]], [[-1.0, -2.0], [0.0, 3.0]]]],
            &device,
        );
        let input = FeatureShape::Maps([2, 2, 2]);
        for (with_maximum, expected) in [(false, &[2.5, 0.0][..]), (true, &[2.5, 0.0, 4.0, 3.0])] {
            let config = GlobalPoolingConfig { with_maximum };
            let layer = config.init(input, &Initializer::Zeros, &device);
            let output: Vec<f32> = layer
                .forward(maps.clone())
                .into_data()
                .try_to_vec()
                .unwrap();
            assert_eq!(output, expected);
            let shape = config.output_shape("it", input).unwrap();
            assert_eq!(shape, FeatureShape::Vector(expected.len()));
        }
    }
}
