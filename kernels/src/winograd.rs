//! 3 x 3 windows with stride 1 by Winograd's minimal filtering, F(4 x 4, 3 x 3): 36 multiplications for 16
//! results instead of 144 (Lavin and Gray 2016, <https://arxiv.org/abs/1509.09308>).
//!
//! The output is cut into tiles of 4 x 4. With the matrices of the points 0, +-1, +-2 and infinity,
//!
//! ```text
//! output of a tile = A^T [ sum over channels (G g G^T) . (B^T d B) ] A
//! ```
//!
//! for the window `g` and the 6 x 6 values `d` under the tile, so that each of the 36 positions is a matrix
//! product over the channels. The gradient for the weights is the adjoint of the same formula,
//! `G^T [ sum over tiles (B^T d B) . (A dy A^T) ] G`, and the gradient for the input is a convolution of `dy`
//! with the windows turned by 180 degrees.
//!
//! Inside, channels come last, padded to whole registers: `[position][tile][channel]`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};
use crate::product::{Left, RightLayout, multiply, panel_vectors};
use crate::scratch::Scratch;
use crate::shape::{ConvShape, Rectifier};
use crate::simd::Level;
use crate::sums::sum_in_parts;
use crate::transpose::Transposer;

/// The side of a tile of the output.
const TILE: usize = 4;
/// The side of the input under a tile.
const PATCH: usize = TILE + 2;
/// Positions of the transformed tile.
const POSITIONS: usize = PATCH * PATCH;
/// Transformed values of one block of tiles: what stays in the second cache.
const BLOCK_VALUES: usize = 250_000;
/// Whether this shape is taken.
pub(crate) fn takes(shape: &ConvShape) -> bool {
    let [inputs, outputs] = shape.channels;
    shape.kernel == [3, 3]
        && shape.stride == [1, 1]
        && shape.dilation == [1, 1]
        && shape.padding.iter().flatten().all(|&border| border <= 2)
        && inputs >= 8
        && outputs >= 8
}

/// Whether this shape is taken with max-pooling over windows of 2 x 2 after it.
pub(crate) fn takes_pooled(shape: &ConvShape) -> bool {
    takes(shape) && shape.even_output().iter().all(|&length| length > 0)
}

/// Pictures, or the gradient of pictures: `[n, channel, height, width]`.
#[derive(Clone, Copy)]
pub(crate) enum Maps<'a> {
    /// Every value.
    Plain(&'a [f32]),
    /// Half as high and wide: each value belongs to one place of its 2 x 2 window, the others are zero.
    Pooled {
        values: &'a [f32],
        /// The places, `[n, height / 2, width / 2, channel]`, with the channels in whole registers.
        places: &'a [u8],
    },
}

/// The matrices between which one convolution goes, and the tiles of its output.
#[derive(Clone, Copy)]
struct Tiles {
    channels: [usize; 2],
    /// The channels in whole registers, as values.
    padded: [usize; 2],
    input: [usize; 2],
    output: [usize; 2],
    /// Zeros above and to the left.
    border: [usize; 2],
    /// Rows of tiles and tiles in a row.
    grid: [usize; 2],
    /// Rows of tiles done at a time.
    rows: usize,
}

impl Tiles {
    fn new(shape: &ConvShape, output: [usize; 2], level: Level) -> Self {
        let lanes = level.lanes();
        let padded = shape.channels.map(|n| n.next_multiple_of(lanes));
        let grid = output.map(|n| n.div_ceil(TILE));
        let tile_values = POSITIONS * (padded[0] + padded[1]);
        let tiles = (BLOCK_VALUES / tile_values).max(8);
        Self {
            channels: shape.channels,
            padded,
            input: shape.input,
            output,
            border: shape.padding.map(|[before, _]| before),
            grid,
            rows: (tiles / grid[1]).max(1),
        }
    }

    /// From one position to the next, for that many tiles. A line more than needed: the 36 positions would
    /// share a few sets of the cache at a power of two.
    fn position_stride(tiles: usize, channels: usize) -> usize {
        tiles * channels + 16
    }

    /// Values for the transformed tiles of one block, for input and output channels.
    fn transformed(&self) -> [usize; 2] {
        self.padded
            .map(|channels| POSITIONS * Self::position_stride(self.rows * self.grid[1], channels))
    }

    /// Values for the input rows under one row of tiles, and for the output rows.
    fn strips(&self) -> [usize; 2] {
        let width = self.grid[1] * TILE;
        [
            PATCH * (width + 2) * self.padded[0],
            TILE * width * self.padded[1],
        ]
    }

    /// Transforms the input under some rows of tiles; `row` counts the rows of all pictures.
    #[inline(always)]
    fn transform_inputs<S: Simd>(
        &self,
        simd: S,
        images: Maps<'_>,
        rows: std::ops::Range<usize>,
        [strip, line]: [&mut [f32]; 2],
        transformed: &mut [f32],
    ) {
        let [channels, _] = self.channels;
        let columns = self.grid[1] * TILE + 2;
        let stride = Self::position_stride(rows.len() * self.grid[1], self.padded[0]);
        let transposer = Transposer::new(S::F32_LANES);
        for (slot, row) in rows.enumerate() {
            let (image, row) = (row / self.grid[0], row % self.grid[0]);
            let window = Window {
                size: self.input,
                top: (row * TILE) as isize - self.border[0] as isize,
                left: -(self.border[1] as isize),
                rows: PATCH,
                columns,
            };
            let channels = [channels, self.padded[0]];
            window.channels_last(transposer, images, image, channels, strip, line);
            for tile in 0..self.grid[1] {
                let first = (slot * self.grid[1] + tile) * self.padded[0];
                input_tile(
                    simd,
                    strip,
                    [columns, tile * TILE, self.padded[0]],
                    &mut transformed[first..],
                    stride,
                );
            }
        }
    }
}

/// A part of a picture; what lies outside of it is zero.
struct Window {
    size: [usize; 2],
    top: isize,
    left: isize,
    rows: usize,
    columns: usize,
}

impl Window {
    /// Copies `[channel, height, width]` of one picture to `[row, column, channel]`, with zeros around.
    #[inline(always)]
    fn channels_last(
        &self,
        transposer: Transposer,
        maps: Maps<'_>,
        picture: usize,
        [channels, padded]: [usize; 2],
        strip: &mut [f32],
        pooled: &mut [f32],
    ) {
        let [height, width] = self.size;
        let before = (-self.left).clamp(0, self.columns as isize) as usize;
        let end = (width as isize - self.left).clamp(before as isize, self.columns as isize);
        let length = end as usize - before;
        let lines = strip.chunks_exact_mut(self.columns * padded);
        for (row, line) in lines.take(self.rows).enumerate() {
            let y = self.top + row as isize;
            if y < 0 || y >= height as isize {
                line.fill(0.0);
                continue;
            }
            let y = y as usize;
            line[..before * padded].fill(0.0);
            line[(before + length) * padded..].fill(0.0);
            let line = &mut line[before * padded..][..length * padded];
            match maps {
                Maps::Plain(values) => {
                    let values = &values[picture * channels * height * width..];
                    let start = (y * width)
                        .wrapping_add_signed(self.left)
                        .wrapping_add(before);
                    transposer.channels_last(
                        values,
                        [height * width, start],
                        channels,
                        line,
                        padded,
                    );
                }
                Maps::Pooled { values, places } => {
                    let (half_height, half) = (height / 2, width / 2);
                    let values = &values[picture * channels * half_height * half..];
                    let pooled = &mut pooled[..half * padded];
                    let start = y / 2 * half;
                    transposer.channels_last(
                        values,
                        [half_height * half, start],
                        channels,
                        pooled,
                        padded,
                    );
                    let places = &places[(picture * half_height + y / 2) * half * padded..];
                    let first = 2 * (y % 2) as u8;
                    let pixels = pooled.chunks_exact(padded).zip(places.chunks_exact(padded));
                    for (pair, (values, places)) in line.chunks_exact_mut(2 * padded).zip(pixels) {
                        let (left, right) = pair.split_at_mut(padded);
                        let values = values.iter().zip(places);
                        for ((left, right), (value, place)) in
                            left.iter_mut().zip(right).zip(values)
                        {
                            *left = if *place == first { *value } else { 0.0 };
                            *right = if *place == first + 1 { *value } else { 0.0 };
                        }
                    }
                }
            }
        }
    }
}

/// `B^T d` for six values.
#[inline(always)]
fn input_column<S: Simd>(simd: S, d: [S::f32s; PATCH]) -> [S::f32s; PATCH] {
    let two = simd.splat_f32s(2.0);
    let four = simd.splat_f32s(4.0);
    let minus_five = simd.splat_f32s(-5.0);
    let minus_four = simd.splat_f32s(-4.0);
    let even = simd.mul_add_e_f32s(minus_four, d[2], d[4]);
    let odd = simd.mul_add_e_f32s(minus_four, d[1], d[3]);
    let outer = simd.sub_f32s(d[4], d[2]);
    let inner = simd.mul_f32s(two, simd.sub_f32s(d[3], d[1]));
    [
        simd.mul_add_e_f32s(four, d[0], simd.mul_add_e_f32s(minus_five, d[2], d[4])),
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.add_f32s(outer, inner),
        simd.sub_f32s(outer, inner),
        simd.mul_add_e_f32s(four, d[1], simd.mul_add_e_f32s(minus_five, d[3], d[5])),
    ]
}

/// `A^T m` for six values.
#[inline(always)]
fn output_column<S: Simd>(simd: S, m: [S::f32s; PATCH]) -> [S::f32s; TILE] {
    let two = simd.splat_f32s(2.0);
    let four = simd.splat_f32s(4.0);
    let eight = simd.splat_f32s(8.0);
    let (sum, difference) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (far_sum, far_difference) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(simd.add_f32s(m[0], sum), far_sum),
        simd.mul_add_e_f32s(two, far_difference, difference),
        simd.mul_add_e_f32s(four, far_sum, sum),
        simd.add_f32s(simd.mul_add_e_f32s(eight, far_difference, difference), m[5]),
    ]
}

/// `A y` for four values.
#[inline(always)]
fn gradient_column<S: Simd>(simd: S, y: [S::f32s; TILE]) -> [S::f32s; PATCH] {
    let two = simd.splat_f32s(2.0);
    let four = simd.splat_f32s(4.0);
    let eight = simd.splat_f32s(8.0);
    let (even, odd) = (simd.add_f32s(y[0], y[2]), simd.add_f32s(y[1], y[3]));
    let far_even = simd.mul_add_e_f32s(four, y[2], y[0]);
    let far_odd = simd.mul_add_e_f32s(eight, y[3], simd.mul_f32s(two, y[1]));
    [
        y[0],
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.add_f32s(far_even, far_odd),
        simd.sub_f32s(far_even, far_odd),
        y[3],
    ]
}

/// `G g` for three values.
#[inline(always)]
fn weight_column<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; PATCH] {
    let quarter = simd.splat_f32s(0.25);
    let sixth = simd.splat_f32s(-1.0 / 6.0);
    let twelfth = simd.splat_f32s(1.0 / 12.0);
    let half = simd.splat_f32s(0.5);
    let outer = simd.mul_f32s(sixth, simd.add_f32s(g[0], g[2]));
    let inner = simd.mul_f32s(sixth, g[1]);
    // g0 / 24 + g2 / 6 and g1 / 12
    let far_outer = simd.mul_f32s(
        twelfth,
        simd.mul_add_e_f32s(half, g[0], simd.add_f32s(g[2], g[2])),
    );
    let far_inner = simd.mul_f32s(twelfth, g[1]);
    [
        simd.mul_f32s(quarter, g[0]),
        simd.add_f32s(outer, inner),
        simd.sub_f32s(outer, inner),
        simd.add_f32s(far_outer, far_inner),
        simd.sub_f32s(far_outer, far_inner),
        g[2],
    ]
}

/// `G^T u` for six values.
#[inline(always)]
fn weight_gradient_column<S: Simd>(simd: S, u: [S::f32s; PATCH]) -> [S::f32s; 3] {
    let quarter = simd.splat_f32s(0.25);
    let sixth = simd.splat_f32s(-1.0 / 6.0);
    let twelfth = simd.splat_f32s(1.0 / 12.0);
    let half = simd.splat_f32s(0.5);
    let two = simd.splat_f32s(2.0);
    let (sum, difference) = (simd.add_f32s(u[1], u[2]), simd.sub_f32s(u[1], u[2]));
    let (far_sum, far_difference) = (simd.add_f32s(u[3], u[4]), simd.sub_f32s(u[3], u[4]));
    let near = simd.mul_f32s(sixth, sum);
    let far = simd.mul_f32s(twelfth, far_sum);
    [
        simd.mul_add_e_f32s(quarter, u[0], simd.mul_add_e_f32s(half, far, near)),
        simd.mul_add_e_f32s(sixth, difference, simd.mul_f32s(twelfth, far_difference)),
        simd.add_f32s(simd.mul_add_e_f32s(two, far, near), u[5]),
    ]
}

/// `B^T d B` of one tile, all channels. `strip` is `[row, column, channel]`.
#[inline(always)]
fn input_tile<S: Simd>(
    simd: S,
    strip: &[f32],
    [columns, left, channels]: [usize; 3],
    transformed: &mut [f32],
    stride: usize,
) {
    let lanes = S::F32_LANES;
    let strip = S::as_simd_f32s(strip).0;
    let transformed = S::as_mut_simd_f32s(transformed).0;
    let (vectors, stride) = (channels / lanes, stride / lanes);
    let zero = simd.splat_f32s(0.0);
    for vector in 0..vectors {
        let mut half = [[zero; PATCH]; PATCH];
        for x in 0..PATCH {
            let mut column = [zero; PATCH];
            for (y, value) in column.iter_mut().enumerate() {
                *value = strip[(y * columns + left + x) * vectors + vector];
            }
            let column = input_column(simd, column);
            for (row, value) in half.iter_mut().zip(column) {
                row[x] = value;
            }
        }
        for (y, row) in half.into_iter().enumerate() {
            let row = input_column(simd, row);
            for (x, value) in row.into_iter().enumerate() {
                transformed[(y * PATCH + x) * stride + vector] = value;
            }
        }
    }
}

/// `A dy A^T` of one tile, all channels. `strip` is `[row, column, channel]`.
#[inline(always)]
fn gradient_tile<S: Simd>(
    simd: S,
    strip: &[f32],
    [columns, left, channels]: [usize; 3],
    transformed: &mut [f32],
    stride: usize,
) {
    let lanes = S::F32_LANES;
    let strip = S::as_simd_f32s(strip).0;
    let transformed = S::as_mut_simd_f32s(transformed).0;
    let (vectors, stride) = (channels / lanes, stride / lanes);
    let zero = simd.splat_f32s(0.0);
    for vector in 0..vectors {
        let mut half = [[zero; TILE]; PATCH];
        for x in 0..TILE {
            let mut column = [zero; TILE];
            for (y, value) in column.iter_mut().enumerate() {
                *value = strip[(y * columns + left + x) * vectors + vector];
            }
            let column = gradient_column(simd, column);
            for (row, value) in half.iter_mut().zip(column) {
                row[x] = value;
            }
        }
        for (y, row) in half.into_iter().enumerate() {
            let row = gradient_column(simd, row);
            for (x, value) in row.into_iter().enumerate() {
                transformed[(y * PATCH + x) * stride + vector] = value;
            }
        }
    }
}

/// `A^T m A` of one tile, all channels, with bias and rectifier, into `[row, column, channel]`.
#[inline(always)]
fn output_tile<S: Simd>(
    simd: S,
    transformed: &[f32],
    stride: usize,
    bias: &[f32],
    (low, high): (f32, f32),
    strip: &mut [f32],
    [columns, left, channels]: [usize; 3],
) {
    let lanes = S::F32_LANES;
    let strip = S::as_mut_simd_f32s(strip).0;
    let transformed = S::as_simd_f32s(transformed).0;
    let bias = S::as_simd_f32s(bias).0;
    let (vectors, stride) = (channels / lanes, stride / lanes);
    let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
    let zero = simd.splat_f32s(0.0);
    for vector in 0..vectors {
        let mut half = [[zero; PATCH]; TILE];
        for x in 0..PATCH {
            let mut column = [zero; PATCH];
            for (y, value) in column.iter_mut().enumerate() {
                *value = transformed[(y * PATCH + x) * stride + vector];
            }
            let column = output_column(simd, column);
            for (row, value) in half.iter_mut().zip(column) {
                row[x] = value;
            }
        }
        for (y, row) in half.into_iter().enumerate() {
            let row = output_column(simd, row);
            for (x, value) in row.into_iter().enumerate() {
                let value = simd.add_f32s(value, bias[vector]);
                // Not `max_f32s` and `min_f32s`: NaN stays NaN, whatever the instructions are.
                let value = simd.select_f32s(simd.less_than_f32s(value, low), low, value);
                let value = simd.select_f32s(simd.less_than_f32s(high, value), high, value);
                strip[(y * columns + left + x) * vectors + vector] = value;
            }
        }
    }
}

/// Where the weight from one channel to another begins, and whether the window is turned by 180 degrees.
#[derive(Clone, Copy)]
struct Windows<'a> {
    weights: &'a [f32],
    from_stride: usize,
    to_stride: usize,
    turned: bool,
}

impl<'a> Windows<'a> {
    fn forward(weights: &'a [f32], shape: &ConvShape) -> Self {
        Self {
            weights,
            from_stride: 9,
            to_stride: 9 * shape.channels[0],
            turned: false,
        }
    }
}

/// `G g G^T` of all windows, in panels for [`multiply`]: `[position][panel][from][to in the panel]`.
struct TransformWeights<'a> {
    windows: Windows<'a>,
    channels: [usize; 2],
    panels: &'a mut [f32],
}

impl WithSimd for TransformWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            windows,
            channels: [from, to],
            panels,
        } = self;
        let lanes = S::F32_LANES;
        let padded = to.next_multiple_of(lanes);
        let vectors = padded / lanes;
        let widest = panel_vectors(S::REGISTER_COUNT);
        let panels = S::as_mut_simd_f32s(panels).0;
        let stride = panels.len() / POSITIONS;
        let zero = simd.splat_f32s(0.0);
        for vector in 0..vectors {
            let first = vector / widest * widest;
            let width = widest.min(vectors - first);
            for channel in 0..from {
                let mut window = [zero; 9];
                for (k, value) in window.iter_mut().enumerate() {
                    let k = if windows.turned { 8 - k } else { k };
                    let lanes = S::as_mut_simd_f32s_of(value);
                    for (lane, value) in lanes.iter_mut().enumerate() {
                        let output = vector * S::F32_LANES + lane;
                        if output < to {
                            *value = windows.weights
                                [channel * windows.from_stride + output * windows.to_stride + k];
                        }
                    }
                }
                let mut half = [[zero; 3]; PATCH];
                for x in 0..3 {
                    let column = weight_column(simd, [window[x], window[3 + x], window[6 + x]]);
                    for (row, value) in half.iter_mut().zip(column) {
                        row[x] = value;
                    }
                }
                let place = first * from + channel * width + (vector - first);
                for (y, row) in half.into_iter().enumerate() {
                    for (x, value) in weight_column(simd, row).into_iter().enumerate() {
                        panels[(y * PATCH + x) * stride + place] = value;
                    }
                }
            }
        }
    }
}

/// The values of one register as a slice.
trait Lanes: Simd {
    fn as_mut_simd_f32s_of(vector: &mut Self::f32s) -> &mut [f32] {
        pulp::bytemuck::cast_slice_mut(std::slice::from_mut(vector))
    }
}

impl<S: Simd> Lanes for S {}

/// The convolution itself: `images [n, c, h, w]`, `weights [o, c, 3, 3]`, `bias [o]` to `[n, o, h', w']`.
pub(crate) fn forward(
    level: Level,
    shape: &ConvShape,
    images: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    let tiles = Tiles::new(shape, shape.output(), level);
    let windows = Windows::forward(weights, shape);
    convolve(
        level,
        tiles,
        shape.batch,
        Maps::Plain(images),
        windows,
        bias,
        rectifier,
    )
}

/// The same with max-pooling over windows of 2 x 2 after it, and the places the values came from, as
/// [`Maps::Pooled`] has them. What is pooled away is never written to memory.
pub(crate) fn forward_pooled(
    level: Level,
    shape: &ConvShape,
    images: &[f32],
    weights: &[f32],
    bias: &[f32],
    rectifier: Rectifier,
) -> (Vec<f32>, Vec<u8>) {
    let tiles = Tiles::new(shape, shape.even_output(), level);
    let [height, width] = tiles.output.map(|length| length / 2);
    let mut values = Vec::new();
    let write = |places: &mut [Fresh<u8>]| {
        let mut rows: Vec<&mut [Fresh<u8>]> = Vec::with_capacity(shape.batch * tiles.grid[0]);
        for picture in places.chunks_exact_mut(height * width * tiles.padded[1]) {
            rows.extend(picture.chunks_mut(TILE / 2 * width * tiles.padded[1]));
        }
        let windows = Windows::forward(weights, shape);
        let maps = Maps::Plain(images);
        values = convolve_into(
            level,
            tiles,
            shape.batch,
            maps,
            windows,
            bias,
            rectifier,
            rows,
        );
    };
    // SAFETY: the rows of tiles cover every row of places, and each block writes all of its rows.
    #[allow(unsafe_code)]
    let places = unsafe { fresh::vector(shape.batch * height * width * tiles.padded[1], write) };
    (values, places)
}

/// The gradient for the input: the gradient of the output, filtered with the turned windows.
pub(crate) fn input_gradient(
    level: Level,
    shape: &ConvShape,
    weights: &[f32],
    gradient: Maps<'_>,
) -> Vec<f32> {
    let [inputs, outputs] = shape.channels;
    let windows = Windows {
        weights,
        from_stride: 9 * inputs,
        to_stride: 9,
        turned: true,
    };
    let turned = ConvShape {
        channels: [outputs, inputs],
        input: shape.reached(gradient),
        padding: shape
            .padding
            .map(|borders| borders.map(|border| 2 - border)),
        ..*shape
    };
    let tiles = Tiles::new(&turned, shape.input, level);
    let bias = vec![0.0; inputs];
    convolve(
        level,
        tiles,
        shape.batch,
        gradient,
        windows,
        &bias,
        Rectifier::None,
    )
}

impl ConvShape {
    /// Height and width of what windows of 2 x 2 fill.
    fn even_output(&self) -> [usize; 2] {
        self.output().map(|length| length / 2 * 2)
    }

    /// Height and width of the output's gradient.
    fn reached(&self, gradient: Maps<'_>) -> [usize; 2] {
        match gradient {
            Maps::Plain(_) => self.output(),
            Maps::Pooled { .. } => self.even_output(),
        }
    }
}

fn convolve(
    level: Level,
    tiles: Tiles,
    batch: usize,
    maps: Maps<'_>,
    windows: Windows<'_>,
    bias: &[f32],
    rectifier: Rectifier,
) -> Vec<f32> {
    convolve_into(
        level,
        tiles,
        batch,
        maps,
        windows,
        bias,
        rectifier,
        Vec::new(),
    )
}

/// With rows for the places, the output is pooled.
#[allow(clippy::too_many_arguments)] // the inputs and the output of a convolution
fn convolve_into(
    level: Level,
    tiles: Tiles,
    batch: usize,
    maps: Maps<'_>,
    windows: Windows<'_>,
    bias: &[f32],
    rectifier: Rectifier,
    places: Vec<&mut [Fresh<u8>]>,
) -> Vec<f32> {
    let [from, to] = tiles.channels;
    let mut panels = aligned_vec::AVec::<f32>::new(64);
    panels.resize(POSITIONS * from * tiles.padded[1], 0.0);
    level.run(TransformWeights {
        windows,
        channels: [from, to],
        panels: &mut panels,
    });
    let mut padded_bias = vec![0.0; tiles.padded[1]];
    padded_bias[..to].copy_from_slice(bias);

    let shrink = if places.is_empty() { 1 } else { 2 };
    let [height, width] = tiles.output.map(|length| length / shrink);
    let plane = height * width;
    let write = |output: &mut [Fresh<f32>]| {
        // The rows of tiles of all pictures, each with its part of every output plane.
        let planes = fresh::by_rows(output, [to, plane], TILE / shrink * width);
        let mut rows: Vec<Lines<'_>> = (planes.into_iter())
            .map(|planes| Lines {
                planes,
                places: None,
            })
            .collect();
        for (row, places) in rows.iter_mut().zip(places) {
            row.places = Some(places);
        }
        rows.par_chunks_mut(tiles.rows)
            .enumerate()
            .for_each(|(index, lines)| {
                Scratch::with(|scratch| {
                    level.run(ConvolveBlock {
                        tiles,
                        maps,
                        panels: &panels,
                        bias: &padded_bias,
                        bounds: rectifier.bounds(),
                        first: index * tiles.rows,
                        lines,
                        scratch,
                    });
                });
            });
    };
    // SAFETY: the rows of tiles cover every line of every plane, and each block writes all of its lines.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(batch * to * plane, write)
    }
}

/// Where one row of tiles goes.
struct Lines<'a> {
    /// Its lines in every output plane.
    planes: Vec<&'a mut [Fresh<f32>]>,
    /// If the output is pooled: the places, `[row, column, channel]`.
    places: Option<&'a mut [Fresh<u8>]>,
}

/// Some rows of tiles of the convolution.
struct ConvolveBlock<'a, 'b> {
    tiles: Tiles,
    maps: Maps<'a>,
    panels: &'a [f32],
    bias: &'a [f32],
    bounds: (f32, f32),
    first: usize,
    lines: &'a mut [Lines<'b>],
    scratch: &'a mut Scratch,
}

impl WithSimd for ConvolveBlock<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tiles = &self.tiles;
        let [lengths_in, lengths_out] = tiles.transformed();
        let [strip_in, strip_out] = tiles.strips();
        let [inputs, outputs, strip, line] = self.scratch.take([
            lengths_in,
            lengths_out,
            strip_in.max(strip_out),
            strip_in.max(strip_out),
        ]);
        let rows = self.first..self.first + self.lines.len();
        tiles.transform_inputs(simd, self.maps, rows, [strip, line], inputs);
        let count = self.lines.len() * tiles.grid[1];
        let [from, to] = tiles.padded;
        let strides = [from, to].map(|channels| Tiles::position_stride(count, channels));
        let channels = tiles.channels[0];
        for position in 0..POSITIONS {
            let left = Left {
                values: &inputs[position * strides[0]..][..strides[0]],
                row_stride: from,
                step_stride: 1,
            };
            multiply(
                simd,
                [count, channels, to],
                left,
                &self.panels[position * channels * to..][..channels * to],
                RightLayout::Panels,
                &mut outputs[position * strides[1]..][..strides[1]],
                to,
                false,
            );
        }
        let columns = tiles.grid[1] * TILE;
        let transposer = Transposer::new(S::F32_LANES);
        for (slot, lines) in self.lines.iter_mut().enumerate() {
            for tile in 0..tiles.grid[1] {
                let first = (slot * tiles.grid[1] + tile) * to;
                output_tile(
                    simd,
                    &outputs[first..],
                    strides[1],
                    self.bias,
                    self.bounds,
                    strip,
                    [columns, tile * TILE, to],
                );
            }
            let width = tiles.output[1];
            match &mut lines.places {
                None => {
                    transposer.channels_first(strip, [columns * to, to], &mut lines.planes, width)
                }
                Some(places) => {
                    pool(strip, [columns * to, to], line, places, width / 2);
                    let row = width / 2 * to;
                    transposer.channels_first(line, [row, to], &mut lines.planes, width / 2);
                }
            }
        }
    }
}

/// The largest of each 2 x 2 pixels of `[row, column, channel]`, and its place. NaN wins over numbers.
#[inline(always)]
fn pool(
    strip: &[f32],
    [stride, channels]: [usize; 2],
    pooled: &mut [f32],
    places: &mut [Fresh<u8>],
    width: usize,
) {
    let lines = pooled
        .chunks_exact_mut(width * channels)
        .zip(places.chunks_exact_mut(width * channels));
    for ((line, places), rows) in lines.zip(strip.chunks_exact(2 * stride)) {
        let (upper, lower) = rows.split_at(stride);
        let pixels = upper
            .chunks_exact(2 * channels)
            .zip(lower.chunks_exact(2 * channels));
        let windows = line
            .chunks_exact_mut(channels)
            .zip(places.chunks_exact_mut(channels));
        for ((values, places), (upper, lower)) in windows.zip(pixels) {
            let (a, b) = upper.split_at(channels);
            let (c, d) = lower.split_at(channels);
            for (channel, (value, place)) in values.iter_mut().zip(places).enumerate() {
                let mut best = (a[channel], 0);
                for candidate in [(b[channel], 1), (c[channel], 2), (d[channel], 3)] {
                    let wins = (candidate.0 > best.0) | candidate.0.is_nan();
                    best = if wins { candidate } else { best };
                }
                *value = best.0;
                place.write(best.1);
            }
        }
    }
}

/// The gradient for the weights, `[o, c, 3, 3]`.
pub(crate) fn weight_gradient(
    level: Level,
    shape: &ConvShape,
    images: &[f32],
    gradient: Maps<'_>,
) -> Vec<f32> {
    let tiles = Tiles::new(shape, shape.reached(gradient), level);
    let rows = shape.batch * tiles.grid[0];
    sum_in_parts(rows, shape.weights(), |rows, sum| {
        Scratch::with(|scratch| {
            level.run(WeightGradientPart {
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

/// The gradient for the weights from some rows of tiles.
struct WeightGradientPart<'a> {
    tiles: Tiles,
    images: &'a [f32],
    gradient: Maps<'a>,
    rows: std::ops::Range<usize>,
    sum: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl WithSimd for WeightGradientPart<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tiles = &self.tiles;
        let [inputs, outputs] = tiles.channels;
        let [from, to] = tiles.padded;
        let [lengths_in, lengths_out] = tiles.transformed();
        let [strip_in, strip_out] = tiles.strips();
        let columns = tiles.grid[1] * TILE;
        let [left, right, strip, line, sums] = self.scratch.take([
            lengths_in,
            lengths_out,
            strip_in.max(strip_out),
            strip_in.max(strip_out),
            POSITIONS * inputs * to,
        ]);
        sums.fill(0.0);
        let transposer = Transposer::new(S::F32_LANES);
        let mut first = self.rows.start;
        while first < self.rows.end {
            let rows = first..self.rows.end.min(first + tiles.rows);
            first = rows.end;
            let count = rows.len() * tiles.grid[1];
            let strides = [from, to].map(|channels| Tiles::position_stride(count, channels));
            let maps = Maps::Plain(self.images);
            tiles.transform_inputs(simd, maps, rows.clone(), [strip, line], left);
            for (slot, row) in rows.enumerate() {
                let (image, row) = (row / tiles.grid[0], row % tiles.grid[0]);
                let window = Window {
                    size: tiles.output,
                    top: (row * TILE) as isize,
                    left: 0,
                    rows: TILE,
                    columns,
                };
                window.channels_last(transposer, self.gradient, image, [outputs, to], strip, line);
                for tile in 0..tiles.grid[1] {
                    let place = (slot * tiles.grid[1] + tile) * to;
                    gradient_tile(
                        simd,
                        strip,
                        [columns, tile * TILE, to],
                        &mut right[place..],
                        strides[1],
                    );
                }
            }
            for position in 0..POSITIONS {
                let left = Left {
                    values: &left[position * strides[0]..][..strides[0]],
                    row_stride: 1,
                    step_stride: from,
                };
                multiply(
                    simd,
                    [inputs, count, to],
                    left,
                    &right[position * strides[1]..][..strides[1]],
                    RightLayout::Rows(to),
                    &mut sums[position * inputs * to..][..inputs * to],
                    to,
                    true,
                );
            }
        }
        weight_windows(simd, sums, [inputs, outputs, to], self.sum);
    }
}

/// `G^T u G` of all windows, `[position][input][output]` to `[output, input, 3, 3]`.
#[inline(always)]
fn weight_windows<S: Simd>(
    simd: S,
    sums: &[f32],
    [inputs, outputs, padded]: [usize; 3],
    windows: &mut [f32],
) {
    let lanes = S::F32_LANES;
    let sums = S::as_simd_f32s(sums).0;
    let vectors = padded / lanes;
    let zero = simd.splat_f32s(0.0);
    for input in 0..inputs {
        for vector in 0..vectors {
            let mut half = [[zero; PATCH]; 3];
            for x in 0..PATCH {
                let mut column = [zero; PATCH];
                for (y, value) in column.iter_mut().enumerate() {
                    *value = sums[((y * PATCH + x) * inputs + input) * vectors + vector];
                }
                let column = weight_gradient_column(simd, column);
                for (row, value) in half.iter_mut().zip(column) {
                    row[x] = value;
                }
            }
            for (y, row) in half.into_iter().enumerate() {
                for (x, mut value) in weight_gradient_column(simd, row).into_iter().enumerate() {
                    let first = vector * lanes;
                    for (lane, value) in S::as_mut_simd_f32s_of(&mut value).iter().enumerate() {
                        let output = first + lane;
                        if output < outputs {
                            windows[(output * inputs + input) * 9 + 3 * y + x] = *value;
                        }
                    }
                }
            }
        }
    }
}
