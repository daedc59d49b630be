//! A GRU layer over whole sequences, time first.
//!
//! The inputs of all steps go through one matrix product; the recurrence and its equations are those of
//! [`kernels::recurrent`].

use burn::module::{Module, Param};
use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, Tensor};

use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};

/// GRU layer. The columns of its weights are those of the reset gate, the update gate and the candidate in turn.
#[derive(Module, Debug)]
pub(super) struct Gru {
    input: Linear,
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Gru {
    /// Builds a layer with weights from U(-1/sqrt(units), 1/sqrt(units)), as in PyTorch, and biases of zero.
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

    /// Computes the state after each step.
    ///
    /// # Shapes
    /// - `inputs`: `[steps, batch, inputs]`
    /// - `initial`: `[batch, units]`
    /// - output: `[steps, batch, units]`
    pub(super) fn forward(&self, inputs: Tensor<3>, initial: Tensor<2>) -> Tensor<3> {
        let [steps, batch, _] = inputs.dims();
        let rows = inputs.flatten::<2>(0, 1);
        let sums = linear_forward(&self.input, rows, Activation::Identity);
        let sums = sums.reshape([steps as i32, batch as i32, -1]);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        kernels::recurrent(kernels::RecurrentUnit::Gru, sums, weight, bias, initial)
    }

    /// Computes the state after one more step.
    ///
    /// # Shapes
    /// - `input`: `[batch, inputs]`
    /// - `state` and output: `[batch, units]`
    pub(super) fn step(&self, input: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.forward(input.unsqueeze_dim(0), state).squeeze_dim(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let gru = Gru::new([4, 3], &device);
        let initial = Tensor::zeros([2, 3], &device);
        let states = gru.forward(Tensor::ones([5, 2, 4], &device), initial.clone());
        assert_eq!(states.dims(), [5, 2, 3]);
        let first = gru.step(Tensor::ones([2, 4], &device), initial);
        assert_eq!(first.dims(), [2, 3]);
        let expected: Tensor<2> = states.narrow(0, 0, 1).squeeze_dim(0);
        assert_eq!(first.into_data(), expected.into_data());
        // For each of 3 units and 3 gates, 4 + 3 weights and two biases.
        assert_eq!(gru.num_params(), (4 + 3 + 2) * 3 * 3);
    }
}
