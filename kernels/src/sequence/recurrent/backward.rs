//! Backward pass of a recurrent layer: backpropagation through time.
//!
//! With g the gradient of the output of a step, e what the step after passed on, and dh = g + e, the gradients of the
//! gates' pre-activations are
//!
//! ```text
//! Elman  da = dh (1 - h'^2)
//! GRU    da_n = dh (1 - z) (1 - n^2), da_z = dh (h - n) z (1 - z), da_r = da_n (h U_n + b_n) r (1 - r)
//! LSTM   dc = g_c + e_c + dh o (1 - tanh(c')^2)
//!        da_i = dc g i (1 - i), da_f = dc c f (1 - f), da_g = dc i (1 - g^2), da_o = dh tanh(c') o (1 - o)
//! ```
//!
//! The gradient of h U + b is da, but da_n r for the candidate of a gated recurrent unit; times the transposed U it is
//! the e of the step before, to which a gated recurrent unit adds dh z. The e_c of a memory's cell is dc f. The
//! gradient of U is the product of all states before with the gradients of h U + b, computed for all steps at once.

use std::mem::MaybeUninit;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::forward::{parts, parts_mut};
use super::layer::{Recurrent, RecurrentUnit};
use crate::bands::bands;
use crate::elementary::tanh;
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::microkernel::Panels;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::sums::sum_rows;
use crate::uninit;

/// Values of the forward pass.
#[derive(Clone, Copy)]
pub(crate) struct Saved<'a> {
    pub weight: &'a [f32],
    pub initial: &'a [f32],
    pub states: &'a [f32],
    pub saved: &'a [f32],
}

/// Gradients of a layer's inputs, each in the shape of its input.
pub(crate) struct RecurrentGradients {
    pub inputs: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub initial: Vec<f32>,
}

/// Returns the gradients of the inputs, given that of the states.
pub(crate) fn backward(
    level: Level,
    layer: &Recurrent,
    forward: Saved<'_>,
    gradient: &[f32],
) -> RecurrentGradients {
    let Recurrent {
        unit,
        steps,
        batch,
        units,
    } = *layer;
    let (columns, long) = (layer.gate_columns(), layer.state_columns());
    assert!(steps > 0 && batch > 0 && units > 0);
    assert_eq!(forward.weight.len(), units * columns);
    assert_eq!(forward.initial.len(), batch * long);
    assert_eq!(forward.states.len(), steps * batch * long);
    assert_eq!(forward.saved.len(), steps * batch * layer.saved_columns());
    assert_eq!(gradient.len(), steps * batch * long);
    let PerStep {
        gates,
        inputs,
        initial,
    } = per_step(level, layer, forward, gradient);
    let (first, later) = gates.split_at(batch * columns);
    let mut weight = vec![0.0; units * columns];
    let mut add = |count: usize, states: &[f32], gates: &[f32]| {
        multiply_any(
            [units, count, columns],
            Matrix::transposed(states, long),
            Matrix::rows(gates, columns),
            Out::Add(&mut weight),
            Threads::All,
        );
    };
    add(batch, forward.initial, first);
    if steps > 1 {
        add((steps - 1) * batch, forward.states, later);
    }
    let bias = sum_rows(level, &gates, columns);
    RecurrentGradients {
        inputs: if unit.has_own_input_gradients() {
            inputs
        } else {
            gates
        },
        weight,
        bias,
        initial,
    }
}

/// Gradients that are computed step by step.
struct PerStep {
    /// Of h U + b, `[steps, batch, gates * units]`.
    gates: Vec<f32>,
    /// Of a, `[steps, batch, gates * units]`; empty where they are the same.
    inputs: Vec<f32>,
    /// Of the state before the first step.
    initial: Vec<f32>,
}

/// Goes through all steps from the last to the first.
fn per_step(level: Level, layer: &Recurrent, forward: Saved<'_>, gradient: &[f32]) -> PerStep {
    let (steps, batch) = (layer.steps, layer.batch);
    let (columns, long) = (layer.gate_columns(), layer.state_columns());
    let weight = Panels::pack(
        level,
        [columns, layer.units],
        Matrix::transposed(forward.weight, columns),
    );
    let part = layer.sequences_per_task();
    let all = steps * batch * columns;
    let own = if layer.unit.has_own_input_gradients() {
        all
    } else {
        0
    };
    let mut initial = vec![0.0; batch * long];
    let mut run = |gates: &mut [MaybeUninit<f32>], inputs: &mut [MaybeUninit<f32>]| {
        let mut inputs = bands(inputs, [steps, batch * columns], part * columns);
        inputs.resize_with(batch.div_ceil(part), Vec::new);
        bands(gates, [steps, batch * columns], part * columns)
            .into_par_iter()
            .zip(inputs)
            .zip(initial.par_chunks_mut(part * long))
            .enumerate()
            .for_each(|(index, ((gates, inputs), initial))| {
                Scratch::with(|scratch| {
                    level.run(Backward {
                        scratch,
                        layer,
                        forward,
                        first: index * part,
                        weight: &weight,
                        gradient,
                        gates,
                        inputs,
                        initial,
                    })
                });
            });
    };
    let mut inputs = Vec::new();
    // SAFETY: `bands` gives each task its sequences of all steps, and together these are all of `gates` and of
    // `inputs`: both are divided into as many tasks, as is `initial`. `Backward` asserts the lengths of its parts and
    // writes all of each.
    #[allow(unsafe_code)]
    let gates = unsafe {
        uninit::vec(all, |gates| {
            inputs = uninit::vec(own, |inputs| run(gates, inputs));
        })
    };
    PerStep {
        gates,
        inputs,
        initial,
    }
}

/// Some sequences of the batch, from the last step to the first.
struct Backward<'a, 'b> {
    scratch: &'b mut Scratch,
    layer: &'a Recurrent,
    forward: Saved<'a>,
    /// Index of the first of the sequences.
    first: usize,
    /// Transposed recurrent weights.
    weight: &'a Panels,
    gradient: &'a [f32],
    /// Output of each step: the gradients of h U + b of these sequences.
    gates: Vec<&'b mut [MaybeUninit<f32>]>,
    /// Output of each step: the gradients of a of these sequences; empty where they are the same.
    inputs: Vec<&'b mut [MaybeUninit<f32>]>,
    /// Output: the gradient of the state before the first step.
    initial: &'b mut [f32],
}

impl WithSimd for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Recurrent {
            unit,
            steps,
            batch,
            units,
        } = *self.layer;
        let (columns, long) = (self.layer.gate_columns(), self.layer.state_columns());
        let saved = self.layer.saved_columns();
        let count = self.initial.len() / long;
        let width = self.weight.width();
        let has_inputs = unit.has_own_input_gradients();
        assert!(self.gates.len() == steps && (self.inputs.len() == steps) == has_inputs);
        let [gates, outputs, cells] =
            (self.scratch).take([count * columns, count * width, count * (long - units)]);
        outputs.fill(0.0);
        cells.fill(0.0);
        for step in (0..steps).rev() {
            let first = step * batch + self.first;
            let before = match step {
                0 => &self.forward.initial[self.first * long..],
                _ => &self.forward.states[(first - batch) * long..],
            };
            Step {
                unit,
                units,
                count,
                saved: &self.forward.saved[first * saved..][..count * saved],
                before: &before[..count * long],
                states: &self.forward.states[first * long..][..count * long],
                gradient: &self.gradient[first * long..][..count * long],
                gradients: gates,
                input_gradients: self.inputs.get_mut(step).map_or(&mut [], |inputs| inputs),
                carried_outputs: outputs,
                width,
                carried_cells: cells,
            }
            .run();
            self.gates[step].write_copy_of_slice(gates);
            self.weight
                .multiply(simd, [count, columns], gates, columns, outputs, true);
        }
        let carried = outputs.chunks_exact(width);
        for (index, (initial, outputs)) in
            self.initial.chunks_exact_mut(long).zip(carried).enumerate()
        {
            let (output, cell) = initial.split_at_mut(units);
            output.copy_from_slice(&outputs[..units]);
            cell.copy_from_slice(&cells[index * (long - units)..][..long - units]);
        }
    }
}

/// One step of some sequences: everything but the product with the transposed weights.
struct Step<'a> {
    unit: RecurrentUnit,
    units: usize,
    /// Number of sequences.
    count: usize,
    /// Values that the forward pass saved.
    saved: &'a [f32],
    /// State before the step.
    before: &'a [f32],
    /// State after the step.
    states: &'a [f32],
    /// Gradient of the state after the step, without what later steps pass on.
    gradient: &'a [f32],
    /// Output: gradients of h U + b.
    gradients: &'a mut [f32],
    /// Output: gradients of a, where they differ.
    input_gradients: &'a mut [MaybeUninit<f32>],
    /// What later steps pass on to the outputs; then what this step passes on beside the product.
    carried_outputs: &'a mut [f32],
    /// Distance between the rows of `carried_outputs`.
    width: usize,
    /// What later steps pass on to the cells; then what this step passes on.
    carried_cells: &'a mut [f32],
}

impl Step<'_> {
    /// Computes the gradients of one step, and writes all of `gradients` and `input_gradients`.
    #[inline(always)]
    fn run(self) {
        let (count, unit, units) = (self.count, self.unit, self.units);
        let (gates, states) = (count * unit.gates() * units, count * unit.states() * units);
        assert!(units > 0 && self.width >= units);
        assert_eq!(self.saved.len(), count * unit.saved() * units);
        assert_eq!(self.gradients.len(), gates);
        assert_eq!(self.carried_outputs.len(), count * self.width);
        assert_eq!(self.carried_cells.len(), states - count * units);
        assert!([self.before, self.states, self.gradient].map(<[f32]>::len) == [states; 3]);
        let own_inputs = if unit.has_own_input_gradients() {
            gates
        } else {
            0
        };
        assert_eq!(self.input_gradients.len(), own_inputs);
        match unit {
            RecurrentUnit::Elman => self.elman(),
            RecurrentUnit::Gru => self.gru(),
            RecurrentUnit::Lstm => self.lstm(),
        }
    }

    #[inline(always)]
    fn elman(self) {
        let units = self.units;
        let rows = (self.carried_outputs.chunks_exact_mut(self.width))
            .zip(self.gradients.chunks_exact_mut(units))
            .zip(self.gradient.chunks_exact(units))
            .zip(self.states.chunks_exact(units));
        for (((carried, d_a), gradient), states) in rows {
            let carried = &mut carried[..units];
            for unit in 0..units {
                d_a[unit] = (carried[unit] + gradient[unit]) * (1.0 - states[unit] * states[unit]);
                carried[unit] = 0.0;
            }
        }
    }

    #[inline(always)]
    fn gru(self) {
        let units = self.units;
        let rows = (self.carried_outputs.chunks_exact_mut(self.width))
            .zip(self.input_gradients.chunks_exact_mut(3 * units))
            .zip(self.gradients.chunks_exact_mut(3 * units))
            .zip(self.gradient.chunks_exact(units))
            .zip(self.before.chunks_exact(units))
            .zip(self.saved.chunks_exact(4 * units));
        for (((((carried, inputs), gates), gradient), before), saved) in rows {
            let carried = &mut carried[..units];
            let [reset, update, candidate, recurrent] = parts(saved, units);
            let [input_r, input_z, input_n] = parts_mut(inputs, units);
            let [gate_r, gate_z, gate_n] = parts_mut(gates, units);
            for unit in 0..units {
                let (r, z, n) = (reset[unit], update[unit], candidate[unit]);
                let d_h = carried[unit] + gradient[unit];
                let d_n = d_h * (1.0 - z) * (1.0 - n * n);
                let d_z = d_h * (before[unit] - n) * z * (1.0 - z);
                let d_r = d_n * recurrent[unit] * r * (1.0 - r);
                input_r[unit].write(d_r);
                input_z[unit].write(d_z);
                input_n[unit].write(d_n);
                gate_r[unit] = d_r;
                gate_z[unit] = d_z;
                gate_n[unit] = d_n * r;
                carried[unit] = d_h * z;
            }
        }
    }

    #[inline(always)]
    fn lstm(self) {
        let units = self.units;
        let rows = (self.carried_outputs.chunks_exact_mut(self.width))
            .zip(self.carried_cells.chunks_exact_mut(units))
            .zip(self.gradients.chunks_exact_mut(4 * units))
            .zip(self.gradient.chunks_exact(2 * units))
            .zip(self.before.chunks_exact(2 * units))
            .zip(self.states.chunks_exact(2 * units))
            .zip(self.saved.chunks_exact(4 * units));
        for ((((((carried, carried_cell), gates), gradient), before), state), saved) in rows {
            let carried = &mut carried[..units];
            let [input, forget, candidate, output] = parts(saved, units);
            let [d_i, d_f, d_g, d_o] = parts_mut(gates, units);
            let [output_gradient, cell_gradient] = parts(gradient, units);
            let ([_, cell_before], [_, cell]) =
                (parts::<2>(before, units), parts::<2>(state, units));
            for unit in 0..units {
                let (i, f) = (input[unit], forget[unit]);
                let (g, o) = (candidate[unit], output[unit]);
                let squashed = tanh(cell[unit]);
                let d_h = carried[unit] + output_gradient[unit];
                let d_c = carried_cell[unit]
                    + cell_gradient[unit]
                    + d_h * o * (1.0 - squashed * squashed);
                d_i[unit] = d_c * g * i * (1.0 - i);
                d_f[unit] = d_c * cell_before[unit] * f * (1.0 - f);
                d_g[unit] = d_c * i * (1.0 - g * g);
                d_o[unit] = d_h * squashed * o * (1.0 - o);
                carried[unit] = 0.0;
                carried_cell[unit] = d_c * f;
            }
        }
    }
}
