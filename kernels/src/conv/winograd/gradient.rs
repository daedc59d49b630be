//! The gradients of the convolution.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::forward::Convolution;
use super::tiles::{Maps, Tiles, Window};
use super::transforms::{Filters, POSITIONS, StripLayout, TILE, filter_gradients, gradient_tile};
use crate::conv::shape::ConvShape;
use crate::microkernel::{Layout, Left, Product, Right, multiply};
use crate::rectifier::Rectifier;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::sums::sum_in_parts;
use crate::transpose::Transposer;

impl Maps<'_> {
    /// Returns the height and width of the gradient of a convolution's output.
    fn size(&self, shape: &ConvShape) -> [usize; 2] {
        match self {
            Self::Plain(_) => shape.output(),
            Self::Pooled { .. } => shape.even_output(),
        }
    }

    /// Panics if the gradient of a convolution's output is not as long as its sizes say.
    fn assert_lengths(&self, shape: &ConvShape, level: Level) {
        let [height, width] = self.size(shape);
        let outputs = shape.channels[1];
        match self {
            Self::Plain(values) => {
                assert_eq!(values.len(), shape.batch * outputs * height * width);
            }
            Self::Pooled { values, argmax } => {
                let pixels = shape.batch * (height / 2) * (width / 2);
                let padded = outputs.next_multiple_of(level.lanes());
                assert_eq!(values.len(), pixels * outputs);
                assert_eq!(argmax.len(), pixels * padded);
            }
        }
    }
}

/// Computes the gradient of the input: that of the output, convolved with the rotated kernels.
pub(crate) fn input_gradient(
    level: Level,
    shape: &ConvShape,
    weights: &[f32],
    gradient: Maps<'_>,
) -> Vec<f32> {
    gradient.assert_lengths(shape, level);
    assert_eq!(weights.len(), shape.weight_len());
    let [inputs, outputs] = shape.channels;
    let reverse = ConvShape {
        channels: [outputs, inputs],
        input: gradient.size(shape),
        padding: shape
            .padding
            .map(|borders| borders.map(|border| 2 - border)),
        ..*shape
    };
    Convolution {
        level,
        tiles: Tiles::new(&reverse, shape.input, level),
        batch: shape.batch,
        maps: gradient,
        filters: Filters::backward(weights, shape),
        bias: &vec![0.0; inputs],
        rectifier: Rectifier::None,
    }
    .run(Vec::new())
}

/// Computes the gradient of the weights, `[out, in, 3, 3]`.
pub(crate) fn weight_gradient(
    level: Level,
    shape: &ConvShape,
    images: &[f32],
    gradient: Maps<'_>,
) -> Vec<f32> {
    gradient.assert_lengths(shape, level);
    assert_eq!(images.len(), shape.batch * shape.image_len());
    let tiles = Tiles::new(shape, gradient.size(shape), level);
    let rows = shape.batch * tiles.grid[0];
    let length = shape.weight_len();
    let transformed = POSITIONS * shape.channels[0] * tiles.padded[1];
    sum_in_parts(rows, length, length + transformed, |rows, sum| {
        Scratch::with(|scratch| {
            level.run(WeightGradient {
                tiles,
                images,
                gradient,
                rows,
                sum,
                scratch,
            });
        });
    })
}

/// The part of the gradient of the weights that comes from some rows of tiles.
struct WeightGradient<'a> {
    tiles: Tiles,
    images: &'a [f32],
    gradient: Maps<'a>,
    /// These rows, among those of all images.
    rows: Range<usize>,
    sum: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl WithSimd for WeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tiles = &self.tiles;
        let [inputs, outputs] = tiles.channels;
        let [from, to] = tiles.padded;
        let [input_len, output_len] = tiles.transformed_len();
        let strip_len = tiles.strip_len();
        let [left, right, strip, line, sums] = self.scratch.take([
            input_len,
            output_len,
            strip_len,
            strip_len,
            POSITIONS * inputs * to,
        ]);
        sums.fill(0.0);
        let mut first = self.rows.start;
        while first < self.rows.end {
            let rows = first..self.rows.end.min(first + tiles.rows);
            first = rows.end;
            let count = rows.len() * tiles.grid[1];
            let strides = [from, to].map(|channels| Tiles::position_stride(count, channels));
            let images = Maps::Plain(self.images);
            tiles.transform_inputs(simd, images, rows.clone(), [strip, line], left);
            tiles.transform_gradient(simd, self.gradient, rows, [strip, line], right);
            for position in 0..POSITIONS {
                let left = Left {
                    values: &left[position * strides[0]..][..strides[0]],
                    row_stride: 1,
                    step_stride: from,
                };
                let right = Right {
                    values: &right[position * strides[1]..][..strides[1]],
                    layout: Layout::Rows(to),
                };
                let product = Product {
                    values: &mut sums[position * inputs * to..][..inputs * to],
                    stride: to,
                    accumulate: true,
                };
                multiply(simd, [inputs, count, to], left, right, product);
            }
        }
        filter_gradients(simd, sums, [inputs, outputs, to], self.sum);
    }
}

impl Tiles {
    /// Transforms the gradient of some rows of tiles, `A dy A^T`; `rows` counts the rows of tiles of all images.
    #[inline(always)]
    fn transform_gradient<S: Simd>(
        &self,
        simd: S,
        gradient: Maps<'_>,
        rows: Range<usize>,
        [strip, line]: [&mut [f32]; 2],
        transformed: &mut [f32],
    ) {
        let columns = self.grid[1] * TILE;
        let channels = self.padded[1];
        let stride = Self::position_stride(rows.len() * self.grid[1], channels);
        let transposer = Transposer::new(S::F32_LANES);
        for (slot, row) in rows.enumerate() {
            let (image, row) = (row / self.grid[0], row % self.grid[0]);
            let window = Window {
                size: self.output,
                top: (row * TILE) as isize,
                left: 0,
                rows: TILE,
                columns,
                channels: self.channels[1],
                padded: channels,
            };
            window.channels_last(transposer, gradient, image, strip, line);
            for tile in 0..self.grid[1] {
                let first = (slot * self.grid[1] + tile) * channels;
                let layout = StripLayout {
                    columns,
                    left: tile * TILE,
                    channels,
                };
                gradient_tile(simd, strip, layout, &mut transformed[first..], stride);
            }
        }
    }
}
