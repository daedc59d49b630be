//! Recurrent layers on Burn's tensors.

use std::ops::Deref;

use burn::tensor::{Shape, Tensor, activation};

use super::backward::{self, Saved};
use super::forward::{self, Inputs};
use super::layer::{Recurrent, RecurrentUnit};
use crate::dispatch::{apply, is_supported};
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::simd::Level;

/// Applies a layer of recurrent units to whole sequences, time first.
///
/// The products a of the inputs with their weights, bias included, are computed for all steps at once by the caller;
/// the products with the state, h U + b, are computed here, step by step. [`RecurrentUnit`] has the equations.
///
/// On flex and ndarray this is one operation; elsewhere, and for other types than `f32`, it is written in Burn's
/// operations. (Burn's own layers multiply gate by gate and step by step and copy all states at each step.)
///
/// # Shapes
/// - `inputs`: `[steps, batch, gates * units]`, see [`RecurrentUnit::gates`]
/// - `weight`: `[units, gates * units]`
/// - `bias`: `[gates * units]`
/// - `initial`: `[batch, states * units]`, see [`RecurrentUnit::states`]
/// - output: the state after each step, `[steps, batch, states * units]`
///
/// # Panics
/// If the shapes do not match, or there is no step.
pub fn recurrent(
    unit: RecurrentUnit,
    inputs: Tensor<3>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    initial: Tensor<2>,
) -> Tensor<3> {
    let [steps, batch, columns] = inputs.dims();
    let units = columns / unit.gates();
    assert!(
        steps > 0
            && columns == unit.gates() * units
            && weight.dims() == [units, columns]
            && bias.dims() == [columns]
            && initial.dims() == [batch, unit.states() * units],
        "the shapes of a recurrent layer do not match: inputs {:?}, weight {:?}, bias {:?}, initial state {:?}",
        inputs.dims(),
        weight.dims(),
        bias.dims(),
        initial.dims()
    );
    let is_fast = is_supported(&inputs)
        && is_supported(&weight)
        && is_supported(&bias)
        && is_supported(&initial);
    if batch == 0 || units == 0 || !is_fast {
        return unrolled(unit, inputs, weight, bias, initial);
    }
    let [states] = apply(
        Recurrent {
            unit,
            steps,
            batch,
            units,
        },
        [
            inputs.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            initial.into_dispatch(),
        ],
    );
    Tensor::from_dispatch(states)
}

/// Applies a layer step by step with Burn's operations, on any device.
fn unrolled(
    unit: RecurrentUnit,
    inputs: Tensor<3>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    initial: Tensor<2>,
) -> Tensor<3> {
    let [steps, batch, columns] = inputs.dims();
    let units = columns / unit.gates();
    let mut state = initial;
    let mut states = Vec::with_capacity(steps);
    for step in inputs.split(1, 0) {
        let inputs = step.reshape([batch, columns]);
        let output = state.clone().narrow(1, 0, units);
        let products = output.matmul(weight.clone()) + bias.clone().unsqueeze();
        state = advance(unit, state, inputs, products);
        states.push(state.clone());
    }
    Tensor::stack(states, 0)
}

/// Returns the state after a step.
fn advance(
    unit: RecurrentUnit,
    state: Tensor<2>,
    inputs: Tensor<2>,
    products: Tensor<2>,
) -> Tensor<2> {
    let [_, columns] = inputs.dims();
    let units = columns / unit.gates();
    let part = |of: &Tensor<2>, index: usize| of.clone().narrow(1, index * units, units);
    let gate = |index: usize| activation::sigmoid(part(&inputs, index) + part(&products, index));
    match unit {
        RecurrentUnit::Elman => (inputs + products).tanh(),
        RecurrentUnit::Gru => {
            let candidate = (part(&inputs, 2) + gate(0) * part(&products, 2)).tanh();
            candidate.clone() + gate(1) * (state - candidate)
        }
        RecurrentUnit::Lstm => {
            let candidate = (part(&inputs, 2) + part(&products, 2)).tanh();
            let cell = gate(1) * part(&state, 1) + gate(0) * candidate;
            Tensor::cat(vec![gate(3) * cell.clone().tanh(), cell], 1)
        }
    }
}

/// Inputs: the products with the inputs, the recurrent weights, the recurrent bias, the initial state.
impl Operation<4> for Recurrent {
    /// What [`forward::Outputs`] saves of the gates.
    type Saved = Vec<f32>;

    fn kept(&self) -> Kept<4> {
        Kept {
            inputs: [false, true, false, true],
            output: true,
        }
    }

    fn output_shape(&self, _: [&Shape; 4]) -> Shape {
        Shape::new([self.steps, self.batch, self.unit.states() * self.units])
    }

    fn forward(&self, level: Level, inputs: [&[f32]; 4]) -> Forward<Vec<f32>> {
        let [inputs, weight, bias, initial] = inputs;
        let inputs = Inputs {
            inputs,
            weight,
            bias,
            initial,
        };
        let outputs = forward::forward(level, self, inputs);
        Forward::new(outputs.states, outputs.saved)
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Vec<f32>, 4>,
    ) -> [Option<Vec<f32>>; 4] {
        let Backward {
            inputs: [_, Some(weight), _, Some(initial)],
            output: Some(states),
            saved,
            gradient,
            ..
        } = pass
        else {
            not_kept()
        };
        let forward = Saved {
            weight: &weight,
            initial: &initial,
            states: &states,
            saved: &saved,
        };
        let gradients = backward::backward(level, self, forward, &gradient);
        [
            gradients.inputs,
            gradients.weight,
            gradients.bias,
            gradients.initial,
        ]
        .map(Some)
    }
}
