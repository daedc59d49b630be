//! Attention pooling: feature maps to the weighted mean of their positions (Ilse, Tomczak and Welling 2018,
//! <https://arxiv.org/abs/1802.04712>, equations 7 and 8).
//!
//! With h_k the vector of all channels at position k,
//!
//! z = sum_k a_k h_k, a_k = softmax_k(w . tanh(V h_k))
//!
//! so that the network learns which positions decide. Equal weights make it global average pooling.
//!
//! Names in a model file: `hidden.weight` (V, `[channels, hidden]`) and `score.weight` (w, `[hidden, 1]`).

use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

use crate::error::{ArchitectureError, check_size};
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::linear_forward;
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::limits::MAX_UNITS;

/// Configuration of attention pooling.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionPoolingConfig {
    /// Number of rows of V.
    pub hidden: usize,
}

impl LayerConfig for AttentionPoolingConfig {
    type Module = AttentionPooling;

    fn kind(&self) -> (&'static str, &'static str) {
        ("AttentionPooling2D", "attention_pooling2d")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        let [channels, ..] = input.maps(name, "the maps were flattened before: flatten once")?;
        let what = || format!("hidden units of {name}");
        check_size(what, self.hidden, 1..=MAX_UNITS)?;
        Ok(FeatureShape::Vector(channels))
    }

    /// Both weights start as suits a tanh, whatever the network's other weights do.
    fn init(
        &self,
        input: FeatureShape,
        _initializer: &Initializer,
        device: &Device,
    ) -> AttentionPooling {
        // A bias of the scores would cancel in the softmax, and the paper's V has none.
        let linear = |inputs, outputs| {
            LinearConfig::new(inputs, outputs)
                .with_bias(false)
                .with_initializer(glorot_uniform())
                .init(device)
        };
        AttentionPooling {
            hidden: linear(input.channels(), self.hidden),
            score: linear(self.hidden, 1),
        }
    }
}

/// Attention pooling. Built by an [`AttentionPoolingConfig`].
#[derive(Module, Debug)]
pub struct AttentionPooling {
    hidden: Linear,
    score: Linear,
}

impl AttentionPooling {
    /// Pools the positions of feature maps.
    ///
    /// # Shapes
    /// - `maps`: `[batch, channels, height, width]`
    /// - output: `[batch, channels]`
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<2> {
        let positions = positions(maps);
        let weights = self.weights_of(positions.clone());
        weights.matmul(positions).squeeze_dim(1)
    }

    /// Returns the weight of every position; those of an example sum to 1.
    ///
    /// # Shapes
    /// - `maps`: `[batch, channels, height, width]`
    /// - output: `[batch, height, width]`
    pub fn weights(&self, maps: Tensor<4>) -> Tensor<3> {
        let [batch, _, height, width] = maps.dims();
        let weights = self.weights_of(positions(maps));
        weights.reshape([batch, height, width])
    }

    /// # Shapes
    /// - `positions`: `[batch, positions, channels]`
    /// - output: `[batch, 1, positions]`
    fn weights_of(&self, positions: Tensor<3>) -> Tensor<3> {
        let [batch, count, channels] = positions.dims();
        let rows = positions.reshape([batch * count, channels]);
        let hidden = linear_forward(&self.hidden, rows, Activation::Tanh);
        let scores = linear_forward(&self.score, hidden, Activation::Identity);
        activation::softmax(scores.reshape([batch, 1, count]), 2)
    }
}

/// Lays the positions of maps out as rows.
///
/// # Shapes
/// - `maps`: `[batch, channels, height, width]`
/// - output: `[batch, height * width, channels]`
fn positions(maps: Tensor<4>) -> Tensor<3> {
    maps.flatten::<3>(2, 3).swap_dims(1, 2)
}

impl LayerModule for AttentionPooling {
    fn apply(&self, input: Features) -> Features {
        Features::Vector(self.forward(input.into_maps()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::module::Param;

    use super::*;

    fn layer(hidden: [[f32; 1]; 2], score: [[f32; 1]; 1]) -> AttentionPooling {
        let device = Device::flex();
        let weight = |values: Tensor<2>| Linear {
            weight: Param::from_tensor(values),
            bias: None,
        };
        AttentionPooling {
            hidden: weight(Tensor::from_floats(hidden, &device)),
            score: weight(Tensor::from_floats(score, &device)),
        }
    }

    /// Two channels of two positions, h_1 = (0, 1) and h_2 = (1, 3). With V = (1, 0) and w = 2 the scores are 0 and
    /// 2 tanh(1) = 1.523188, so that a_2 = 1 / (1 + e^-1.523188) = 0.821007, and z = a_1 h_1 + a_2 h_2 =
    /// (0.821007, 0.178993 + 3 * 0.821007).
    #[test]
    fn output_is_the_mean_weighted_by_the_softmax_of_the_scores() {
        let layer = layer([[1.0], [0.0]], [[2.0]]);
        let maps = Tensor::from_floats([[[[0.0, 1.0]], [[1.0, 3.0]]]], &Device::flex());
        let values = |tensor: Tensor<1>| tensor.into_data().try_to_vec::<f32>().unwrap();
        let weights = values(layer.weights(maps.clone()).flatten(0, 2));
        let output = values(layer.forward(maps).flatten(0, 1));
        for (found, expected) in [
            (weights[0], 0.178_993),
            (weights[1], 0.821_007),
            (output[0], 0.821_007),
            (output[1], 2.642_015),
        ] {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }

    #[test]
    fn equal_scores_average_all_positions() {
        let layer = layer([[1.0], [-1.0]], [[0.0]]);
        let device = Device::flex();
        let maps = Tensor::random([3, 2, 4, 5], burn::tensor::Distribution::Default, &device);
        let mean = maps
            .clone()
            .flatten::<3>(2, 3)
            .mean_dim(2)
            .squeeze_dim::<2>(2);
        let difference = (layer.forward(maps) - mean).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn output_has_one_value_per_channel() {
        let config = AttentionPoolingConfig { hidden: 6 };
        let input = FeatureShape::Maps([5, 2, 3]);
        let shape = config.output_shape("it", input).unwrap();
        assert_eq!(shape, FeatureShape::Vector(5));
        let device = Device::flex();
        let layer = config.init(input, &Initializer::Zeros, &device);
        let output = layer.forward(Tensor::ones([4, 5, 2, 3], &device));
        assert_eq!(output.dims(), [4, 5]);
        assert_eq!(config.num_params(input), 5 * 6 + 6);
        let none = AttentionPoolingConfig { hidden: 0 };
        let refused = none.output_shape("layer 3", input).unwrap_err().to_string();
        assert!(
            refused.contains("hidden units of layer 3 is 0"),
            "{refused}"
        );
    }
}
