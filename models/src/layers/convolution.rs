//! Convolutions: Burn's modules, with their parameters and records, computed by the crate `kernels`.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::layers::activation::{Activation, split};

/// How a convolution treats the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// No border: a window of 3 takes two rows and two columns away.
    Valid,
    /// A border of zeros, so that the size stays.
    Same,
}

/// A convolution whose bias starts at zero.
pub(crate) fn conv2d(
    channels: [usize; 2],
    window: [usize; 2],
    padding: Padding,
    initializer: Initializer,
    device: &Device,
) -> Conv2d {
    let padding = match padding {
        Padding::Valid => PaddingConfig2d::Valid,
        Padding::Same => PaddingConfig2d::Same,
    };
    let mut conv = Conv2dConfig::new(channels, window)
        .with_padding(padding)
        .with_initializer(initializer)
        .init(device);
    conv.bias = Some(Initializer::Zeros.init([channels[1]], device));
    conv
}

/// A convolution, the activation after it, and max-pooling after that where a size is given. A `line` of a
/// factor and an offset for each map, of a normalisation in an answer, becomes part of weights and bias.
///
/// # Shapes
/// - `images`: `[batch, in, height, width]`
/// - output: `[batch, out, height', width']`
pub fn conv2d_forward(
    conv: &Conv2d,
    images: Tensor<4>,
    line: Option<[Tensor<1>; 2]>,
    activation: Activation,
    pool: Option<usize>,
) -> Tensor<4> {
    let [_, _, height, width] = images.dims();
    let [rows, columns] = borders(conv, [height, width]);
    let options =
        ConvOptions::new_with_padding(conv.stride, [rows, columns], conv.dilation, conv.groups);
    let (rectifier, rest) = split(activation);
    let (mut weight, mut bias) = (conv.weight.val(), conv.bias.as_ref().map(|bias| bias.val()));
    if let Some([factor, offset]) = line {
        weight = weight * factor.clone().reshape([-1, 1, 1, 1]);
        bias = Some(match bias {
            Some(bias) => bias * factor + offset,
            None => offset,
        });
    }
    match pool {
        Some(size) if rest == Activation::Identity => {
            kernels::conv2d_max_pool2d(images, weight, bias, options, rectifier, size)
        }
        pool => {
            let maps = rest.forward(kernels::conv2d(images, weight, bias, options, rectifier));
            match pool {
                Some(size) => kernels::max_pool2d(maps, size),
                None => maps,
            }
        }
    }
}

/// Zeros before and after, for rows and columns: what Burn's module works out for itself, but does not
/// make public.
fn borders(conv: &Conv2d, size: [usize; 2]) -> [(usize, usize); 2] {
    match conv.padding {
        PaddingConfig2d::Valid => [(0, 0); 2],
        PaddingConfig2d::Explicit(top, left, bottom, right) => [(top, bottom), (left, right)],
        PaddingConfig2d::Same => std::array::from_fn(|axis| {
            let steps = size[axis].div_ceil(conv.stride[axis]) - 1;
            let reached = steps * conv.stride[axis] + conv.kernel_size[axis];
            let zeros = reached.saturating_sub(size[axis]);
            (zeros / 2, zeros - zeros / 2)
        }),
    }
}
