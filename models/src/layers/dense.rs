//! Fully connected layer: y = f(x W + b).
//!
//! Burn's module, with its parameters and records, computed by the crate `kernels`. The weights have Burn's shape
//! `[in, out]`, the transpose of PyTorch's.

use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::error::{ArchitectureError, check_size};
use crate::layers::activation::{Activation, split_rectifier};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::limits::MAX_UNITS;

/// Configuration of a fully connected layer, and of the activation after it.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseConfig {
    /// Number of outputs.
    pub units: usize,
    /// Whether each output has a bias. A batch normalisation that follows would subtract it again.
    pub bias: bool,
    /// Activation function.
    pub activation: Activation,
}

impl LayerConfig for DenseConfig {
    type Module = Dense;

    fn kind(&self) -> (&'static str, &'static str) {
        ("Dense", "dense")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        input.vector(name, "it needs a vector, but maps reach it: flatten first")?;
        check_size(|| format!("units of {name}"), self.units, 1..=MAX_UNITS)?;
        self.activation.validate()?;
        Ok(FeatureShape::Vector(self.units))
    }

    fn init(&self, input: FeatureShape, initializer: &Initializer, device: &Device) -> Dense {
        let mut dense = linear(
            [input.num_elements(), self.units],
            initializer.clone(),
            device,
        );
        dense.bias = dense.bias.filter(|_| self.bias);
        Dense {
            dense,
            activation: self.activation,
        }
    }

    fn mean_square(&self, _input: f64) -> f64 {
        1.0
    }
}

/// A fully connected layer and the activation after it. Built by a [`DenseConfig`].
#[derive(Module, Debug)]
pub struct Dense {
    pub(crate) dense: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Dense {
    /// Applies weights, bias and activation.
    ///
    /// # Shapes
    /// - `inputs`: `[batch, in]`
    /// - output: `[batch, out]`
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        linear_forward(&self.dense, inputs, self.activation)
    }
}

impl LayerModule for Dense {
    fn apply(&self, input: Features) -> Features {
        Features::Vector(self.forward(input.into_vector()))
    }
}

/// Creates a linear layer whose bias starts at zero, as in Keras; Burn's starts at random.
pub(crate) fn linear(
    [inputs, outputs]: [usize; 2],
    initializer: Initializer,
    device: &Device,
) -> Linear {
    let mut linear = LinearConfig::new(inputs, outputs)
        .with_initializer(initializer)
        .init(device);
    linear.bias = Some(Initializer::Zeros.init([outputs], device));
    linear
}

/// Applies a linear layer and the activation after it.
///
/// # Shapes
/// - `inputs`: `[batch, in]`
/// - output: `[batch, out]`
pub fn linear_forward(linear: &Linear, inputs: Tensor<2>, activation: Activation) -> Tensor<2> {
    let (rectifier, rest) = split_rectifier(activation);
    let bias = linear.bias.as_ref().map(|bias| bias.val());
    rest.forward(kernels::dense(inputs, linear.weight.val(), bias, rectifier))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Weights of one sum the inputs: 1 + 2 - 4 = -1 and 1 + 2 + 4 = 7; ReLU cuts the first.
    #[test]
    fn output_is_the_rectified_sum() {
        let device = Device::flex();
        let config = DenseConfig {
            units: 2,
            bias: true,
            activation: Activation::Relu,
        };
        let input = FeatureShape::Vector(3);
        let layer = config.init(input, &Initializer::Ones, &device);
        let inputs = Tensor::from_floats([[1.0, 2.0, -4.0], [1.0, 2.0, 4.0]], &device);
        let output: Vec<f32> = layer.forward(inputs).into_data().try_to_vec().unwrap();
        assert_eq!(output, [0.0, 0.0, 7.0, 7.0]);
        assert_eq!(config.num_params(input), 3 * 2 + 2);
    }
}
