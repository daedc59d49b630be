//! Kernels of 3 x 3 with stride 1 by Winograd's minimal filtering, F(4 x 4, 3 x 3): 36 multiplications for 16 outputs
//! instead of 144 (Lavin and Gray 2016, <https://arxiv.org/abs/1509.09308>).
//!
//! The output is cut into tiles of 4 x 4. With the matrices `A`, `B` and `G` of [`transforms`], the kernels `g` and the
//! 6 x 6 inputs `d` under a tile,
//!
//! ```text
//! forward    y  = A^T [ sum over channels (G g G^T) . (B^T d B) ] A
//! backward   dg = G^T [ sum over tiles (B^T d B) . (A dy A^T) ] G
//!            dx = dy convolved with the kernels rotated by 180 degrees
//! ```
//!
//! where `.` multiplies element by element, so that each of the 36 positions of a tile is a matrix product over the
//! channels. Inside, channels come last, padded to whole registers: `[position][tile][channel]`.
//!
//! The transforms amplify rounding errors: results are within 1e-4 of the definition, relative to the largest value
//! (tested). NaN and infinities spread over the tile.

mod forward;
mod gradient;
mod tiles;
mod transforms;

use super::shape::ConvShape;
pub(super) use forward::{forward, forward_pooled};
pub(super) use gradient::{input_gradient, weight_gradient};
pub(super) use tiles::Maps;

/// Fewest input and output channels with which the filtering is used: with fewer, transforming the tiles costs more
/// than it saves, because a register of channels is mostly padding.
const MIN_CHANNELS: usize = 8;

/// Returns whether a convolution can be computed this way.
pub(super) fn applies(shape: &ConvShape) -> bool {
    shape.kernel == [3, 3]
        && shape.stride == [1, 1]
        && shape.dilation == [1, 1]
        && shape.padding.iter().flatten().all(|&border| border <= 2)
        && shape.channels.iter().all(|&count| count >= MIN_CHANNELS)
}

/// Returns whether a convolution with max-pooling over windows of 2 x 2 can be computed this way.
pub(super) fn applies_pooled(shape: &ConvShape) -> bool {
    applies(shape) && shape.even_output().iter().all(|&length| length > 0)
}
