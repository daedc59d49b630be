//! Any window, stride, padding and dilation: the values under the windows are laid out as a matrix, a block
//! of output rows at a time, and multiplied with the weights by the crate `gemm`.

use std::ops::Range;

use gemm::Parallelism;
use rayon::prelude::*;

use crate::scratch::Scratch;
use crate::shape::{ConvShape, Rectifier};

/// Values of one block of the matrix: what stays in the second cache.
const BLOCK_VALUES: usize = 100_000;
/// Into how many parts the gradient of the weights is split, whatever the number of threads is.
const PARTS: usize = 16;

/// A matrix in memory: element `(row, column)` is at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

/// `out[m, n] = left[m, k] * right[k, n]`, or `+=`; the rows of `out` are `n` apart.
fn multiply(
    [m, k, n]: [usize; 3],
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: &mut [f32],
    accumulate: bool,
) {
    if m == 0 || n == 0 {
        return;
    }
    let last = |matrix: Matrix<'_>, [rows, columns]: [usize; 2]| {
        rows.saturating_sub(1) * matrix.row_stride
            + columns.saturating_sub(1) * matrix.column_stride
    };
    assert!(k > 0 && out.len() >= m * n);
    assert!(last(left, [m, k]) < left.values.len() && last(right, [k, n]) < right.values.len());
    // SAFETY: the assertions above keep every element of the three matrices inside of its slice, and `out`
    // is borrowed mutably, so that it overlaps neither of the others. Elements are at most `isize::MAX`
    // bytes apart, as in any slice.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

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
        let start = before.saturating_sub(shift).div_ceil(stride).max(outputs.start);
        let end = (size + before).saturating_sub(shift).div_ceil(stride).min(outputs.end);
        if start >= end {
            return (outputs.start..outputs.start, 0);
        }
        (start..end, start * stride + shift - before)
    }

    /// Lays out the values under the windows of some output rows: `[channel, weight][output]`.
    fn unfold(&self, image: &[f32], channels: Range<usize>, rows: Range<usize>, out: &mut [f32]) {
        let [_, width] = self.output();
        let [input_height, input_width] = self.input;
        let mut lines = out.chunks_exact_mut(rows.len() * width);
        for channel in channels {
            let plane = &image[channel * input_height * input_width..][..input_height * input_width];
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
        for plane in planes.chunks_exact_mut(input_height * input_width).take(channels) {
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
    shape: &ConvShape,
    images: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let outputs = shape.channels[1];
    let [height, width] = shape.output();
    let mut output = vec![0.0; shape.batch * outputs * shape.plane()];
    if output.is_empty() {
        return output;
    }
    let block = shape.block();
    let blocks = height.div_ceil(block);
    let mut parts: Vec<Vec<&mut [f32]>> = Vec::new();
    parts.resize_with(shape.batch * blocks, || Vec::with_capacity(outputs));
    for (index, plane) in output.chunks_exact_mut(shape.plane()).enumerate() {
        let first = index / outputs * blocks;
        for (part, lines) in plane.chunks_mut(block * width).enumerate() {
            parts[first + part].push(lines);
        }
    }
    let window = shape.window();
    let (low, high) = rectifier.bounds();
    parts.into_par_iter().enumerate().for_each(|(index, lines)| {
        let (image, part) = (index / blocks, index % blocks);
        let rows = part * block..height.min((part + 1) * block);
        let columns = rows.len() * width;
        Scratch::with(|scratch| {
            let [unfolded, sums] = scratch.take([window * columns, outputs * columns]);
            let image = &images[image * shape.picture()..][..shape.picture()];
            shape.unfold(image, 0..shape.channels[0], rows, unfolded);
            let left = Matrix {
                values: weights,
                row_stride: window,
                column_stride: 1,
            };
            let right = Matrix {
                values: unfolded,
                row_stride: columns,
                column_stride: 1,
            };
            multiply([outputs, window, columns], left, right, sums, false);
            for ((line, sums), bias) in lines.into_iter().zip(sums.chunks_exact(columns)).zip(bias) {
                for (value, sum) in line.iter_mut().zip(sums) {
                    let sum = sum + bias;
                    // Not `clamp`, which would take NaN for the lower bound in some orders.
                    *value = if sum < low {
                        low
                    } else if sum > high {
                        high
                    } else {
                        sum
                    };
                }
            }
        });
    });
    output
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
                    multiply([channels * taps, outputs, columns], left, right, unfolded, false);
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
    let part = rows.div_ceil(PARTS);
    let parts: Vec<Vec<f32>> = (0..rows.div_ceil(part))
        .into_par_iter()
        .map(|index| {
            let mut sum = vec![0.0; shape.weights()];
            for index in index * part..rows.min((index + 1) * part) {
                let (image, index) = (index / blocks, index % blocks);
                let rows = index * block..height.min((index + 1) * block);
                let first = rows.start * width;
                let columns = rows.len() * width;
                Scratch::with(|scratch| {
                    let [unfolded] = scratch.take([window * columns]);
                    let pixels = &images[image * shape.picture()..][..shape.picture()];
                    shape.unfold(pixels, 0..inputs, rows, unfolded);
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
                    multiply([outputs, columns, window], left, right, &mut sum, true);
                });
            }
            sum
        })
        .collect();
    crate::conv::sum_parts(parts, shape.weights())
}
