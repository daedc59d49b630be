//! A dense layer: a matrix product, bias and rectifier.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::conv::sum_in_parts;
use crate::fresh::{self, Fresh};
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::shape::Rectifier;
use crate::simd::Level;

/// The sizes of one dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Rows of the input.
    pub batch: usize,
    /// `[input, output]`
    pub units: [usize; 2],
}

/// At least so many values are worth a task of their own.
const TASK: usize = 16_384;

/// How many rows make a task.
fn rows_in_task(width: usize) -> usize {
    (TASK / width.max(1)).max(1)
}

/// `[m, k] * [k, n]`
fn product(sizes: [usize; 3], left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    let write = |out: &mut [Fresh<f32>]| {
        multiply_any(sizes, left, right, Out::Write(out), Threads::All);
    };
    // SAFETY: the product writes all of its `m * n` values.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(sizes[0] * sizes[2], write)
    }
}

/// `inputs [n, i]`, `weights [i, o]`, `bias [o]` to `[n, o]`.
pub(crate) fn forward(
    shape: &DenseShape,
    inputs: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let [from, to] = shape.units;
    let sizes = [shape.batch, from, to];
    let mut output = product(sizes, Matrix::rows(inputs, from), Matrix::rows(weights, to));
    let level = Level::detect();
    let finish = |output: &mut [f32]| {
        level.run(Finish {
            output,
            bias,
            rectifier,
        });
    };
    let part = rows_in_task(to) * to;
    if output.len() <= part {
        finish(&mut output);
    } else {
        output.par_chunks_mut(part).for_each(finish);
    }
    output
}

/// Adds the bias to each row, then the rectifier.
struct Finish<'a> {
    output: &'a mut [f32],
    bias: &'a [f32],
    rectifier: Rectifier,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for line in self.output.chunks_exact_mut(self.bias.len()) {
            for (value, bias) in line.iter_mut().zip(self.bias) {
                *value = self.rectifier.apply(*value + bias);
            }
        }
    }
}

/// The gradient before the rectifier, in place, and the gradient for the bias.
pub(crate) fn rectifier_gradient(
    shape: &DenseShape,
    output: &[f32],
    gradient: &mut [f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let level = Level::detect();
    let stop = |(gradient, output): (&mut [f32], &[f32])| {
        level.run(Stop {
            output,
            gradient,
            rectifier,
        });
    };
    let width = shape.units[1];
    let part = rows_in_task(width) * width;
    if rectifier != Rectifier::None {
        if gradient.len() <= part {
            stop((gradient, output));
        } else {
            gradient
                .par_chunks_mut(part)
                .zip(output.par_chunks(part))
                .for_each(stop);
        }
    }
    sum_of_rows(gradient, width)
}

/// Where the rectifier was at a stop, the gradient is zero.
struct Stop<'a> {
    output: &'a [f32],
    gradient: &'a mut [f32],
    rectifier: Rectifier,
}

impl WithSimd for Stop<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (low, high) = self.rectifier.stops();
        for (gradient, output) in self.gradient.iter_mut().zip(self.output) {
            let stopped = (*output <= low) | (*output >= high);
            *gradient = if stopped { 0.0 } else { *gradient };
        }
    }
}

/// The sum of all rows.
pub(crate) fn sum_of_rows(values: &[f32], width: usize) -> Vec<f32> {
    let level = Level::detect();
    let add = |rows: Range<usize>, sum: &mut [f32]| {
        let rows = &values[rows.start * width..rows.end * width];
        level.run(Sum { rows, sum });
    };
    let rows = values.len() / width;
    if rows <= rows_in_task(width) {
        let mut sum = vec![0.0; width];
        add(0..rows, &mut sum);
        sum
    } else {
        sum_in_parts(rows, width, add)
    }
}

/// Adds rows to their sum.
struct Sum<'a> {
    rows: &'a [f32],
    sum: &'a mut [f32],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact(self.sum.len()) {
            for (sum, value) in self.sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

/// The gradient for the weights, `[i, o]`.
pub(crate) fn weight_gradient(shape: &DenseShape, inputs: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [from, to] = shape.units;
    let sizes = [from, shape.batch, to];
    product(
        sizes,
        Matrix::turned(inputs, from),
        Matrix::rows(gradient, to),
    )
}

/// The gradient for the inputs, `[n, i]`.
pub(crate) fn input_gradient(shape: &DenseShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [from, to] = shape.units;
    let sizes = [shape.batch, to, from];
    product(
        sizes,
        Matrix::rows(gradient, to),
        Matrix::turned(weights, to),
    )
}
