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

use crate::conv::shape::ConvShape;
pub(crate) use forward::{forward, forward_pooled};
pub(crate) use gradient::{input_gradient, weight_gradient};
pub(crate) use tiles::Maps;

/// Fewest input and output channels with which the filtering is used: with fewer, transforming the tiles costs more
/// than it saves, because a register of channels is mostly padding. (Measured on one thread with 16 lanes, images of
/// 48 x 48, both passes: 8 to 8 channels take 2/3 of the time of matrix products, 4 to 4 channels 2.2 times as long.)
const MIN_CHANNELS: usize = 8;

/// Largest number of transformed weights, 256 MiB. They are four times as many as the weights, and each thread of the
/// backward pass needs working memory for as many again; with kernels for more than some 1300 x 1300 channels, matrix
/// products are used instead. (The largest convolution of the zoo has 128 x 256 channels, 4.7 MB.)
const MAX_TRANSFORMED_LEN: usize = 1 << 26;

/// Returns whether a convolution can be computed this way.
pub(crate) fn applies(shape: &ConvShape) -> bool {
    let [inputs, outputs] = shape.channels;
    shape.kernel == [3, 3]
        && shape.stride == [1, 1]
        && shape.dilation == [1, 1]
        && shape.padding.iter().flatten().all(|&border| border <= 2)
        && inputs >= MIN_CHANNELS
        && outputs >= MIN_CHANNELS
        && transforms::POSITIONS * inputs * outputs <= MAX_TRANSFORMED_LEN
}

/// Returns whether a convolution with max-pooling over windows of 2 x 2 can be computed this way.
pub(crate) fn applies_pooled(shape: &ConvShape) -> bool {
    applies(shape) && shape.even_output().iter().all(|&length| length > 0)
}

#[cfg(test)]
mod tests {
    use super::{ConvShape, applies};

    #[test]
    fn kernels_with_many_channels_do_not_take_memory_for_their_transforms() {
        let applies_to = |inputs, outputs| {
            applies(&ConvShape {
                batch: 1,
                channels: [inputs, outputs],
                input: [8, 8],
                kernel: [3, 3],
                stride: [1, 1],
                dilation: [1, 1],
                padding: [[1, 1]; 2],
            })
        };
        assert!(applies_to(8, 8) && applies_to(128, 256) && applies_to(1024, 1024));
        assert!(!applies_to(7, 8) && !applies_to(8, 7));
        assert!(!applies_to(4096, 4096) && !applies_to(512, 16_384));
    }
}
