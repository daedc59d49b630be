//! The values under the kernel as a matrix, and back ("im2col" and "col2im").

use std::ops::Range;

use crate::conv::shape::ConvShape;

/// Values of one block of the unfolded matrix: 400 KB, so that a block and its product stay in the second-level cache
/// (1 MB or more on the processors this was written for).
const BLOCK_LEN: usize = 100_000;

/// For one weight of the kernel and one axis: the outputs for which it lies inside the image.
struct Inside {
    outputs: Range<usize>,
    /// The coordinate in the image that the first of these outputs reads.
    first: usize,
}

impl ConvShape {
    /// Returns how many output rows make a block.
    pub(crate) fn rows_per_block(&self) -> usize {
        let [height, width] = self.output();
        (BLOCK_LEN / (self.window_len() * width).max(1)).clamp(1, height.max(1))
    }

    fn inside(&self, axis: usize, weight: usize, outputs: Range<usize>) -> Inside {
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
            return Inside {
                outputs: outputs.start..outputs.start,
                first: 0,
            };
        }
        Inside {
            outputs: start..end,
            first: start * stride + shift - before,
        }
    }

    /// Lays out the values under the kernel for some output rows, `[channel, weight][output]`, with zeros outside of
    /// the image. The rows of `out` are `stride` apart.
    #[inline(always)]
    pub(crate) fn unfold(&self, image: &[f32], rows: Range<usize>, stride: usize, out: &mut [f32]) {
        let [_, width] = self.output();
        let [input_height, input_width] = self.input;
        let mut lines = out.chunks_exact_mut(stride);
        for plane in image.chunks_exact(input_height * input_width) {
            for y in 0..self.kernel[0] {
                let vertical = self.inside(0, y, rows.clone());
                for x in 0..self.kernel[1] {
                    let horizontal = self.inside(1, x, 0..width);
                    let Some(line) = lines.next() else { return };
                    let mut source = vertical.first;
                    for (row, line) in rows.clone().zip(line.chunks_exact_mut(width)) {
                        if !vertical.outputs.contains(&row) || horizontal.outputs.is_empty() {
                            line.fill(0.0);
                            continue;
                        }
                        let values = &plane[source * input_width..][..input_width];
                        source += self.stride[0];
                        self.unfold_row(values, &horizontal, line);
                    }
                }
            }
        }
    }

    /// Lays out the values of one input row for one weight and one output row.
    #[inline(always)]
    fn unfold_row(&self, values: &[f32], inside: &Inside, line: &mut [f32]) {
        let Range { start, end } = inside.outputs;
        line[..start].fill(0.0);
        line[end..].fill(0.0);
        let line = &mut line[start..end];
        if self.stride[1] == 1 {
            line.copy_from_slice(&values[inside.first..][..line.len()]);
        } else {
            let values = values[inside.first..].iter().step_by(self.stride[1]);
            for (to, from) in line.iter_mut().zip(values) {
                *to = *from;
            }
        }
    }

    /// The adjoint of [`unfold`](Self::unfold): adds `columns` to the planes of the image that they came from.
    pub(crate) fn fold(&self, columns: &[f32], rows: Range<usize>, planes: &mut [f32]) {
        let [_, width] = self.output();
        let [input_height, input_width] = self.input;
        let mut lines = columns.chunks_exact(rows.len() * width);
        for plane in planes.chunks_exact_mut(input_height * input_width) {
            for y in 0..self.kernel[0] {
                let vertical = self.inside(0, y, rows.clone());
                for x in 0..self.kernel[1] {
                    let horizontal = self.inside(1, x, 0..width);
                    let Some(line) = lines.next() else { return };
                    let mut target = vertical.first;
                    for (row, line) in rows.clone().zip(line.chunks_exact(width)) {
                        if !vertical.outputs.contains(&row) || horizontal.outputs.is_empty() {
                            continue;
                        }
                        let values = &mut plane[target * input_width..][..input_width];
                        target += self.stride[0];
                        let line = &line[horizontal.outputs.clone()];
                        let values = values[horizontal.first..].iter_mut();
                        for (to, from) in values.step_by(self.stride[1]).zip(line) {
                            *to += *from;
                        }
                    }
                }
            }
        }
    }
}
