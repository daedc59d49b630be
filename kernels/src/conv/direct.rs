//! Convolutions of any kernel, stride, padding and dilation as matrix products: with the values under the kernel
//! [unfolded](super::unfold) to `U [window, outputs]`, a block of output rows at a time,
//!
//! ```text
//! forward    S = W U        W as [out, window], window = in * kernel height * kernel width
//! backward   dU = W^T dS    dW = dS U^T
//! ```

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::bands::bands;
use crate::conv::shape::ConvShape;
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::microkernel::{Layout, Left, Product, Right, multiply};
use crate::rectifier::Rectifier;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::sums::sum_in_parts;
use crate::uninit;

/// Computes the convolution: images `[n, in, h, w]`, weights `[out, in, kh, kw]` and bias `[out]` to
/// `[n, out, h', w']`.
pub(crate) fn forward(
    level: Level,
    shape: &ConvShape,
    [images, weights, bias]: [&[f32]; 3],
    rectifier: Rectifier,
) -> Vec<f32> {
    shape.assert_lengths(images, weights, bias);
    let outputs = shape.channels[1];
    let [height, width] = shape.output();
    let block = shape.rows_per_block();
    let blocks = height.div_ceil(block);
    let write = |output: &mut [MaybeUninit<f32>]| {
        bands(output, [outputs, shape.plane_len()], block * width)
            .into_par_iter()
            .enumerate()
            .for_each(|(index, band)| {
                let (image, part) = (index / blocks, index % blocks);
                Scratch::with(|scratch| {
                    level.run(Block {
                        shape,
                        image: &images[image * shape.image_len()..][..shape.image_len()],
                        weights,
                        bias,
                        rectifier,
                        rows: part * block..height.min((part + 1) * block),
                        band,
                        scratch,
                    });
                });
            });
    };
    // SAFETY: the bands cover every plane, and each block writes every line of its band: there is a bias for each
    // line, which `assert_lengths` has checked, and as many sums as outputs, or more.
    #[allow(unsafe_code)]
    unsafe {
        uninit::vec(shape.batch * outputs * shape.plane_len(), write)
    }
}

/// Some output rows of one image.
struct Block<'a, 'b> {
    shape: &'a ConvShape,
    image: &'a [f32],
    weights: &'a [f32],
    bias: &'a [f32],
    rectifier: Rectifier,
    rows: Range<usize>,
    /// These rows of every output channel.
    band: Vec<&'b mut [MaybeUninit<f32>]>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let outputs = self.shape.channels[1];
        let window = self.shape.window_len();
        let columns = self.rows.len() * self.shape.output()[1];
        // Whole registers; what lies behind the columns is computed and not used.
        let padded = columns.next_multiple_of(S::F32_LANES);
        let [unfolded, sums] = self.scratch.take([window * padded, outputs * padded]);
        (self.shape).unfold(self.image, self.rows, padded, unfolded);
        let left = Left {
            values: self.weights,
            row_stride: window,
            step_stride: 1,
        };
        let right = Right {
            values: unfolded,
            layout: Layout::Rows(padded),
        };
        let product = Product {
            values: sums,
            stride: padded,
            accumulate: false,
        };
        multiply(simd, [outputs, window, padded], left, right, product);
        let sums = sums.chunks_exact(padded);
        for ((line, sums), bias) in self.band.into_iter().zip(sums).zip(self.bias) {
            for (value, sum) in line.iter_mut().zip(sums) {
                value.write(self.rectifier.apply(sum + bias));
            }
        }
    }
}

/// Number of groups of input channels whose gradients are computed in parallel, so that a single image occupies four
/// threads; more groups would make the matrix products too small.
const GROUPS: usize = 4;

/// Computes the gradient of the images, `[n, in, h, w]`.
pub(crate) fn input_gradient(shape: &ConvShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [inputs, outputs] = shape.channels;
    assert_eq!(weights.len(), shape.weight_len());
    assert_eq!(gradient.len(), shape.batch * outputs * shape.plane_len());
    let mut result = vec![0.0; shape.batch * shape.image_len()];
    if result.is_empty() || gradient.is_empty() {
        return result;
    }
    let group = inputs.div_ceil(GROUPS);
    let plane = shape.input[0] * shape.input[1];
    let image_gradient = outputs * shape.plane_len();
    result
        .par_chunks_mut(shape.image_len())
        .zip(gradient.par_chunks(image_gradient))
        .flat_map(|(planes, gradient)| {
            planes
                .par_chunks_mut(group * plane)
                .enumerate()
                .map(move |(index, planes)| (index * group, planes, gradient))
        })
        .for_each(|(channel, planes, gradient)| {
            let weights = &weights[channel * shape.kernel[0] * shape.kernel[1]..];
            input_gradient_of_planes(shape, weights, gradient, planes);
        });
    result
}

/// Adds the gradient of some channels of one image to `planes`. `weights` begin with those of the first channel,
/// `gradient` is that of the image's output.
fn input_gradient_of_planes(
    shape: &ConvShape,
    weights: &[f32],
    gradient: &[f32],
    planes: &mut [f32],
) {
    let [height, width] = shape.output();
    let block = shape.rows_per_block();
    let channels = planes.len() / (shape.input[0] * shape.input[1]);
    let taps = channels * shape.kernel[0] * shape.kernel[1];
    for first in (0..height).step_by(block) {
        let rows = first..height.min(first + block);
        let columns = rows.len() * width;
        Scratch::with(|scratch| {
            let [unfolded] = scratch.take([taps * columns]);
            let left = Matrix {
                values: weights,
                row_stride: 1,
                column_stride: shape.window_len(),
            };
            let right = Matrix {
                values: &gradient[first * width..],
                row_stride: shape.plane_len(),
                column_stride: 1,
            };
            multiply_any(
                [taps, shape.channels[1], columns],
                left,
                right,
                Out::Overwrite(unfolded),
                Threads::One,
            );
            shape.fold(unfolded, rows, planes);
        });
    }
}

/// Computes the gradient of the weights, `[out, in, kh, kw]`.
pub(crate) fn weight_gradient(shape: &ConvShape, images: &[f32], gradient: &[f32]) -> Vec<f32> {
    let outputs = shape.channels[1];
    assert_eq!(images.len(), shape.batch * shape.image_len());
    assert_eq!(gradient.len(), shape.batch * outputs * shape.plane_len());
    if gradient.is_empty() {
        return vec![0.0; shape.weight_len()];
    }
    let [height, width] = shape.output();
    let block = shape.rows_per_block();
    let blocks = height.div_ceil(block);
    let window = shape.window_len();
    let image_gradient = outputs * shape.plane_len();
    let length = shape.weight_len();
    sum_in_parts(shape.batch * blocks, length, length, |range, sum| {
        for index in range {
            let (image, index) = (index / blocks, index % blocks);
            let rows = index * block..height.min((index + 1) * block);
            let first = rows.start * width;
            let columns = rows.len() * width;
            Scratch::with(|scratch| {
                let [unfolded] = scratch.take([window * columns]);
                let pixels = &images[image * shape.image_len()..][..shape.image_len()];
                shape.unfold(pixels, rows, columns, unfolded);
                let left = Matrix {
                    values: &gradient[image * image_gradient..][..image_gradient][first..],
                    row_stride: shape.plane_len(),
                    column_stride: 1,
                };
                let right = Matrix {
                    values: unfolded,
                    row_stride: 1,
                    column_stride: columns,
                };
                multiply_any(
                    [outputs, columns, window],
                    left,
                    right,
                    Out::Add(sum),
                    Threads::One,
                );
            });
        }
    })
}
