//! The operations on Burn's tensors: the fast ones where they can be had, Burn's own elsewhere.

use burn::backend::Dispatch;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Distribution, Int, Tensor, module};

use crate::adam::AdamStep;
use crate::dispatch::bias_or_zeros;
pub(crate) use crate::dispatch::is_supported as is_taken;
use crate::extension::Kernels;
use crate::normalization::NormShape;
use crate::pool::PoolShape;
use crate::rectifier::{Rectifier, rectify};
use crate::shape::ConvShape;
use crate::winograd;

/// A convolution and the rectifier after it.
///
/// # Shapes
/// - `images`: `[batch, in, height, width]`
/// - `weight`: `[out, in / groups, kernel height, kernel width]`
/// - `bias`: `[out]`
/// - output: `[batch, out, height', width']`
///
/// On flex and ndarray this is the fast operation; elsewhere, and for what that one does not take, it is
/// Burn's convolution and activation.
pub fn conv2d(
    images: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    rectifier: Rectifier,
) -> Tensor<4> {
    let Some(shape) = taken(&images, &weight, bias.as_ref(), &options) else {
        return rectify(module::conv2d(images, weight, bias, options), rectifier);
    };
    let bias = bias_or_zeros(bias, shape.channels[1], &images.device());
    Tensor::from_dispatch(Dispatch::rectified_conv2d(
        images.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        shape,
        rectifier,
    ))
}

/// A convolution, the rectifier after it, and [max-pooling](max_pool2d) over windows of `size x size` after
/// that. Where it can be had, what is pooled away is never written to memory.
///
/// # Shapes
/// - as for [`conv2d`]; output: `[batch, out, height' / size, width' / size]`
pub fn conv2d_max_pool2d(
    images: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    rectifier: Rectifier,
    size: usize,
) -> Tensor<4> {
    match taken(&images, &weight, bias.as_ref(), &options) {
        Some(shape) if size == 2 && winograd::takes_pooled(&shape) => {
            let bias = bias_or_zeros(bias, shape.channels[1], &images.device());
            Tensor::from_dispatch(Dispatch::rectified_conv2d_pooled(
                images.into_dispatch(),
                weight.into_dispatch(),
                bias.into_dispatch(),
                shape,
                rectifier,
            ))
        }
        _ => max_pool2d(conv2d(images, weight, bias, options, rectifier), size),
    }
}

/// The sizes of a convolution that the fast operations take.
fn taken(
    images: &Tensor<4>,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    options: &ConvOptions<2>,
) -> Option<ConvShape> {
    let [batch, inputs, height, width] = images.dims();
    let [outputs, window, kernel_height, kernel_width] = weight.dims();
    let shape = ConvShape {
        batch,
        channels: [inputs, outputs],
        input: [height, width],
        kernel: [kernel_height, kernel_width],
        stride: options.stride,
        dilation: options.dilation,
        padding: borders(options),
    };
    let fits = window == inputs && bias.is_none_or(|bias| bias.dims() == [outputs]);
    let simple = options.groups == 1 && shape.is_valid();
    (fits && simple && is_taken(images) && is_taken(weight)).then_some(shape)
}

/// Max-pooling over windows of `size x size` that do not overlap; rows and columns that fill no window are
/// left out.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`
/// - output: `[batch, channels, height / size, width / size]`
pub fn max_pool2d(images: Tensor<4>, size: usize) -> Tensor<4> {
    let [batch, channels, height, width] = images.dims();
    let shape = PoolShape {
        planes: batch * channels,
        input: [height, width],
        size,
    };
    if !shape.is_valid() || !is_taken(&images) {
        return module::max_pool2d(
            images,
            MaxPoolOptions::new([size; 2]).with_stride([size; 2]),
        );
    }
    Tensor::from_dispatch(Dispatch::max_pool2d_apart(images.into_dispatch(), shape))
}

/// What [`batch_norm`] gives.
#[derive(Debug)]
pub struct BatchNormed<const D: usize> {
    /// Normalised, scaled, shifted and rectified.
    pub output: Tensor<D>,
    /// The mean of each channel, `[channels]`, without gradients.
    pub mean: Tensor<1>,
    /// The variance of each channel, `[channels]`, divided by the number of values, without gradients.
    pub variance: Tensor<1>,
}

/// Batch normalisation by the batch's own statistics, as in training (Ioffe and Szegedy 2015,
/// <https://arxiv.org/abs/1502.03167>), and the rectifier after it. (Burn's own is right, but writes every
/// intermediate result to memory.)
///
/// # Shapes
/// - `values` and output: `[batch, channels, ...]`
/// - `gamma`, `beta`: `[channels]`
pub fn batch_norm<const D: usize>(
    values: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    rectifier: Rectifier,
) -> BatchNormed<D> {
    let dims = values.dims();
    let channels = dims.get(1).copied().unwrap_or(0);
    let shape = NormShape {
        batch: dims[0],
        channels,
        plane: dims.iter().skip(2).product(),
    };
    let fits = [&gamma, &beta]
        .iter()
        .all(|numbers| numbers.dims() == [channels]);
    if !fits || !shape.is_valid() || !is_taken(&values) || !is_taken(&gamma) {
        let normed = module::batch_norm_train(values, gamma, beta, epsilon);
        return BatchNormed {
            output: rectify(normed.output, rectifier),
            mean: normed.mean.detach(),
            variance: normed.variance.detach(),
        };
    }
    let (output, mean, variance) = Dispatch::rectified_batch_norm(
        values.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        shape,
        epsilon as f32,
        rectifier,
    );
    BatchNormed {
        output: Tensor::from_dispatch(output),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

/// Zeros values with probability `rate` and divides the others by the probability to stay; only on a device
/// with gradients, as Burn's module does. The mask is drawn from the device's random numbers, so that its
/// seed repeats it.
///
/// # Shapes
/// - `values` and output: any, the same
pub fn dropout<const D: usize>(values: Tensor<D>, rate: f64) -> Tensor<D> {
    let stays = 1.0 - rate;
    if rate == 0.0 || !values.device().is_autodiff() {
        return values;
    }
    if !is_taken(&values) {
        let mask = values.random_like(Distribution::Bernoulli(stays));
        return values * mask * (1.0 / stays);
    }
    let range = Distribution::Uniform(0.0, f64::from(i32::MAX));
    let draws = Tensor::<1, Int>::random([2], range, &values.device());
    let key = draws
        .into_data()
        .iter::<i64>()
        .fold(0, |key: u64, draw| (key << 32) | draw as u64);
    Tensor::from_dispatch(Dispatch::keyed_dropout(values.into_dispatch(), rate, key))
}

/// One step of Adam: the parameters, the mean of the gradient, and the mean of its square after it.
///
/// # Shapes
/// - all tensors: any, the same
pub fn adam_step<const D: usize>(
    parameters: Tensor<D>,
    gradient: Tensor<D>,
    [means, squares]: [Tensor<D>; 2],
    numbers: AdamStep,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    if [&parameters, &gradient, &means, &squares]
        .into_iter()
        .all(is_taken)
    {
        let (parameters, means, squares) = Dispatch::adam_step(
            parameters.into_dispatch(),
            gradient.into_dispatch(),
            means.into_dispatch(),
            squares.into_dispatch(),
            numbers,
        );
        let wrap = Tensor::from_dispatch;
        return (wrap(parameters), [wrap(means), wrap(squares)]);
    }
    let (rate, epsilon) = numbers.corrected();
    let means = means * numbers.beta_1 + gradient.clone() * (1.0 - numbers.beta_1);
    let squares = squares * numbers.beta_2 + gradient.square() * (1.0 - numbers.beta_2);
    let change = means.clone() * rate / (squares.clone().sqrt() + epsilon);
    let stays = 1.0 - numbers.learning_rate * numbers.weight_decay;
    (parameters * stays - change, [means, squares])
}

/// Rows above and below, columns left and right.
fn borders(options: &ConvOptions<2>) -> [[usize; 2]; 2] {
    let mut borders = options.padding.iter();
    std::array::from_fn(|_| borders.next().map_or([0, 0], |&border| border.into()))
}
