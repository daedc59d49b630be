//! Dense layers: Burn's modules, with their parameters and records, computed by the crate `kernels`.

use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::layers::activation::{Activation, split};

/// A dense layer whose bias starts at zero.
pub(crate) fn linear(
    [inputs, outputs]: [usize; 2],
    initializer: Initializer,
    device: &Device,
) -> Linear {
    let mut dense = LinearConfig::new(inputs, outputs)
        .with_initializer(initializer)
        .init(device);
    dense.bias = Some(Initializer::Zeros.init([outputs], device));
    dense
}

/// A dense layer and the activation after it.
///
/// # Shapes
/// - `inputs`: `[batch, in]`
/// - output: `[batch, out]`
pub fn linear_forward(linear: &Linear, inputs: Tensor<2>, activation: Activation) -> Tensor<2> {
    let (rectifier, rest) = split(activation);
    let bias = linear.bias.as_ref().map(|bias| bias.val());
    rest.forward(kernels::dense(inputs, linear.weight.val(), bias, rectifier))
}
