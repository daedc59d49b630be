//! Convolution: which way a shape goes.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::shape::{ConvShape, Rectifier};
use crate::simd::Level;
use crate::winograd::Maps;
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
        direct::forward(Level::detect(), shape, images, weights, bias, rectifier)
    }
}

/// The gradient for the images.
pub(crate) fn input_gradient(shape: &ConvShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    if winograd::takes(shape) {
        winograd::input_gradient(Level::detect(), shape, weights, Maps::Plain(gradient))
    } else {
        direct::input_gradient(shape, weights, gradient)
    }
}

/// The gradient for the weights.
pub(crate) fn weight_gradient(shape: &ConvShape, images: &[f32], gradient: &[f32]) -> Vec<f32> {
    if winograd::takes(shape) {
        winograd::weight_gradient(Level::detect(), shape, images, Maps::Plain(gradient))
    } else {
        direct::weight_gradient(shape, images, gradient)
    }
}

/// The gradient before the rectifier, in place, and the gradient for the bias: `[n, outputs, plane]`.
pub(crate) fn rectifier_gradient(
    [outputs, plane]: [usize; 2],
    output: &[f32],
    gradient: &mut [f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let level = Level::detect();
    let sums: Vec<f32> = gradient
        .par_chunks_mut(plane)
        .zip(output.par_chunks(plane))
        .map(|(gradient, output)| {
            level.run(RectifierPlane {
                output,
                gradient,
                rectifier,
            })
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

struct RectifierPlane<'a> {
    output: &'a [f32],
    gradient: &'a mut [f32],
    rectifier: Rectifier,
}

impl WithSimd for RectifierPlane<'_> {
    /// The sum of the gradient.
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let stop = self.rectifier.stop();
        // Sixteen sums are faster and more exact than one.
        let mut sums = [0.0f32; 16];
        let outputs = self.output.chunks(16);
        for (gradient, output) in self.gradient.chunks_mut(16).zip(outputs) {
            for ((gradient, output), sum) in gradient.iter_mut().zip(output).zip(&mut sums) {
                *gradient = stop.gradient(*output, *gradient);
                *sum += *gradient;
            }
        }
        sums.iter().sum()
    }
}
