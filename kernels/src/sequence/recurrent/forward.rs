//! Forward pass of a recurrent layer over whole sequences.
//!
//! Everything is time first, `[steps, batch, ...]`, so that a step is one block of memory. Only the product with the
//! state before is computed step by step. Each task takes some sequences of the batch through all steps.

use std::mem::MaybeUninit;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::layer::{Recurrent, RecurrentUnit};
use crate::bands::bands;
use crate::elementary::{sigmoid, tanh};
use crate::matrix::Matrix;
use crate::microkernel::Panels;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::uninit;

/// Inputs of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// Products with the inputs, `[steps, batch, gates * units]`.
    pub inputs: &'a [f32],
    /// Recurrent weights, `[units, gates * units]`.
    pub weight: &'a [f32],
    /// Recurrent bias, `[gates * units]`.
    pub bias: &'a [f32],
    /// State before the first step, `[batch, states * units]`.
    pub initial: &'a [f32],
}

impl Inputs<'_> {
    /// Panics if the slices are not of the layer's sizes.
    fn check(&self, layer: &Recurrent) {
        let columns = layer.gate_columns();
        assert!(layer.steps > 0 && layer.batch > 0 && layer.units > 0);
        assert_eq!(self.inputs.len(), layer.steps * layer.batch * columns);
        assert_eq!(self.weight.len(), layer.units * columns);
        assert_eq!(self.bias.len(), columns);
        assert_eq!(self.initial.len(), layer.batch * layer.state_columns());
    }
}

/// Outputs of a layer.
pub(crate) struct Outputs {
    /// State after each step, `[steps, batch, states * units]`.
    pub states: Vec<f32>,
    /// Values saved for the backward pass, `[steps, batch, saved * units]`, see [`RecurrentUnit::saved`].
    pub saved: Vec<f32>,
}

/// Returns the states after each step, and what the backward pass needs of the gates.
pub(crate) fn forward(level: Level, layer: &Recurrent, inputs: Inputs<'_>) -> Outputs {
    inputs.check(layer);
    let Recurrent {
        steps,
        batch,
        units,
        ..
    } = *layer;
    let (columns, long, kept) = (
        layer.gate_columns(),
        layer.state_columns(),
        layer.saved_columns(),
    );
    let weight = Panels::pack(
        level,
        [units, columns],
        Matrix::rows(inputs.weight, columns),
    );
    let part = layer.sequences_per_task();
    let run = |states: &mut [MaybeUninit<f32>], saved: &mut [MaybeUninit<f32>]| {
        bands(states, [steps, batch * long], part * long)
            .into_par_iter()
            .zip(bands(saved, [steps, batch * kept], part * kept))
            .enumerate()
            .for_each(|(index, (states, saved))| {
                Scratch::with(|scratch| {
                    level.run(Forward {
                        scratch,
                        layer,
                        first: index * part,
                        weight: &weight,
                        inputs,
                        states,
                        saved,
                    })
                });
            });
    };
    let mut saved = Vec::new();
    // SAFETY: `bands` gives each task its sequences of all steps, and together these are all of `states` and of
    // `saved`: both are divided into as many tasks. `Forward` asserts the lengths of its parts and writes all of each.
    #[allow(unsafe_code)]
    let states = unsafe {
        uninit::vec(steps * batch * long, |states| {
            saved = uninit::vec(steps * batch * kept, |saved| run(states, saved));
        })
    };
    Outputs { states, saved }
}

/// Some sequences of the batch, from the first step to the last.
struct Forward<'a, 'b> {
    scratch: &'b mut Scratch,
    layer: &'a Recurrent,
    /// Index of the first of the sequences.
    first: usize,
    weight: &'a Panels,
    inputs: Inputs<'a>,
    /// Output of each step: the states of these sequences.
    states: Vec<&'b mut [MaybeUninit<f32>]>,
    /// Output of each step: the saved values of these sequences.
    saved: Vec<&'b mut [MaybeUninit<f32>]>,
}

impl WithSimd for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Recurrent {
            unit,
            steps,
            batch,
            units,
        } = *self.layer;
        let (columns, long) = (self.layer.gate_columns(), self.layer.state_columns());
        assert!(self.states.len() == steps && self.saved.len() == steps);
        let count = self.states.first().map_or(0, |states| states.len() / long);
        let width = self.weight.width();
        let [products, state] = self.scratch.take([count * width, count * long]);
        state.copy_from_slice(&self.inputs.initial[self.first * long..][..count * long]);
        for (step, (states, saved)) in self.states.into_iter().zip(self.saved).enumerate() {
            self.weight
                .multiply(simd, [count, units], state, long, products, false);
            Step {
                unit,
                units,
                count,
                bias: self.inputs.bias,
                inputs: &self.inputs.inputs[(step * batch + self.first) * columns..]
                    [..count * columns],
                products,
                width,
                state,
                saved,
            }
            .run();
            states.write_copy_of_slice(state);
        }
    }
}

/// One step of some sequences: everything but the product with the state.
struct Step<'a> {
    unit: RecurrentUnit,
    units: usize,
    /// Number of sequences.
    count: usize,
    bias: &'a [f32],
    inputs: &'a [f32],
    /// Products of the state with the recurrent weights, without the bias.
    products: &'a [f32],
    /// Distance between the rows of `products`.
    width: usize,
    /// State before the step, then that after it.
    state: &'a mut [f32],
    saved: &'a mut [MaybeUninit<f32>],
}

impl Step<'_> {
    /// Advances the state by one step, and writes all of `saved`.
    #[inline(always)]
    fn run(self) {
        let (count, units) = (self.count, self.units);
        assert!(units > 0 && self.width >= self.unit.gates() * units);
        assert_eq!(self.products.len(), count * self.width);
        assert_eq!(self.inputs.len(), count * self.unit.gates() * units);
        assert_eq!(self.state.len(), count * self.unit.states() * units);
        assert_eq!(self.saved.len(), count * self.unit.saved() * units);
        match self.unit {
            RecurrentUnit::Elman => self.elman(),
            RecurrentUnit::Gru => self.gru(),
            RecurrentUnit::Lstm => self.lstm(),
        }
    }

    #[inline(always)]
    fn elman(self) {
        let units = self.units;
        let rows = (self.state.chunks_exact_mut(units))
            .zip(self.saved.chunks_exact_mut(units))
            .zip(self.products.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(units));
        for (((state, saved), products), inputs) in rows {
            let (products, inputs) = (&products[..units], &inputs[..units]);
            let bias = &self.bias[..units];
            for unit in 0..units {
                state[unit] = tanh(inputs[unit] + products[unit] + bias[unit]);
                saved[unit].write(state[unit]);
            }
        }
    }

    #[inline(always)]
    fn gru(self) {
        let units = self.units;
        let bias = parts::<3>(self.bias, units);
        let rows = (self.state.chunks_exact_mut(units))
            .zip(self.saved.chunks_exact_mut(4 * units))
            .zip(self.products.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(3 * units));
        for (((state, saved), products), inputs) in rows {
            let (products, inputs) = (parts::<3>(products, units), parts::<3>(inputs, units));
            let [reset, update, candidate, recurrent] = parts_mut(saved, units);
            for unit in 0..units {
                let from_state = products[2][unit] + bias[2][unit];
                let r = sigmoid(inputs[0][unit] + products[0][unit] + bias[0][unit]);
                let z = sigmoid(inputs[1][unit] + products[1][unit] + bias[1][unit]);
                let n = tanh(inputs[2][unit] + r * from_state);
                reset[unit].write(r);
                update[unit].write(z);
                candidate[unit].write(n);
                recurrent[unit].write(from_state);
                state[unit] = n + z * (state[unit] - n);
            }
        }
    }

    #[inline(always)]
    fn lstm(self) {
        let units = self.units;
        let bias = parts::<4>(self.bias, units);
        let rows = (self.state.chunks_exact_mut(2 * units))
            .zip(self.saved.chunks_exact_mut(4 * units))
            .zip(self.products.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(4 * units));
        for (((state, saved), products), inputs) in rows {
            let (products, inputs) = (parts::<4>(products, units), parts::<4>(inputs, units));
            let [input, forget, candidate, output] = parts_mut(saved, units);
            let [state, cell] = parts_mut(state, units);
            for unit in 0..units {
                let i = sigmoid(inputs[0][unit] + products[0][unit] + bias[0][unit]);
                let f = sigmoid(inputs[1][unit] + products[1][unit] + bias[1][unit]);
                let g = tanh(inputs[2][unit] + products[2][unit] + bias[2][unit]);
                let o = sigmoid(inputs[3][unit] + products[3][unit] + bias[3][unit]);
                let c = f * cell[unit] + i * g;
                input[unit].write(i);
                forget[unit].write(f);
                candidate[unit].write(g);
                output[unit].write(o);
                cell[unit] = c;
                state[unit] = o * tanh(c);
            }
        }
    }
}

/// Splits a row into equal parts, one per gate.
#[inline(always)]
pub(super) fn parts<const N: usize>(row: &[f32], units: usize) -> [&[f32]; N] {
    std::array::from_fn(|part| &row[part * units..(part + 1) * units])
}

/// Splits a row into equal parts, one per gate, to be written.
#[inline(always)]
pub(super) fn parts_mut<const N: usize, T>(row: &mut [T], units: usize) -> [&mut [T]; N] {
    let mut parts = row.chunks_exact_mut(units);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
