//! A layer of recurrent units over a whole sequence, forward and backward.
//!
//! Everything is time first, `[steps, batch, ...]`, so that a step is one block of memory. Only the product with
//! the state before is computed step by step, each thread with sequences of its own.

mod rows;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::fresh::{self, Fresh, by_rows};
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::product::Panels;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::sums::sum_rows;
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

    /// Whether the gradients for the sums with the inputs are others than for those with the state before.
    fn sums_differ(self) -> bool {
        self == Self::Gru
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

/// At most so many sequences go through a layer side by side: their sums stay in the cache beside the weights.
const SEQUENCES: usize = 32;

/// How many sequences of a batch one thread takes at a time, through all steps: so threads wait for each other
/// once, not in every step. No result depends on it.
fn side_by_side(batch: usize) -> usize {
    batch
        .div_ceil(rayon::current_num_threads())
        .clamp(1, SEQUENCES)
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
    let panels = Panels::pack(
        level,
        [units, wide * units],
        Matrix::rows(weight, wide * units),
    );
    let part = side_by_side(batch);
    let run = |states: &mut [Fresh<f32>], gates: &mut [Fresh<f32>]| {
        by_rows(states, [steps, long * plane], long * part * units)
            .into_par_iter()
            .zip(by_rows(gates, [steps, kept * plane], kept * part * units))
            .enumerate()
            .for_each(|(index, (states, gates))| {
                Scratch::with(|scratch| {
                    level.run(Forward {
                        scratch,
                        layer,
                        first: index * part,
                        weight: &panels,
                        bias,
                        inputs,
                        initial,
                        states,
                        gates,
                    })
                });
            });
    };
    let mut gates = Vec::new();
    // SAFETY: `by_rows` deals out every part of both, and `Forward` writes all of each.
    #[allow(unsafe_code)]
    let states = unsafe {
        fresh::vector(long * steps * plane, |states| {
            gates = fresh::vector(kept * steps * plane, |gates| run(states, gates));
        })
    };
    (states, gates)
}

/// Some sequences of the batch, through all steps.
struct Forward<'a, 'b> {
    scratch: &'b mut Scratch,
    layer: &'a Layer,
    /// The first of the sequences.
    first: usize,
    weight: &'a Panels,
    bias: &'a [f32],
    inputs: &'a [f32],
    initial: &'a [f32],
    /// What is written at each step: the states and gates of these sequences.
    states: Vec<&'b mut [Fresh<f32>]>,
    gates: Vec<&'b mut [Fresh<f32>]>,
}

impl WithSimd for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Layer {
            unit, batch, units, ..
        } = *self.layer;
        let (wide, long) = (unit.sums() * units, unit.state() * units);
        let count = self.states.first().map_or(0, |states| states.len() / long);
        let width = self.weight.width();
        let [sums, state] = self.scratch.take([count * width, count * long]);
        state.copy_from_slice(&self.initial[self.first * long..][..count * long]);
        for (step, (states, gates)) in self.states.into_iter().zip(self.gates).enumerate() {
            self.weight
                .multiply(simd, [count, units], state, long, sums, false);
            Front {
                unit,
                units,
                bias: self.bias,
                inputs: &self.inputs[(step * batch + self.first) * wide..][..count * wide],
                sums,
                width,
                state,
                gates,
            }
            .advance();
            states.write_copy_of_slice(state);
        }
    }
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
    let (wide, long) = (unit.sums(), unit.state());
    assert!(of.states.len() == long * steps * plane && gradient.len() == of.states.len());
    assert!(of.gates.len() == unit.kept() * steps * plane && of.initial.len() == long * plane);
    assert_eq!(of.weight.len(), wide * units * units);
    let panels = Panels::pack(
        level,
        [wide * units, units],
        Matrix::turned(of.weight, wide * units),
    );
    let part = side_by_side(batch);
    let mut initial = vec![0.0; long * plane];
    // Of the sums with the state before, and of those with the inputs where they are others.
    let all = wide * steps * plane;
    let own = if unit.sums_differ() { all } else { 0 };
    let mut run = |sums: &mut [Fresh<f32>], inputs: &mut [Fresh<f32>]| {
        let mut inputs = by_rows(inputs, [steps, wide * plane], wide * part * units);
        inputs.resize_with(batch.div_ceil(part), Vec::new);
        by_rows(sums, [steps, wide * plane], wide * part * units)
            .into_par_iter()
            .zip(inputs)
            .zip(initial.par_chunks_mut(long * part * units))
            .enumerate()
            .for_each(|(index, ((sums, inputs), initial))| {
                Scratch::with(|scratch| {
                    level.run(Backward {
                        scratch,
                        of,
                        first: index * part,
                        weight: &panels,
                        gradient,
                        sums,
                        inputs,
                        initial,
                    })
                });
            });
    };
    let mut inputs = Vec::new();
    // SAFETY: `by_rows` deals out every part of both, and `Backward` writes all of each.
    #[allow(unsafe_code)]
    let sums = unsafe {
        fresh::vector(all, |sums| {
            inputs = fresh::vector(own, |inputs| run(sums, inputs));
        })
    };
    let (first, later) = sums.split_at(wide * plane);
    let mut weight = vec![0.0; wide * units * units];
    let mut add = |count: usize, states: &[f32], sums: &[f32]| {
        multiply_any(
            [units, count, wide * units],
            Matrix::turned(states, long * units),
            Matrix::rows(sums, wide * units),
            Out::Add(&mut weight),
            Threads::All,
        );
    };
    add(batch, of.initial, first);
    if steps > 1 {
        add((steps - 1) * batch, of.states, later);
    }
    let bias = sum_rows(level, &sums, wide * units);
    LayerGradients {
        inputs: if unit.sums_differ() { inputs } else { sums },
        weight,
        bias,
        initial,
    }
}

/// Some sequences of the batch, through all steps from the last to the first.
struct Backward<'a, 'b> {
    scratch: &'b mut Scratch,
    of: &'a Passed<'a>,
    /// The first of the sequences.
    first: usize,
    /// Turned.
    weight: &'a Panels,
    gradient: &'a [f32],
    /// What is written at each step: the gradients for the sums of these sequences with the state before, and for
    /// those with the inputs if they differ.
    sums: Vec<&'b mut [Fresh<f32>]>,
    inputs: Vec<&'b mut [Fresh<f32>]>,
    /// What is written in the end.
    initial: &'b mut [f32],
}

impl WithSimd for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Layer {
            unit,
            steps,
            batch,
            units,
        } = *self.of.layer;
        let (wide, long) = (unit.sums() * units, unit.state() * units);
        let kept = unit.kept() * units;
        let count = self.initial.len() / long;
        let width = self.weight.width();
        let [sums, outputs, cells] =
            self.scratch
                .take([count * wide, count * width, count * (long - units)]);
        outputs.fill(0.0);
        cells.fill(0.0);
        for step in (0..steps).rev() {
            let first = step * batch + self.first;
            let before = match step {
                0 => &self.of.initial[self.first * long..],
                _ => &self.of.states[(first - batch) * long..],
            };
            Back {
                unit,
                units,
                gates: &self.of.gates[first * kept..][..count * kept],
                before: &before[..count * long],
                states: &self.of.states[first * long..][..count * long],
                gradient: &self.gradient[first * long..][..count * long],
                sums,
                inputs: self.inputs.get_mut(step).map_or(&mut [], |inputs| inputs),
                outputs,
                width,
                cells,
            }
            .retreat();
            self.sums[step].write_copy_of_slice(sums);
            self.weight
                .multiply(simd, [count, wide], sums, wide, outputs, true);
        }
        let carried = outputs.chunks_exact(width);
        for (index, (initial, outputs)) in
            self.initial.chunks_exact_mut(long).zip(carried).enumerate()
        {
            let (of_output, of_cell) = initial.split_at_mut(units);
            of_output.copy_from_slice(&outputs[..units]);
            of_cell.copy_from_slice(&cells[index * (long - units)..][..long - units]);
        }
    }
}
