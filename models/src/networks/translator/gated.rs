//! A gated recurrent unit over whole sequences, time first: the inputs of all steps in one product, then
//! [`kernels::recurrent`], where its equations stand.

use burn::module::{Module, Param};
use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, Tensor};

use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};

/// A gated recurrent unit. The columns of its weights are those of reset gate, update gate and candidate in turn.
#[derive(Module, Debug)]
pub(super) struct GatedUnit {
    input: Linear,
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl GatedUnit {
    /// Weights U(-1/sqrt(units), 1/sqrt(units)), as in PyTorch; biases of zero.
    pub(super) fn new([inputs, units]: [usize; 2], device: &Device) -> Self {
        let bound = 1.0 / (units as f64).sqrt();
        let initializer = Initializer::Uniform {
            min: -bound,
            max: bound,
        };
        Self {
            input: linear([inputs, 3 * units], initializer.clone(), device),
            weight: initializer.init([units, 3 * units], device),
            bias: Initializer::Zeros.init([3 * units], device),
        }
    }

    /// How many parameters it has.
    pub(super) fn parameters([inputs, units]: [usize; 2]) -> usize {
        (inputs.saturating_add(units).saturating_add(2)).saturating_mul(3 * units)
    }

    /// The state after each step.
    ///
    /// # Shapes
    /// - `inputs`: `[steps, batch, inputs]`
    /// - `initial`: `[batch, units]`
    /// - output: `[steps, batch, units]`
    pub(super) fn run(&self, inputs: Tensor<3>, initial: Tensor<2>) -> Tensor<3> {
        let [steps, batch, _] = inputs.dims();
        let projected =
            linear_forward(&self.input, inputs.flatten::<2>(0, 1), Activation::Identity);
        let projected = projected.reshape([steps as i32, batch as i32, -1]);
        kernels::recurrent(
            kernels::Unit::Gru,
            projected,
            self.weight.val(),
            self.bias.val(),
            initial,
        )
    }

    /// [`run`](Self::run) for one step.
    ///
    /// # Shapes
    /// - `inputs`: `[batch, inputs]`
    /// - `state` and output: `[batch, units]`
    pub(super) fn step(&self, inputs: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.run(inputs.unsqueeze_dim(0), state).squeeze_dim(0)
    }
}
