//! Convolution with bias and rectifier, and with max-pooling over windows of 2 x 2 after them.
//!
//! For images `x`, kernels `w`, a bias `b`, a rectifier `f` and max-pooling `p`:
//!
//! ```text
//! forward    s[o, i] = b[o] + sum over c, k of w[o, c, k] x[c, stride i + dilation k - padding]    y = p(f(s))
//! backward   ds = f'(s) p'(dy)                   db[o] = sum over i of ds[o, i]
//!            dw[o, c, k] = sum over i of ds[o, i] x[c, stride i + dilation k - padding]
//!            dx[c, j] = sum over o, k of w[o, c, k] ds[o, i],  the i with stride i + dilation k - padding = j
//! ```
//!
//! where `i`, `j` and `k` are pairs of coordinates. `f'(s)` is read off the output, so that `s` need not be kept.
//!
//! Burn computes `dw` as a convolution with a kernel as large as the image. Here, kernels of 3 x 3 with stride 1 go
//! through [`winograd`], all others through matrix products ([`direct`]).

mod direct;
mod shape;
mod unfold;
mod winograd;

use std::ops::Deref;

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Shape, Tensor, module};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::dispatch::{apply, bias_or_zeros, is_supported};
use crate::max_pool::max_pool2d;
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::rectifier::{Rectifier, Stop, rectify};
use crate::simd::Level;
pub(crate) use shape::ConvShape;
use winograd::Maps;

/// Applies a convolution and a rectifier.
///
/// On flex and ndarray this is one operation; elsewhere, and for several groups or other types than `f32`, it is
/// Burn's convolution and activation.
///
/// # Shapes
/// - `images`: `[batch, in, height, width]`
/// - `weight`: `[out, in / groups, kernel height, kernel width]`
/// - `bias`: `[out]`
/// - output: `[batch, out, height', width']`
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor, TensorData};
/// use burn::tensor::ops::ConvOptions;
/// use kernels::Rectifier;
///
/// let device = Device::flex();
/// let images = Tensor::ones([1, 1, 3, 3], &device);
/// let weight = Tensor::ones([1, 1, 2, 2], &device);
/// let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
/// let output = kernels::conv2d(images, weight, None, options, Rectifier::None);
/// assert_eq!(output.into_data(), TensorData::from([[[[4.0f32, 4.0], [4.0, 4.0]]]]));
/// ```
pub fn conv2d(
    images: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    rectifier: Rectifier,
) -> Tensor<4> {
    match supported_shape(&images, &weight, bias.as_ref(), &options) {
        Some(shape) => Conv {
            shape,
            rectifier,
            pooled: false,
        }
        .apply(images, weight, bias),
        None => rectify(module::conv2d(images, weight, bias, options), rectifier),
    }
}

/// Applies a convolution, a rectifier, and [max-pooling](max_pool2d) over windows of `size x size`. Where this is one
/// operation, what is pooled away is never written to memory.
///
/// # Shapes
/// - as for [`conv2d`]; output: `[batch, out, height' / size, width' / size]`
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor, TensorData};
/// use burn::tensor::ops::ConvOptions;
/// use kernels::Rectifier;
///
/// let device = Device::flex();
/// let images = Tensor::ones([1, 1, 3, 3], &device);
/// let weight = Tensor::ones([1, 1, 2, 2], &device);
/// let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
/// let output = kernels::conv2d_max_pool2d(images, weight, None, options, Rectifier::None, 2);
/// assert_eq!(output.into_data(), TensorData::from([[[[4.0f32]]]]));
/// ```
pub fn conv2d_max_pool2d(
    images: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    rectifier: Rectifier,
    size: usize,
) -> Tensor<4> {
    match supported_shape(&images, &weight, bias.as_ref(), &options) {
        Some(shape) if size == 2 && winograd::applies_pooled(&shape) => Conv {
            shape,
            rectifier,
            pooled: true,
        }
        .apply(images, weight, bias),
        _ => max_pool2d(conv2d(images, weight, bias, options, rectifier), size),
    }
}

/// Returns the sizes of a convolution that the operations of this crate support.
fn supported_shape(
    images: &Tensor<4>,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    options: &ConvOptions<2>,
) -> Option<ConvShape> {
    let [batch, inputs, height, width] = images.dims();
    let [outputs, group_inputs, kernel_height, kernel_width] = weight.dims();
    let shape = ConvShape {
        batch,
        channels: [inputs, outputs],
        input: [height, width],
        kernel: [kernel_height, kernel_width],
        stride: options.stride,
        dilation: options.dilation,
        padding: padding(options),
    };
    let fits = group_inputs == inputs && bias.is_none_or(|bias| bias.dims() == [outputs]);
    let is_simple = options.groups == 1 && shape.is_valid();
    (fits && is_simple && is_supported(images) && is_supported(weight)).then_some(shape)
}

/// Returns the rows of padding above and below, and the columns left and right.
fn padding(options: &ConvOptions<2>) -> [[usize; 2]; 2] {
    let mut padding = options.padding.iter();
    std::array::from_fn(|_| padding.next().map_or([0, 0], |&border| border.into()))
}

/// The operation of [`conv2d`] and [`conv2d_max_pool2d`], on the images, the weights and the bias.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv {
    pub shape: ConvShape,
    pub rectifier: Rectifier,
    /// Whether the output is max-pooled over windows of 2 x 2, which needs [`winograd::applies_pooled`].
    pub pooled: bool,
}

impl Conv {
    fn apply(self, images: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>) -> Tensor<4> {
        let bias = bias_or_zeros(bias, self.shape.channels[1], &images.device());
        let inputs = [
            images.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
        ];
        let [output] = apply(self, inputs);
        Tensor::from_dispatch(output)
    }

    /// Returns whether the convolution goes through Winograd's filtering, and not through matrix products.
    pub fn by_tiles(&self) -> bool {
        winograd::applies(&self.shape)
    }

    /// Returns the height and width of the output.
    fn output(&self) -> [usize; 2] {
        let output = self.shape.output();
        if self.pooled {
            output.map(|length| length / 2)
        } else {
            output
        }
    }

    /// Returns the gradient of the convolution before the pooling.
    fn maps<'a>(&self, values: &'a [f32], argmax: &'a [u8]) -> Maps<'a> {
        if self.pooled {
            Maps::Pooled { values, argmax }
        } else {
            Maps::Plain(values)
        }
    }
}

impl Operation<3> for Conv {
    /// The places of the largest values if the output is pooled.
    type Saved = Vec<u8>;

    fn kept(&self) -> Kept<3> {
        Kept {
            inputs: [true, true, false],
            output: true,
        }
    }

    fn output_shape(&self, _: [&Shape; 3]) -> Shape {
        let [height, width] = self.output();
        Shape::new([self.shape.batch, self.shape.channels[1], height, width])
    }

    fn forward(&self, level: Level, inputs: [&[f32]; 3]) -> Forward<Vec<u8>> {
        let (shape, rectifier) = (&self.shape, self.rectifier);
        let (output, argmax) = if self.pooled {
            winograd::forward_pooled(level, shape, inputs, rectifier)
        } else if self.by_tiles() {
            let output = winograd::forward(level, shape, inputs, rectifier);
            (output, Vec::new())
        } else {
            let output = direct::forward(level, shape, inputs, rectifier);
            (output, Vec::new())
        };
        Forward::new(output, argmax)
    }

    fn overwrites_gradient(&self, [_, _, bias]: [bool; 3]) -> bool {
        bias || self.rectifier != Rectifier::None
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Vec<u8>, 3>,
    ) -> [Option<Vec<f32>>; 3] {
        let Backward {
            inputs: [Some(images), Some(weights), _],
            output: Some(output),
            saved: argmax,
            mut gradient,
            wanted,
        } = pass
        else {
            not_kept()
        };
        let shape = &self.shape;
        let plane = self.output().iter().product();
        let bias = gradient.exclusive().map(|gradient| {
            let channels = shape.channels[1];
            stop_and_sum(level, self.rectifier, [channels, plane], &output, gradient)
        });
        drop(output);
        let maps = self.maps(&gradient, &argmax);
        let for_weights = wanted[1].then(|| {
            if self.by_tiles() {
                winograd::weight_gradient(level, shape, &images, maps)
            } else {
                direct::weight_gradient(shape, &images, &gradient)
            }
        });
        drop(images);
        let for_images = wanted[0].then(|| {
            if self.by_tiles() {
                winograd::input_gradient(level, shape, &weights, maps)
            } else {
                direct::input_gradient(shape, &weights, &gradient)
            }
        });
        [for_images, for_weights, bias]
    }
}

/// Multiplies the gradient of the output, `[n, channels, plane]`, by the derivative of the rectifier, and returns its
/// sum for each channel: the gradient of the bias.
fn stop_and_sum(
    level: Level,
    rectifier: Rectifier,
    [channels, plane]: [usize; 2],
    output: &[f32],
    gradient: &mut [f32],
) -> Vec<f32> {
    assert_eq!(output.len(), gradient.len());
    let stop = rectifier.stop();
    let sums: Vec<f32> = gradient
        .par_chunks_mut(plane)
        .zip(output.par_chunks(plane))
        .map(|(gradient, output)| {
            level.run(StopPlane {
                output,
                gradient,
                stop,
            })
        })
        .collect();
    let mut bias = vec![0.0; channels];
    for sums in sums.chunks_exact(channels) {
        for (bias, sum) in bias.iter_mut().zip(sums) {
            *bias += sum;
        }
    }
    bias
}

/// One plane of [`stop_and_sum`].
struct StopPlane<'a> {
    output: &'a [f32],
    gradient: &'a mut [f32],
    stop: Stop,
}

impl WithSimd for StopPlane<'_> {
    /// The sum of the gradient.
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        /// Running sums, a register of 512 bits: faster than one sum, and more exact.
        const SUMS: usize = 16;
        let mut sums = [0.0f32; SUMS];
        let outputs = self.output.chunks(SUMS);
        for (gradient, output) in self.gradient.chunks_mut(SUMS).zip(outputs) {
            for ((gradient, output), sum) in gradient.iter_mut().zip(output).zip(&mut sums) {
                *gradient = self.stop.gradient(*output, *gradient);
                *sum += *gradient;
            }
        }
        sums.iter().sum()
    }
}
