//! The transforms of Winograd's minimal filtering F(4 x 4, 3 x 3), for the points 0, 1, -1, 2, -2 and infinity (Lavin
//! and Gray 2016, <https://arxiv.org/abs/1509.09308>, section 4.3):
//!
//! ```text
//!         4  0 -5  0  1  0               1/4    0    0              1  1  1  1  1  0
//!         0 -4 -4  1  1  0              -1/6 -1/6 -1/6              0  1 -1  2 -2  0
//! B^T  =  0  4 -4 -1  1  0        G  =  -1/6  1/6 -1/6      A^T  =  0  1  1  4  4  0
//!         0 -2 -1  2  1  0              1/24 1/12  1/6              0  1 -1  8 -8  1
//!         0  2 -1 -2  1  0              1/24 -1/12 1/6
//!         0  4  0 -5  0  1                 0    0    1
//! ```
//!
//! Each transform of a tile applies its matrix to the columns and then to the rows, for a register of channels at a
//! time.

use pulp::{Simd, WithSimd};

use crate::conv::shape::ConvShape;
use crate::simd::panel_vectors;

/// The side of a tile of the output.
pub(crate) const TILE: usize = 4;
/// The side of the input under a tile.
pub(crate) const PATCH: usize = TILE + 2;
/// Number of positions of a transformed tile.
pub(crate) const POSITIONS: usize = PATCH * PATCH;

/// Returns `B^T d`.
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

/// Returns `A^T m`.
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

/// Returns `A y`.
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

/// Returns `G g`.
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

/// Returns `G^T u`.
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

/// The channels-last rows under or of a row of tiles, `[row, column, channel]`, and where a tile begins in them.
#[derive(Clone, Copy)]
pub(crate) struct StripLayout {
    /// Number of columns of the strip.
    pub columns: usize,
    /// The first column of the tile.
    pub left: usize,
    /// Number of channels, in whole registers.
    pub channels: usize,
}

/// Writes `B^T d B` of one tile, all channels. The 36 positions are `stride` values apart.
#[inline(always)]
pub(crate) fn input_tile<S: Simd>(
    simd: S,
    strip: &[f32],
    layout: StripLayout,
    transformed: &mut [f32],
    stride: usize,
) {
    let StripLayout {
        columns,
        left,
        channels,
    } = layout;
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

/// Writes `A dy A^T` of one tile, all channels.
#[inline(always)]
pub(crate) fn gradient_tile<S: Simd>(
    simd: S,
    strip: &[f32],
    layout: StripLayout,
    transformed: &mut [f32],
    stride: usize,
) {
    let StripLayout {
        columns,
        left,
        channels,
    } = layout;
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

/// Writes `A^T m A` of one tile, all channels, with bias and rectifier.
#[inline(always)]
pub(crate) fn output_tile<S: Simd>(
    simd: S,
    transformed: &[f32],
    stride: usize,
    bias: &[f32],
    (low, high): (f32, f32),
    strip: &mut [f32],
    layout: StripLayout,
) {
    let StripLayout {
        columns,
        left,
        channels,
    } = layout;
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

/// The kernels of a convolution: where each begins, and whether it is rotated by 180 degrees.
#[derive(Clone, Copy)]
pub(crate) struct Filters<'a> {
    weights: &'a [f32],
    from_stride: usize,
    to_stride: usize,
    rotated: bool,
}

impl<'a> Filters<'a> {
    /// Returns the kernels of the forward pass.
    pub(crate) fn forward(weights: &'a [f32], shape: &ConvShape) -> Self {
        Self {
            weights,
            from_stride: 9,
            to_stride: 9 * shape.channels[0],
            rotated: false,
        }
    }

    /// Returns the kernels that give the gradient of the input: the channels change places, and each kernel is rotated.
    pub(crate) fn backward(weights: &'a [f32], shape: &ConvShape) -> Self {
        Self {
            weights,
            from_stride: 9 * shape.channels[0],
            to_stride: 9,
            rotated: true,
        }
    }
}

/// Writes `G g G^T` of all kernels, in panels for [`multiply`](crate::microkernel::multiply):
/// `[position][panel][from][to in the panel]`.
pub(crate) struct TransformFilters<'a> {
    pub filters: Filters<'a>,
    /// Numbers of channels that the kernels map from and to.
    pub channels: [usize; 2],
    pub panels: &'a mut [f32],
}

impl WithSimd for TransformFilters<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            filters,
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
                let mut filter = [zero; 9];
                for (k, value) in filter.iter_mut().enumerate() {
                    let k = if filters.rotated { 8 - k } else { k };
                    let lanes = lanes_mut::<S>(value);
                    for (lane, value) in lanes.iter_mut().enumerate() {
                        let output = vector * S::F32_LANES + lane;
                        if output < to {
                            *value = filters.weights
                                [channel * filters.from_stride + output * filters.to_stride + k];
                        }
                    }
                }
                let mut half = [[zero; 3]; PATCH];
                for x in 0..3 {
                    let column = weight_column(simd, [filter[x], filter[3 + x], filter[6 + x]]);
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

/// Returns the values of a register.
#[inline(always)]
fn lanes_mut<S: Simd>(vector: &mut S::f32s) -> &mut [f32] {
    pulp::bytemuck::cast_slice_mut(std::slice::from_mut(vector))
}

/// Writes the gradients of all kernels, `G^T u G`: `[position][input][output]` to `[output, input, 3, 3]`.
#[inline(always)]
pub(crate) fn filter_gradients<S: Simd>(
    simd: S,
    sums: &[f32],
    [inputs, outputs, padded]: [usize; 3],
    filters: &mut [f32],
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
                    for (lane, value) in lanes_mut::<S>(&mut value).iter().enumerate() {
                        let output = first + lane;
                        if output < outputs {
                            filters[(output * inputs + input) * 9 + 3 * y + x] = *value;
                        }
                    }
                }
            }
        }
    }
}
