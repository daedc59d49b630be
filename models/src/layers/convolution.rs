//! Convolution (LeCun et al. 1998, <https://doi.org/10.1109/5.726791>).
//!
//! Burn's module, with its parameters and records, computed by the crate `kernels`.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::error::{ArchitectureError, check_size};
use crate::layers::activation::{Activation, split_rectifier};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::limits::{MAX_CHANNELS, MAX_WINDOW};

/// Padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// No padding: a window of 3 shrinks height and width by 2.
    Valid,
    /// Zeros around the input, so that a stride of 1 keeps height and width.
    Same,
}

/// Configuration of a convolution with a square window, and of the activation after it.
///
/// On maps of width 1, which are signals, the window is 1 wide too.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvConfig {
    /// Number of output channels.
    pub filters: usize,
    /// Side of the window.
    pub kernel: usize,
    /// Distance between neighbouring windows.
    pub stride: usize,
    /// Padding.
    pub padding: Padding,
    /// Whether each output channel has a bias. A batch normalisation that follows would subtract it again.
    pub bias: bool,
    /// Activation function.
    pub activation: Activation,
}

impl ConvConfig {
    fn window(&self, input: FeatureShape) -> [usize; 2] {
        match input {
            FeatureShape::Maps([_, _, 1]) => [self.kernel, 1],
            _ => [self.kernel; 2],
        }
    }
}

impl LayerConfig for ConvConfig {
    type Module = Conv;

    fn kind(&self) -> (&'static str, &'static str) {
        ("Conv2D", "conv2d")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        let [_, height, width] = input.maps(
            name,
            "it needs maps, but they were flattened before: move it up",
        )?;
        let Self {
            filters,
            kernel,
            stride,
            ..
        } = *self;
        check_size(|| format!("filters of {name}"), filters, 1..=MAX_CHANNELS)?;
        check_size(|| format!("the window of {name}"), kernel, 1..=MAX_WINDOW)?;
        check_size(|| format!("the stride of {name}"), stride, 1..=kernel)?;
        self.activation.validate()?;
        let [rows, columns] = self.window(input);
        let (height, width) = match self.padding {
            Padding::Same => (height, width),
            Padding::Valid if height >= rows && width >= columns => {
                (height - rows + 1, width - columns + 1)
            }
            Padding::Valid => {
                return Err(ArchitectureError::TooSmall {
                    layer: name.to_owned(),
                    needed: kernel,
                    height,
                    width,
                });
            }
        };
        let (height, width) = (height.div_ceil(stride), width.div_ceil(stride));
        Ok(FeatureShape::Maps([filters, height, width]))
    }

    fn init(&self, input: FeatureShape, initializer: &Initializer, device: &Device) -> Conv {
        let channels = [input.channels(), self.filters];
        let window = self.window(input);
        let mut conv = conv2d(channels, window, self.padding, initializer.clone(), device);
        conv.stride = [self.stride; 2];
        conv.bias = conv.bias.filter(|_| self.bias);
        Conv {
            conv,
            activation: self.activation,
        }
    }

    fn mean_square(&self, _input: f64) -> f64 {
        1.0
    }
}

/// A convolution and the activation after it. Built by a [`ConvConfig`].
#[derive(Module, Debug)]
pub struct Conv {
    pub(crate) conv: Conv2d,
    #[module(skip)]
    pub(crate) activation: Activation,
}

impl Conv {
    /// Applies convolution and activation.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, filters, height', width']`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        conv2d_forward(&self.conv, images, None, self.activation, None)
    }
}

impl LayerModule for Conv {
    fn apply(&self, input: Features) -> Features {
        Features::Maps(self.forward(input.into_maps()))
    }
}

/// Creates a convolution whose bias starts at zero, as in Keras; Burn's starts at random.
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

/// Applies a convolution, the activation after it, and max-pooling by `pool` after that.
///
/// `affine` is a factor and an offset for each output channel, of a batch normalisation in inference, which become part
/// of weights and bias.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`
/// - `affine`: `[filters]` each
/// - output: `[batch, filters, height', width']`
pub fn conv2d_forward(
    conv: &Conv2d,
    images: Tensor<4>,
    affine: Option<[Tensor<1>; 2]>,
    activation: Activation,
    pool: Option<usize>,
) -> Tensor<4> {
    let [_, _, height, width] = images.dims();
    let [rows, columns] = zero_padding(conv, [height, width]);
    let options =
        ConvOptions::new_with_padding(conv.stride, [rows, columns], conv.dilation, conv.groups);
    let (rectifier, rest) = split_rectifier(activation);
    let (mut weight, mut bias) = (conv.weight.val(), conv.bias.as_ref().map(|bias| bias.val()));
    if let Some([factor, offset]) = affine {
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

/// Returns the zeros before and after the rows and the columns of an input. Burn's module computes the same, but does
/// not make it public.
fn zero_padding(conv: &Conv2d, size: [usize; 2]) -> [(usize, usize); 2] {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn same(filters: usize, kernel: usize, stride: usize) -> ConvConfig {
        ConvConfig {
            filters,
            kernel,
            stride,
            padding: Padding::Same,
            bias: true,
            activation: Activation::Relu,
        }
    }

    #[test]
    fn output_has_the_predicted_shape() {
        let device = Device::flex();
        let valid = |config| ConvConfig {
            padding: Padding::Valid,
            ..config
        };
        let cases = [
            (same(4, 3, 1), [2, 6, 7], [4, 6, 7]),
            (same(4, 5, 2), [2, 7, 8], [4, 4, 4]),
            (valid(same(3, 3, 1)), [1, 6, 7], [3, 4, 5]),
            // A signal: the window is as narrow as the map.
            (valid(same(3, 3, 1)), [1, 6, 1], [3, 4, 1]),
        ];
        for (config, input, expected) in cases {
            let shape = config
                .output_shape("it", FeatureShape::Maps(input))
                .unwrap();
            assert_eq!(shape, FeatureShape::Maps(expected), "{config:?}");
            let layer = config.init(FeatureShape::Maps(input), &Initializer::Ones, &device);
            let [channels, height, width] = input;
            let output = layer.forward(Tensor::ones([2, channels, height, width], &device));
            assert_eq!(output.dims()[1..], expected, "{config:?}");
        }
    }

    /// A 2 x 2 window of ones over the rows 1 2 3, 4 5 6 sums to 12 and 16; the bias is -13, and ReLU cuts at 0.
    #[test]
    fn output_is_the_rectified_sum_of_each_window() {
        let device = Device::flex();
        let config = ConvConfig {
            padding: Padding::Valid,
            ..same(1, 2, 1)
        };
        let mut layer = config.init(FeatureShape::Maps([1, 2, 3]), &Initializer::Ones, &device);
        layer.conv.bias = Some(Initializer::Constant { value: -13.0 }.init([1], &device));
        let images = Tensor::from_floats([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]], &device);
        let output: Vec<f32> = layer.forward(images).into_data().try_to_vec().unwrap();
        assert_eq!(output, [0.0, 3.0]);
    }

    #[test]
    fn parameters_are_one_weight_per_window_value_and_channel_and_one_bias_per_filter() {
        let input = FeatureShape::Maps([3, 8, 8]);
        assert_eq!(same(4, 5, 1).num_params(input), 3 * 5 * 5 * 4 + 4);
        let without_bias = ConvConfig {
            bias: false,
            ..same(4, 5, 1)
        };
        assert_eq!(without_bias.num_params(input), 3 * 5 * 5 * 4);
    }
}
