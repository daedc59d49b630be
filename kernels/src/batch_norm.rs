//! Batch normalisation by the statistics of the batch, as in training, with a rectifier (Ioffe and Szegedy 2015,
//! <https://arxiv.org/abs/1502.03167>).
//!
//! For the `m` values `x` of one channel, their mean `u` and variance `v`, `g` (gamma), `b` (beta), `e` (epsilon) and a
//! rectifier `f`:
//!
//! ```text
//! forward    n = (x - u) / sqrt(v + e)      s = g n + b      y = f(s)
//! backward   ds = f'(s) dy      db = sum of ds      dg = sum of ds n
//!            dx = g / sqrt(v + e) (ds - db / m - n dg / m)
//! ```
//!
//! `f'(s)` is read off `y`, so that `s` need not be kept. Burn's own operation writes every intermediate result to
//! memory.

use std::mem::MaybeUninit;
use std::ops::{Deref, Range};

use burn::tensor::{Shape, Tensor, module};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::dispatch::{apply, is_supported};
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::rectifier::{Rectifier, Stop, rectify};
use crate::simd::Level;
use crate::uninit;

/// The result of [`batch_norm`].
#[derive(Debug)]
pub struct BatchNormed<const D: usize> {
    /// The normalised, scaled, shifted and rectified values.
    pub output: Tensor<D>,
    /// The mean of each channel, `[channels]`, without gradients.
    pub mean: Tensor<1>,
    /// The variance of each channel, `[channels]`, divided by the number of values, without gradients.
    pub variance: Tensor<1>,
}

/// Applies batch normalisation by the statistics of the batch, as in training, and a rectifier.
///
/// On flex and ndarray this is one operation; elsewhere, and for other types than `f32`, it is Burn's normalisation and
/// activation.
///
/// # Shapes
/// - `values` and output: `[batch, channels, ...]`
/// - `gamma`, `beta`: `[channels]`
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor, TensorData};
/// use kernels::Rectifier;
///
/// let device = Device::flex();
/// let values = Tensor::<2>::from_data([[1.0], [3.0]], &device);
/// let (gamma, beta) = (Tensor::ones([1], &device), Tensor::zeros([1], &device));
/// let normed = kernels::batch_norm(values, gamma, beta, 0.0, Rectifier::None);
/// assert_eq!(normed.output.into_data(), TensorData::from([[-1.0f32], [1.0]]));
/// assert_eq!(normed.mean.into_data(), TensorData::from([2.0f32]));
/// assert_eq!(normed.variance.into_data(), TensorData::from([1.0f32]));
/// ```
pub fn batch_norm<const D: usize>(
    values: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    rectifier: Rectifier,
) -> BatchNormed<D> {
    let dims = values.dims();
    let channels = dims.get(1).copied().unwrap_or(0);
    let operation = BatchNorm {
        batch: dims[0],
        channels,
        plane: dims.iter().skip(2).product(),
        epsilon: epsilon as f32,
        rectifier,
    };
    let fits = gamma.dims() == [channels] && beta.dims() == [channels];
    if !fits || !operation.is_valid() || !is_supported(&values) || !is_supported(&gamma) {
        let normed = module::batch_norm_train(values, gamma, beta, epsilon);
        return BatchNormed {
            output: rectify(normed.output, rectifier),
            mean: normed.mean.detach(),
            variance: normed.variance.detach(),
        };
    }
    let inputs = [
        values.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
    ];
    let [output, mean, variance] = apply(operation, inputs);
    BatchNormed {
        output: Tensor::from_dispatch(output),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

/// The operation of [`batch_norm`], on the values, gamma and beta.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchNorm {
    /// Number of images, or vectors.
    pub batch: usize,
    /// Number of channels; each is normalised separately.
    pub channels: usize,
    /// Number of values of one channel of one image.
    pub plane: usize,
    pub epsilon: f32,
    pub rectifier: Rectifier,
}

/// The statistics of each channel.
#[derive(Clone, Debug)]
pub(crate) struct Statistics {
    mean: Vec<f32>,
    /// Divided by the number of values.
    variance: Vec<f32>,
}

impl Operation<3> for BatchNorm {
    type Saved = Statistics;

    fn kept(&self) -> Kept<3> {
        Kept {
            inputs: [true, true, false],
            output: true,
        }
    }

    fn output_shape(&self, [values, ..]: [&Shape; 3]) -> Shape {
        values.clone()
    }

    fn forward(&self, level: Level, [values, gamma, beta]: [&[f32]; 3]) -> Forward<Statistics> {
        assert_eq!(values.len(), self.len());
        assert!(gamma.len() == self.channels && beta.len() == self.channels);
        let statistics = self.statistics(level, values);
        let Statistics { mean, variance } = &statistics;
        Forward {
            output: self.normalise(level, values, [gamma, beta], &statistics),
            extras: vec![mean.clone(), variance.clone()],
            saved: statistics,
        }
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Statistics, 3>,
    ) -> [Option<Vec<f32>>; 3] {
        let Backward {
            inputs: [Some(values), Some(gamma), _],
            output: Some(output),
            saved,
            gradient,
            ..
        } = pass
        else {
            not_kept()
        };
        let lengths = [values.len(), output.len(), gradient.len()];
        assert_eq!(lengths, [self.len(); 3]);
        assert_eq!(gamma.len(), self.channels);
        let gradients = Gradients {
            operation: self,
            values: &values,
            output: &output,
            gradient: &gradient,
            inverse: (saved.variance.iter())
                .map(|variance| 1.0 / (variance + self.epsilon).sqrt())
                .collect(),
            mean: &saved.mean,
        };
        let sums = gradients.sums(level);
        let for_values = gradients.values(level, &gamma, &sums);
        let for_gamma = sums.iter().map(|[_, gamma]| *gamma as f32).collect();
        let for_beta = sums.iter().map(|[beta, _]| *beta as f32).collect();
        [Some(for_values), Some(for_gamma), Some(for_beta)]
    }
}

/// Number of running sums, a register of 512 bits: faster than one sum, and more exact.
const SUMS: usize = 16;

impl BatchNorm {
    /// Returns whether there is something to compute.
    fn is_valid(&self) -> bool {
        self.batch > 0 && self.channels > 0 && self.plane > 0
    }

    /// Returns the number of values.
    fn len(&self) -> usize {
        self.batch * self.channels * self.plane
    }

    /// Returns the number of values of a channel in the whole batch.
    fn count(&self) -> f64 {
        (self.batch * self.plane) as f64
    }

    /// Returns the values of one plane.
    fn plane_range(&self, index: usize) -> Range<usize> {
        index * self.plane..(index + 1) * self.plane
    }

    fn planes_per_task(&self) -> usize {
        /// Minimum number of values per parallel task, 32 KB: several small planes make a task, which would cost more
        /// in scheduling than in arithmetic if each were one.
        const MIN_TASK_LEN: usize = 8192;
        (MIN_TASK_LEN / self.plane).max(1)
    }

    /// Sums the values that belong to the planes for each channel, in the order of the images.
    fn sum_per_channel<const N: usize>(&self, planes: &[[f32; N]]) -> Vec<[f64; N]> {
        let mut sums = vec![[0.0; N]; self.channels];
        for planes in planes.chunks_exact(self.channels) {
            for (sum, plane) in sums.iter_mut().zip(planes) {
                for (sum, value) in sum.iter_mut().zip(plane) {
                    *sum += f64::from(*value);
                }
            }
        }
        sums
    }

    /// Computes the mean and the variance of each channel. Each plane's own mean is subtracted before squares are
    /// summed, so that a channel far from zero loses no precision.
    fn statistics(&self, level: Level, values: &[f32]) -> Statistics {
        let planes: Vec<[f32; 2]> = values
            .par_chunks_exact(self.plane)
            .with_min_len(self.planes_per_task())
            .map(|plane| level.run(Moments { plane }))
            .collect();
        let sums = self.sum_per_channel(&planes);
        let mean: Vec<f64> = (sums.iter())
            .map(|[mean, _]| mean / self.batch as f64)
            .collect();
        // The variance within the planes, and that of their means.
        let mut between = vec![0.0; self.channels];
        for planes in planes.chunks_exact(self.channels) {
            for ((between, [plane, _]), mean) in between.iter_mut().zip(planes).zip(&mean) {
                *between += self.plane as f64 * (f64::from(*plane) - mean).powi(2);
            }
        }
        let variance = sums.iter().zip(between);
        Statistics {
            variance: variance
                .map(|([_, within], between)| ((within + between) / self.count()) as f32)
                .collect(),
            mean: mean.into_iter().map(|mean| mean as f32).collect(),
        }
    }

    /// Computes the output.
    fn normalise(
        &self,
        level: Level,
        values: &[f32],
        [gamma, beta]: [&[f32]; 2],
        statistics: &Statistics,
    ) -> Vec<f32> {
        let affine: Vec<Affine> = (gamma.iter().zip(beta))
            .zip(statistics.mean.iter().zip(&statistics.variance))
            .map(|((gamma, beta), (mean, variance))| {
                let factor = gamma / (variance + self.epsilon).sqrt();
                let offset = beta - mean * factor;
                Affine { factor, offset }
            })
            .collect();
        let write = |output: &mut [MaybeUninit<f32>]| {
            (output.par_chunks_exact_mut(self.plane).enumerate())
                .zip(values.par_chunks_exact(self.plane))
                .with_min_len(self.planes_per_task())
                .for_each(|((index, output), values)| {
                    level.run(NormalisePlane {
                        values,
                        output,
                        affine: affine[index % self.channels],
                        rectifier: self.rectifier,
                    });
                });
        };
        assert_eq!(values.len(), self.len());
        // SAFETY: the length is a multiple of the plane's, so that each plane of the output has a plane of the values,
        // and `NormalisePlane` writes as many values as it reads.
        #[allow(unsafe_code)]
        unsafe {
            uninit::vec(values.len(), write)
        }
    }
}

/// The mean of a plane, and the sum of the squared deviations from it.
struct Moments<'a> {
    plane: &'a [f32],
}

impl WithSimd for Moments<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; 2] {
        let mut sums = [0.0f32; SUMS];
        for values in self.plane.chunks(SUMS) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
        let mean = sums.iter().sum::<f32>() / self.plane.len() as f32;
        let mut squares = [0.0f32; SUMS];
        for values in self.plane.chunks(SUMS) {
            for (sum, value) in squares.iter_mut().zip(values) {
                *sum += (value - mean) * (value - mean);
            }
        }
        [mean, squares.iter().sum()]
    }
}

/// The affine function that normalises, scales and shifts a channel.
#[derive(Clone, Copy)]
struct Affine {
    factor: f32,
    offset: f32,
}

struct NormalisePlane<'a> {
    values: &'a [f32],
    output: &'a mut [MaybeUninit<f32>],
    affine: Affine,
    rectifier: Rectifier,
}

impl WithSimd for NormalisePlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Affine { factor, offset } = self.affine;
        for (output, value) in self.output.iter_mut().zip(self.values) {
            output.write(self.rectifier.apply(value * factor + offset));
        }
    }
}

/// What the gradients are computed from.
struct Gradients<'a> {
    operation: &'a BatchNorm,
    values: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    /// The mean of each channel.
    mean: &'a [f32],
    /// One over the standard deviation of each channel.
    inverse: Vec<f32>,
}

impl<'a> Gradients<'a> {
    /// Returns what one plane is computed from.
    fn plane(&self, index: usize) -> Plane<'a> {
        let range = self.operation.plane_range(index);
        let channel = index % self.operation.channels;
        Plane {
            values: &self.values[range.clone()],
            output: &self.output[range.clone()],
            gradient: &self.gradient[range],
            mean: self.mean[channel],
            inverse: self.inverse[channel],
            stop: self.operation.rectifier.stop(),
        }
    }

    /// Computes the gradients of beta and gamma for each channel.
    fn sums(&self, level: Level) -> Vec<[f64; 2]> {
        let planes = self.operation.batch * self.operation.channels;
        let planes: Vec<[f32; 2]> = (0..planes)
            .into_par_iter()
            .with_min_len(self.operation.planes_per_task())
            .map(|index| level.run(SumPlane(self.plane(index))))
            .collect();
        self.operation.sum_per_channel(&planes)
    }

    /// Computes the gradient of the values.
    fn values(&self, level: Level, gamma: &[f32], sums: &[[f64; 2]]) -> Vec<f32> {
        let BatchNorm {
            channels, plane, ..
        } = *self.operation;
        let count = self.operation.count();
        let write = |result: &mut [MaybeUninit<f32>]| {
            (result.par_chunks_exact_mut(plane).enumerate())
                .with_min_len(self.operation.planes_per_task())
                .for_each(|(index, result)| {
                    let channel = index % channels;
                    let [beta_mean, gamma_mean] = sums[channel].map(|sum| (sum / count) as f32);
                    level.run(GradientPlane {
                        plane: self.plane(index),
                        result,
                        factor: gamma[channel] * self.inverse[channel],
                        beta_mean,
                        gamma_mean,
                    });
                });
        };
        let lengths = [self.values.len(), self.output.len(), self.gradient.len()];
        assert_eq!(lengths, [self.operation.len(); 3]);
        // SAFETY: the lengths are a multiple of the plane's, so that all planes are written, and `GradientPlane` writes
        // as many values as it reads: a whole plane of each slice.
        #[allow(unsafe_code)]
        unsafe {
            uninit::vec(self.values.len(), write)
        }
    }
}

/// What the gradients of one plane are computed from.
struct Plane<'a> {
    values: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    mean: f32,
    inverse: f32,
    stop: Stop,
}

/// Sums the gradient after the rectifier; alone, and times the normalised value.
struct SumPlane<'a>(Plane<'a>);

impl WithSimd for SumPlane<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; 2] {
        let Plane {
            values,
            output,
            gradient,
            mean,
            inverse,
            stop,
        } = self.0;
        let mut sums = [0.0f32; SUMS];
        let mut products = [0.0f32; SUMS];
        let chunks = (values.chunks(SUMS))
            .zip(output.chunks(SUMS))
            .zip(gradient.chunks(SUMS));
        for ((values, output), gradient) in chunks {
            let values = values.iter().zip(output).zip(gradient);
            for (((value, output), gradient), (sum, product)) in
                values.zip(sums.iter_mut().zip(&mut products))
            {
                let gradient = stop.gradient(*output, *gradient);
                *sum += gradient;
                *product += gradient * (value - mean);
            }
        }
        [sums.iter().sum(), products.iter().sum::<f32>() * inverse]
    }
}

/// Writes the gradient of the values of one plane.
struct GradientPlane<'a> {
    plane: Plane<'a>,
    result: &'a mut [MaybeUninit<f32>],
    /// Gamma over the standard deviation.
    factor: f32,
    /// The gradient of beta over the number of values.
    beta_mean: f32,
    /// The gradient of gamma over the number of values.
    gamma_mean: f32,
}

impl WithSimd for GradientPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Plane {
            values,
            output,
            gradient,
            mean,
            inverse,
            stop,
        } = self.plane;
        let slope = self.gamma_mean * inverse;
        let values = (values.iter().zip(output)).zip(gradient);
        for (result, ((value, output), gradient)) in self.result.iter_mut().zip(values) {
            let gradient = stop.gradient(*output, *gradient);
            let centred = gradient - self.beta_mean - (value - mean) * slope;
            result.write(self.factor * centred);
        }
    }
}
