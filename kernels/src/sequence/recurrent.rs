//! A layer of recurrent units over a whole sequence, forward and backward.
//!
//! Everything is time first, `[steps, batch, ...]`, so that a step is one block of memory. Only the product with
//! the state before is computed step by step.

mod rows;

use rayon::prelude::*;

use crate::fresh;
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::simd::Level;
use rows::{Back, Front};

/// Which recurrent unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// h' = tanh(a + h U + b) (Elman 1990, <https://doi.org/10.1207/s15516709cog1402_1>).
    Elman,
    /// The gated recurrent unit (Cho et al. 2014, <https://arxiv.org/abs/1406.1078>); the reset gate works on the
    /// product with the state, as in PyTorch and cuDNN:
    ///
    /// r = sigma(a_r + h U_r + b_r), z = sigma(a_z + h U_z + b_z), n = tanh(a_n + r (h U_n + b_n)),
    /// h' = (1 - z) n + z h
    ///
    /// The columns of U are those of r, z and n in turn.
    Gru,
    /// Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997,
    /// <https://doi.org/10.1162/neco.1997.9.8.1735>; Gers et al. 2000, <https://doi.org/10.1162/089976600300015015>):
    ///
    /// i, f, o = sigma(a + h U + b), g = tanh(a_g + h U_g + b_g), c' = f c + i g, h' = o tanh(c')
    ///
    /// The columns of U are those of i, f, g and o in turn, as in PyTorch.
    Lstm,
}

impl Unit {
    /// Sums for each unit.
    pub fn sums(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// Numbers of the state for each unit: the output h, and for a long short-term memory the cell c after all h.
    pub fn state(self) -> usize {
        match self {
            Self::Elman | Self::Gru => 1,
            Self::Lstm => 2,
        }
    }

    /// Values for each unit that the forward pass leaves for the gradient: of a gated recurrent unit the reset
    /// gate, the update gate, the candidate, and the candidate's sum from the state before the reset; of a long
    /// short-term memory its four gates. An Elman unit needs its states only; one value is kept all the same.
    fn kept(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru | Self::Lstm => 4,
        }
    }
}

/// A layer over one batch of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which units.
    pub unit: Unit,
    /// Steps of the sequences.
    pub steps: usize,
    /// Sequences side by side.
    pub batch: usize,
    /// Units.
    pub units: usize,
}

impl Layer {
    /// Values of all units of one step.
    fn plane(&self) -> usize {
        self.batch * self.units
    }
}

/// What the forward pass leaves for the gradient, for each step and sequence [`Unit::kept`] values of each unit.
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

/// One step's block of `values`, each of `size` values.
fn block(values: &[f32], step: usize, size: usize) -> &[f32] {
    &values[step * size..(step + 1) * size]
}

fn block_mut(values: &mut [f32], step: usize, size: usize) -> &mut [f32] {
    &mut values[step * size..(step + 1) * size]
}

/// The states `[steps, batch, state]` and the gates, from `inputs [steps, batch, sums]`, `weight [units, sums]`,
/// `bias [sums]` and `initial [batch, state]`.
pub(crate) fn forward(
    level: Level,
    layer: &Layer,
    [inputs, weight, bias, initial]: [&[f32]; 4],
) -> (Vec<f32>, Gates) {
    let Layer {
        unit,
        steps,
        batch,
        units,
    } = *layer;
    let plane = layer.plane();
    let (wide, long, kept) = (unit.sums(), unit.state(), unit.kept());
    assert!(inputs.len() == wide * steps * plane && weight.len() == wide * units * units);
    assert!(bias.len() == wide * units && initial.len() == long * plane);
    let mut states = vec![0.0; long * steps * plane];
    let mut gates = vec![0.0; kept * steps * plane];
    let mut sums = vec![0.0; wide * plane];
    for step in 0..steps {
        let (done, rest) = states.split_at_mut(long * step * plane);
        let before = match step {
            0 => initial,
            _ => block(done, step - 1, long * plane),
        };
        multiply_any(
            [batch, units, wide * units],
            rows(before, long * units),
            rows(weight, wide * units),
            Out::Write(fresh::of(&mut sums)),
            Threads::All,
        );
        rest[..long * plane]
            .par_chunks_mut(long * ROWS * units)
            .zip(block_mut(&mut gates, step, kept * plane).par_chunks_mut(kept * ROWS * units))
            .zip(before.par_chunks(long * ROWS * units))
            .zip(sums.par_chunks(wide * ROWS * units))
            .zip(block(inputs, step, wide * plane).par_chunks(wide * ROWS * units))
            .for_each(|((((states, gates), before), sums), inputs)| {
                level.run(Front {
                    unit,
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

/// What [`backward`] needs.
pub(crate) struct Passed<'a> {
    pub layer: &'a Layer,
    pub weight: &'a [f32],
    pub initial: &'a [f32],
    pub states: &'a [f32],
    pub gates: &'a [f32],
}

/// The gradients for what goes in, each in its shape.
pub(crate) struct LayerGradients {
    pub inputs: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub initial: Vec<f32>,
}

/// The gradients, from that for the states.
pub(crate) fn backward(level: Level, of: &Passed<'_>, gradient: &[f32]) -> LayerGradients {
    let Layer {
        unit,
        steps,
        batch,
        units,
    } = *of.layer;
    let plane = of.layer.plane();
    let (wide, long, kept) = (unit.sums(), unit.state(), unit.kept());
    // Of the sums with the inputs, and of those with the state before, which differ in a gated unit's candidate.
    let mut inputs = vec![0.0; wide * steps * plane];
    let mut sums = vec![0.0; wide * steps * plane];
    // Of the outputs and of the cells after a step, from all later ones.
    let mut outputs = vec![0.0; plane];
    let mut cells = vec![0.0; plane];
    for step in (0..steps).rev() {
        let before = match step {
            0 => of.initial,
            _ => block(of.states, step - 1, long * plane),
        };
        let sums = block_mut(&mut sums, step, wide * plane);
        outputs
            .par_chunks_mut(ROWS * units)
            .zip(cells.par_chunks_mut(ROWS * units))
            .zip(block_mut(&mut inputs, step, wide * plane).par_chunks_mut(wide * ROWS * units))
            .zip(sums.par_chunks_mut(wide * ROWS * units))
            .zip(block(gradient, step, long * plane).par_chunks(long * ROWS * units))
            .zip(before.par_chunks(long * ROWS * units))
            .zip(block(of.states, step, long * plane).par_chunks(long * ROWS * units))
            .zip(block(of.gates, step, kept * plane).par_chunks(kept * ROWS * units))
            .for_each(
                |(((((((outputs, cells), inputs), sums), gradient), before), states), gates)| {
                    level.run(Back {
                        unit,
                        units,
                        gates,
                        before,
                        states,
                        gradient,
                        sums,
                        inputs,
                        outputs,
                        cells,
                    });
                },
            );
        multiply_any(
            [batch, wide * units, units],
            rows(sums, wide * units),
            turned(of.weight, wide * units),
            Out::Add(&mut outputs),
            Threads::All,
        );
    }
    let (first, later) = sums.split_at(wide * plane);
    let mut weight = vec![0.0; wide * units * units];
    let mut add = |count: usize, states: &[f32], sums: &[f32]| {
        multiply_any(
            [units, count, wide * units],
            turned(states, long * units),
            rows(sums, wide * units),
            Out::Add(&mut weight),
            Threads::All,
        );
    };
    add(batch, of.initial, first);
    if steps > 1 {
        add((steps - 1) * batch, of.states, later);
    }
    let mut bias = vec![0.0; wide * units];
    for row in sums.chunks_exact(wide * units) {
        for (sum, value) in bias.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let initial = match unit {
        Unit::Elman | Unit::Gru => outputs,
        Unit::Lstm => (outputs.chunks_exact(units).zip(cells.chunks_exact(units)))
            .flat_map(|(outputs, cells)| [outputs, cells].concat())
            .collect(),
    };
    LayerGradients {
        inputs,
        weight,
        bias,
        initial,
    }
}
