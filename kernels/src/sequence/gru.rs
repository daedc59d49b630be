//! A gated recurrent unit over a whole sequence, forward and backward.
//!
//! Everything is time first, `[steps, batch, ...]`, so that a step is one block of memory. Only the product with
//! the state before is computed step by step.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::elementary::{sigmoid, tanh};
use crate::fresh;
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::simd::Level;

/// The sizes of one unit over one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GruShape {
    /// Steps of the sequence.
    pub steps: usize,
    /// Sequences side by side.
    pub batch: usize,
    /// Units of the state.
    pub units: usize,
}

impl GruShape {
    /// Values of one step's state.
    fn state(&self) -> usize {
        self.batch * self.units
    }
}

/// What the forward pass leaves for the gradient: for each step and sequence the reset gate, the update gate, the
/// candidate, and the candidate's sum from the state before the reset.
pub(crate) type Gates = Vec<f32>;

/// Rows one thread works on at a time.
const ROWS: usize = 16;

fn rows(values: &[f32], width: usize) -> Matrix<'_> {
    Matrix {
        values,
        row_stride: width,
        column_stride: 1,
    }
}

fn turned(values: &[f32], width: usize) -> Matrix<'_> {
    Matrix {
        values,
        row_stride: 1,
        column_stride: width,
    }
}

/// The states `[steps, batch, units]` and the gates, from `inputs [steps, batch, 3 units]`,
/// `weight [units, 3 units]`, `bias [3 units]` and `initial [batch, units]`.
pub(crate) fn forward(
    level: Level,
    shape: &GruShape,
    [inputs, weight, bias, initial]: [&[f32]; 4],
) -> (Vec<f32>, Gates) {
    let GruShape {
        steps,
        batch,
        units,
    } = *shape;
    let state = shape.state();
    assert!(inputs.len() == 3 * steps * state && weight.len() == 3 * units * units);
    assert!(bias.len() == 3 * units && initial.len() == state);
    let mut states = vec![0.0; steps * state];
    let mut gates = vec![0.0; 4 * steps * state];
    let mut sums = vec![0.0; 3 * state];
    for step in 0..steps {
        let (done, rest) = states.split_at_mut(step * state);
        let before = match step {
            0 => initial,
            _ => &done[(step - 1) * state..],
        };
        multiply_any(
            [batch, units, 3 * units],
            rows(before, units),
            rows(weight, 3 * units),
            Out::Write(fresh::of(&mut sums)),
            Threads::All,
        );
        let inputs = &inputs[3 * step * state..3 * (step + 1) * state];
        let gates = &mut gates[4 * step * state..4 * (step + 1) * state];
        rest[..state]
            .par_chunks_mut(ROWS * units)
            .zip(gates.par_chunks_mut(4 * ROWS * units))
            .zip(before.par_chunks(ROWS * units))
            .zip(sums.par_chunks(3 * ROWS * units))
            .zip(inputs.par_chunks(3 * ROWS * units))
            .for_each(|((((states, gates), before), sums), inputs)| {
                level.run(Forward {
                    units,
                    bias,
                    inputs,
                    sums,
                    before,
                    states,
                    gates,
                });
            });
    }
    (states, gates)
}

struct Forward<'a> {
    units: usize,
    bias: &'a [f32],
    inputs: &'a [f32],
    sums: &'a [f32],
    before: &'a [f32],
    states: &'a mut [f32],
    gates: &'a mut [f32],
}

/// Three parts of one row.
fn thirds(row: &[f32], units: usize) -> [&[f32]; 3] {
    let (first, rest) = row.split_at(units);
    let (second, third) = rest.split_at(units);
    [first, second, &third[..units]]
}

fn thirds_mut(row: &mut [f32], units: usize) -> [&mut [f32]; 3] {
    let (first, rest) = row.split_at_mut(units);
    let (second, third) = rest.split_at_mut(units);
    [first, second, &mut third[..units]]
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let units = self.units;
        let bias = thirds(self.bias, units);
        let lines = (self.states.chunks_exact_mut(units))
            .zip(self.gates.chunks_exact_mut(4 * units))
            .zip(self.before.chunks_exact(units))
            .zip(self.sums.chunks_exact(3 * units))
            .zip(self.inputs.chunks_exact(3 * units));
        for ((((state, gates), before), sums), inputs) in lines {
            let (sums, inputs) = (thirds(sums, units), thirds(inputs, units));
            let (recurrent, gates) = {
                let (gates, recurrent) = gates.split_at_mut(3 * units);
                (recurrent, thirds_mut(gates, units))
            };
            let [reset, update, candidate] = gates;
            for unit in 0..units {
                let from_state = sums[2][unit] + bias[2][unit];
                let r = sigmoid(inputs[0][unit] + sums[0][unit] + bias[0][unit]);
                let z = sigmoid(inputs[1][unit] + sums[1][unit] + bias[1][unit]);
                let n = tanh(inputs[2][unit] + r * from_state);
                reset[unit] = r;
                update[unit] = z;
                candidate[unit] = n;
                recurrent[unit] = from_state;
                state[unit] = n + z * (before[unit] - n);
            }
        }
    }
}

/// What [`backward`] needs.
pub(crate) struct Passed<'a> {
    pub shape: &'a GruShape,
    pub weight: &'a [f32],
    pub initial: &'a [f32],
    pub states: &'a [f32],
    pub gates: &'a [f32],
}

/// The gradients for what goes in, each in its shape.
pub(crate) struct GruGradients {
    pub inputs: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub initial: Vec<f32>,
}

/// The gradients, from that for the states.
pub(crate) fn backward(level: Level, of: &Passed<'_>, gradient: &[f32]) -> GruGradients {
    let GruShape {
        steps,
        batch,
        units,
    } = *of.shape;
    let state = of.shape.state();
    // Of the sums with the inputs, and of those with the state before, which differ in the candidate's.
    let mut inputs = vec![0.0; 3 * steps * state];
    let mut sums = vec![0.0; 3 * steps * state];
    let mut carried = vec![0.0; state];
    for step in (0..steps).rev() {
        let before = match step {
            0 => of.initial,
            _ => &of.states[(step - 1) * state..step * state],
        };
        let sums = &mut sums[3 * step * state..3 * (step + 1) * state];
        let inputs = &mut inputs[3 * step * state..3 * (step + 1) * state];
        carried
            .par_chunks_mut(ROWS * units)
            .zip(inputs.par_chunks_mut(3 * ROWS * units))
            .zip(sums.par_chunks_mut(3 * ROWS * units))
            .zip(gradient[step * state..(step + 1) * state].par_chunks(ROWS * units))
            .zip(before.par_chunks(ROWS * units))
            .zip(of.gates[4 * step * state..4 * (step + 1) * state].par_chunks(4 * ROWS * units))
            .for_each(|(((((carried, inputs), sums), gradient), before), gates)| {
                level.run(Backward {
                    units,
                    gates,
                    before,
                    gradient,
                    sums,
                    inputs,
                    carried,
                });
            });
        multiply_any(
            [batch, 3 * units, units],
            rows(sums, 3 * units),
            turned(of.weight, 3 * units),
            Out::Add(&mut carried),
            Threads::All,
        );
    }
    let (first, later) = sums.split_at(3 * state);
    let mut weight = vec![0.0; 3 * units * units];
    let mut add = |count: usize, states: &[f32], sums: &[f32]| {
        multiply_any(
            [units, count, 3 * units],
            turned(states, units),
            rows(sums, 3 * units),
            Out::Add(&mut weight),
            Threads::All,
        );
    };
    add(batch, of.initial, first);
    if steps > 1 {
        add((steps - 1) * batch, of.states, later);
    }
    let mut bias = vec![0.0; 3 * units];
    for row in sums.chunks_exact(3 * units) {
        for (sum, value) in bias.iter_mut().zip(row) {
            *sum += value;
        }
    }
    GruGradients {
        inputs,
        weight,
        bias,
        initial: carried,
    }
}

struct Backward<'a> {
    units: usize,
    gates: &'a [f32],
    before: &'a [f32],
    gradient: &'a [f32],
    sums: &'a mut [f32],
    inputs: &'a mut [f32],
    carried: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let units = self.units;
        let lines = (self.carried.chunks_exact_mut(units))
            .zip(self.inputs.chunks_exact_mut(3 * units))
            .zip(self.sums.chunks_exact_mut(3 * units))
            .zip(self.gradient.chunks_exact(units))
            .zip(self.before.chunks_exact(units))
            .zip(self.gates.chunks_exact(4 * units));
        for (((((carried, inputs), sums), gradient), before), gates) in lines {
            let (gates, recurrent) = gates.split_at(3 * units);
            let [reset, update, candidate] = thirds(gates, units);
            let [for_reset, for_update, for_candidate] = thirds_mut(inputs, units);
            let [sum_reset, sum_update, sum_candidate] = thirds_mut(sums, units);
            for unit in 0..units {
                let (r, z, n) = (reset[unit], update[unit], candidate[unit]);
                let of_state = carried[unit] + gradient[unit];
                let of_candidate = of_state * (1.0 - z) * (1.0 - n * n);
                let of_update = of_state * (before[unit] - n) * z * (1.0 - z);
                let of_reset = of_candidate * recurrent[unit] * r * (1.0 - r);
                for_reset[unit] = of_reset;
                for_update[unit] = of_update;
                for_candidate[unit] = of_candidate;
                sum_reset[unit] = of_reset;
                sum_update[unit] = of_update;
                sum_candidate[unit] = of_candidate * r;
                carried[unit] = of_state * z;
            }
        }
    }
}
