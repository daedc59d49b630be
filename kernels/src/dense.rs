//! A dense layer: a matrix product, bias and rectifier.

use crate::fresh::{self, Fresh};
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::shape::Rectifier;

/// The sizes of one dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Rows of the input.
    pub batch: usize,
    /// `[input, output]`
    pub units: [usize; 2],
}

/// Row by row.
fn rows(values: &[f32], width: usize) -> Matrix<'_> {
    Matrix {
        values,
        row_stride: width,
        column_stride: 1,
    }
}

/// Rows become columns.
fn turned(values: &[f32], width: usize) -> Matrix<'_> {
    Matrix {
        values,
        row_stride: 1,
        column_stride: width,
    }
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
    let mut output = product(sizes, rows(inputs, from), rows(weights, to));
    for line in output.chunks_exact_mut(to) {
        for (value, bias) in line.iter_mut().zip(bias) {
            *value = rectifier.apply(*value + bias);
        }
    }
    output
}

/// The gradient before the rectifier, in place, and the gradient for the bias.
pub(crate) fn rectifier_gradient(
    shape: &DenseShape,
    output: &[f32],
    gradient: &mut [f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let (low, high) = rectifier.stops();
    let mut bias = vec![0.0; shape.units[1]];
    let lines = output.chunks_exact(bias.len());
    for (gradient, output) in gradient.chunks_exact_mut(bias.len()).zip(lines) {
        for ((gradient, output), bias) in gradient.iter_mut().zip(output).zip(&mut bias) {
            let stopped = *output <= low || *output >= high;
            *gradient = if stopped { 0.0 } else { *gradient };
            *bias += *gradient;
        }
    }
    bias
}

/// The gradient for the weights, `[i, o]`.
pub(crate) fn weight_gradient(shape: &DenseShape, inputs: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [from, to] = shape.units;
    let sizes = [from, shape.batch, to];
    product(sizes, turned(inputs, from), rows(gradient, to))
}

/// The gradient for the inputs, `[n, i]`.
pub(crate) fn input_gradient(shape: &DenseShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [from, to] = shape.units;
    let sizes = [shape.batch, to, from];
    product(sizes, rows(gradient, to), turned(weights, to))
}
