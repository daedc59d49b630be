//! Any window, stride, padding and dilation: the values under the windows are laid out as a matrix, a block
//! of output rows at a time, and multiplied with the weights by the crate `gemm`.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::product::{Left, RightLayout, multiply};
use crate::scratch::Scratch;
use crate::shape::{ConvShape, Rectifier};
use crate::simd::Level;
use crate::sums::sum_in_parts;

/// Values of one block of the matrix: what stays in the second cache.
const BLOCK_VALUES: usize = 100_000;

impl ConvShape {
    /// Values under one window.
    fn window(&self) -> usize {
        self.channels[0] * self.kernel[0] * self.kernel[1]
    }

    /// Output rows of one block.
    fn block(&self) -> usize {
        let [height, width] = self.output();
        (BLOCK_VALUES / (self.window() * width).max(1)).clamp(1, height.max(1))
    }

    /// For one weight of a window along one axis: which outputs of the range read inside of the picture,
    /// and where the first of them reads.
    fn inside(&self, axis: usize, weight: usize, outputs: Range<usize>) -> (Range<usize>, usize) {
        let stride = self.stride[axis];
        let shift = weight * self.dilation[axis];
        let before = self.padding[axis][0];
        let size = self.input[axis];
        // output * stride + shift - before in 0..size
        let start = before
            .saturating_sub(shift)
            .div_ceil(stride)
            .max(outputs.start);
        let end = (size + before)
            .saturating_sub(shift)
            .div_ceil(stride)
            .min(outputs.end);
        if start >= end {
            return (outputs.start..outputs.start, 0);
        }
        (start..end, start * stride + shift - before)
    }

    /// Lays out the values under the windows of some output rows: `[channel, weight][output]`.
    /// The lines of `out` are `stride` apart.
    #[inline(always)]
    fn unfold(
        &self,
        image: &[f32],
        channels: Range<usize>,
        rows: Range<usize>,
        stride: usize,
        out: &mut [f32],
    ) {
        let [_, width] = self.output();
        let [input_height, input_width] = self.input;
        let mut lines = out.chunks_exact_mut(stride);
        for channel in channels {
            let plane =
                &image[channel * input_height * input_width..][..input_height * input_width];
            for y in 0..self.kernel[0] {
                let (inside_rows, first_row) = self.inside(0, y, rows.clone());
                for x in 0..self.kernel[1] {
                    let (inside, first) = self.inside(1, x, 0..width);
                    let Some(line) = lines.next() else { return };
                    let mut source = first_row;
                    for (row, line) in rows.clone().zip(line.chunks_exact_mut(width)) {
                        if !inside_rows.contains(&row) || inside.is_empty() {
                            line.fill(0.0);
                            continue;
                        }
                        let values = &plane[source * input_width..][..input_width];
                        source += self.stride[0];
                        line[..inside.start].fill(0.0);
                        line[inside.end..].fill(0.0);
                        let line = &mut line[inside.clone()];
                        if self.stride[1] == 1 {
                            line.copy_from_slice(&values[first..][..line.len()]);
                        } else {
                            let values = values[first..].iter().step_by(self.stride[1]);
                            for (to, from) in line.iter_mut().zip(values) {
                                *to = *from;
                            }
                        }
                    }
                }
            }
        }
    }

    /// Adds what [`unfold`](Self::unfold) has laid out back to where it came from.
    fn fold(&self, columns: &[f32], channels: usize, rows: Range<usize>, planes: &mut [f32]) {
        let [_, width] = self.output();
        let [input_height, input_width] = self.input;
        let mut lines = columns.chunks_exact(rows.len() * width);
        for plane in planes
            .chunks_exact_mut(input_height * input_width)
            .take(channels)
        {
            for y in 0..self.kernel[0] {
                let (inside_rows, first_row) = self.inside(0, y, rows.clone());
                for x in 0..self.kernel[1] {
                    let (inside, first) = self.inside(1, x, 0..width);
                    let Some(line) = lines.next() else { return };
                    let mut target = first_row;
                    for (row, line) in rows.clone().zip(line.chunks_exact(width)) {
                        if !inside_rows.contains(&row) || inside.is_empty() {
                            continue;
                        }
                        let values = &mut plane[target * input_width..][..input_width];
                        target += self.stride[0];
                        let line = &line[inside.clone()];
                        let values = values[first..].iter_mut().step_by(self.stride[1]);
                        for (to, from) in values.zip(line) {
                            *to += *from;
                        }
                    }
                }
            }
        }
    }
}

/// The convolution itself: `images [n, c, h, w]`, `weights [o, c, kh, kw]`, `bias [o]` to `[n, o, h', w']`.
pub(crate) fn forward(
    level: Level,
    shape: &ConvShape,
    images: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let outputs = shape.channels[1];
    let [height, width] = shape.output();
    let block = shape.block();
    let blocks = height.div_ceil(block);
    let write = |output: &mut [Fresh<f32>]| {
        let parts = fresh::by_rows(output, [outputs, shape.plane()], block * width);
        parts
            .into_par_iter()
            .enumerate()
            .for_each(|(index, lines)| {
                let (image, part) = (index / blocks, index % blocks);
                Scratch::with(|scratch| {
                    level.run(Block {
                        shape,
                        image: &images[image * shape.picture()..][..shape.picture()],
                        weights,
                        bias,
                        rectifier,
                        rows: part * block..height.min((part + 1) * block),
                        lines,
                        scratch,
                    });
                });
            });
    };
    // SAFETY: the blocks cover every line of every plane, and each writes all of its lines.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(shape.batch * outputs * shape.plane(), write)
    }
}

/// Some output rows of one picture.
struct Block<'a, 'b> {
    shape: &'a ConvShape,
    image: &'a [f32],
    weights: &'a [f32],
    bias: &'a [f32],
    rectifier: Rectifier,
    rows: Range<usize>,
    /// The rows in every output plane.
    lines: Vec<&'b mut [Fresh<f32>]>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [inputs, outputs] = self.shape.channels;
        let window = self.shape.window();
        let columns = self.rows.len() * self.shape.output()[1];
        // Whole registers; what lies behind the columns is computed and not used.
        let padded = columns.next_multiple_of(S::F32_LANES);
        let [unfolded, sums] = self.scratch.take([window * padded, outputs * padded]);
        self.shape
            .unfold(self.image, 0..inputs, self.rows, padded, unfolded);
        let left = Left {
            values: self.weights,
            row_stride: window,
            step_stride: 1,
        };
        let sizes = [outputs, window, padded];
        multiply(
            simd,
            sizes,
            left,
            unfolded,
            RightLayout::Rows(padded),
            sums,
            padded,
            false,
        );
        for ((line, sums), bias) in self
            .lines
            .into_iter()
            .zip(sums.chunks_exact(padded))
            .zip(self.bias)
        {
            for (value, sum) in line.iter_mut().zip(sums) {
                value.write(self.rectifier.apply(sum + bias));
            }
        }
    }
}

/// The gradient for the input, `[n, c, h, w]`.
pub(crate) fn input_gradient(shape: &ConvShape, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [inputs, outputs] = shape.channels;
    let [height, width] = shape.output();
    let mut result = vec![0.0; shape.batch * shape.picture()];
    if result.is_empty() || gradient.is_empty() {
        return result;
    }
    let block = shape.block();
    let taps = shape.kernel[0] * shape.kernel[1];
    let window = shape.window();
    // Groups of input channels, so that one picture occupies several threads.
    let group = inputs.div_ceil(4);
    let plane = shape.input[0] * shape.input[1];
    let picture = outputs * shape.plane();
    result
        .par_chunks_mut(shape.picture())
        .enumerate()
        .flat_map(|(image, planes)| {
            planes
                .par_chunks_mut(group * plane)
                .enumerate()
                .map(move |(group, planes)| (image, group, planes))
        })
        .for_each(|(image, index, planes)| {
            let channels = planes.len() / plane;
            let gradient = &gradient[image * picture..][..picture];
            for first in (0..height).step_by(block) {
                let rows = first..height.min(first + block);
                let columns = rows.len() * width;
                Scratch::with(|scratch| {
                    let [unfolded] = scratch.take([channels * taps * columns]);
                    let left = Matrix {
                        values: &weights[index * group * taps..],
                        row_stride: 1,
                        column_stride: window,
                    };
                    let right = Matrix {
                        values: &gradient[first * width..],
                        row_stride: shape.plane(),
                        column_stride: 1,
                    };
                    multiply_any(
                        [channels * taps, outputs, columns],
                        left,
                        right,
                        Out::Overwrite(unfolded),
                        Threads::One,
                    );
                    shape.fold(unfolded, channels, rows, planes);
                });
            }
        });
    result
}

/// The gradient for the weights, `[o, c, kh, kw]`.
pub(crate) fn weight_gradient(shape: &ConvShape, images: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [inputs, outputs] = shape.channels;
    let [height, width] = shape.output();
    if gradient.is_empty() {
        return vec![0.0; shape.weights()];
    }
    let block = shape.block();
    let blocks = height.div_ceil(block);
    let window = shape.window();
    let picture = outputs * shape.plane();
    let rows = shape.batch * blocks;
    sum_in_parts(rows, shape.weights(), |rows, sum| {
        for index in rows {
            let (image, index) = (index / blocks, index % blocks);
            let rows = index * block..height.min((index + 1) * block);
            let first = rows.start * width;
            let columns = rows.len() * width;
            Scratch::with(|scratch| {
                let [unfolded] = scratch.take([window * columns]);
                let pixels = &images[image * shape.picture()..][..shape.picture()];
                shape.unfold(pixels, 0..inputs, rows, columns, unfolded);
                let left = Matrix {
                    values: &gradient[image * picture..][..picture][first..],
                    row_stride: shape.plane(),
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
