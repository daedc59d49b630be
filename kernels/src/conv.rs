//! Convolution: which way a shape goes.

use rayon::prelude::*;

use crate::shape::{ConvShape, Rectifier};
use crate::simd::Level;
use crate::{direct, winograd};

/// The convolution: `images [n, c, h, w]`, `weights [o, c, kh, kw]`, `bias [o]` to `[n, o, h', w']`.
pub(crate) fn forward(
    shape: &ConvShape,
    images: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    if winograd::takes(shape) {
        winograd::forward(Level::detect(), shape, images, weights, bias, rectifier)
    } else {
        direct::forward(shape, images, weights, bias, rectifier)
    }
}

/// The gradient for the images.
pub(crate) fn input_gradient(shape: &ConvShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    if winograd::takes(shape) {
        winograd::input_gradient(Level::detect(), shape, weights, gradient)
    } else {
        direct::input_gradient(shape, weights, gradient)
    }
}

/// The gradient for the weights.
pub(crate) fn weight_gradient(shape: &ConvShape, images: &[f32], gradient: &[f32]) -> Vec<f32> {
    if winograd::takes(shape) {
        winograd::weight_gradient(Level::detect(), shape, images, gradient)
    } else {
        direct::weight_gradient(shape, images, gradient)
    }
}

/// The gradient before the rectifier, in place, and the gradient for the bias.
pub(crate) fn rectifier_gradient(
    shape: &ConvShape,
    output: &[f32],
    gradient: &mut [f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let (low, high) = rectifier.bounds();
    let outputs = shape.channels[1];
    let plane = shape.plane();
    let sums: Vec<f32> = gradient
        .par_chunks_mut(plane)
        .zip(output.par_chunks(plane))
        .map(|(gradient, output)| {
            if rectifier != Rectifier::None {
                for (gradient, output) in gradient.iter_mut().zip(output) {
                    *gradient = if low < *output && *output < high { *gradient } else { 0.0 };
                }
            }
            sum(gradient)
        })
        .collect();
    let mut bias = vec![0.0; outputs];
    for sums in sums.chunks_exact(outputs) {
        for (bias, sum) in bias.iter_mut().zip(sums) {
            *bias += sum;
        }
    }
    bias
}

/// The sum in sixteen lanes, which is faster and more exact than one.
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Adds the parts, always in the same order.
pub(crate) fn sum_parts(parts: Vec<Vec<f32>>, length: usize) -> Vec<f32> {
    const CHUNK: usize = 4096;
    let mut sum = vec![0.0; length];
    sum.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(index, sum)| {
            for part in &parts {
                let part = &part[index * CHUNK..][..sum.len()];
                for (sum, value) in sum.iter_mut().zip(part) {
                    *sum += value;
                }
            }
        });
    sum
}
