//! Batch normalisation and the rectifier after it.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};
use crate::shape::Rectifier;
use crate::simd::Level;

/// The sizes of one batch normalisation: `[batch, channels, plane]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormShape {
    /// Pictures, or vectors.
    pub batch: usize,
    /// What has a mean and a deviation of its own.
    pub channels: usize,
    /// Values of one channel of one picture.
    pub plane: usize,
}

/// At least so many values are worth a task of their own.
const TASK: usize = 8192;

/// Running sums: they are faster than one, and more exact.
const SUMS: usize = 16;

impl NormShape {
    /// Whether there is something to compute.
    pub(crate) fn is_valid(&self) -> bool {
        self.batch > 0 && self.channels > 0 && self.plane > 0
    }

    fn planes_in_task(&self) -> usize {
        (TASK / self.plane).max(1)
    }

    /// Adds up, for each channel, what each of its planes gave, always in the same order.
    fn of_channels<const N: usize>(&self, of_planes: &[[f32; N]]) -> Vec<[f64; N]> {
        let mut sums = vec![[0.0; N]; self.channels];
        for planes in of_planes.chunks_exact(self.channels) {
            for (sum, plane) in sums.iter_mut().zip(planes) {
                for (sum, value) in sum.iter_mut().zip(plane) {
                    *sum += f64::from(*value);
                }
            }
        }
        sums
    }

    /// Values of a channel in the whole batch.
    fn count(&self) -> f64 {
        (self.batch * self.plane) as f64
    }
}

/// The numbers of each channel.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    pub mean: Vec<f32>,
    /// Divided by the number of values, not by one less.
    pub variance: Vec<f32>,
}

/// The mean and the variance of each channel. Each plane has its own mean taken off before squares are
/// summed, so that a channel far from zero loses nothing.
pub(crate) fn statistics(level: Level, shape: &NormShape, images: &[f32]) -> Channels {
    let of_planes: Vec<[f32; 2]> = images
        .par_chunks_exact(shape.plane)
        .with_min_len(shape.planes_in_task())
        .map(|plane| level.run(Moments { plane }))
        .collect();
    let [planes, values] = [shape.batch as f64, shape.plane as f64];
    let sums = shape.of_channels(&of_planes);
    let mean: Vec<f64> = sums.iter().map(|[mean, _]| mean / planes).collect();
    let mut between = vec![0.0; shape.channels];
    for planes in of_planes.chunks_exact(shape.channels) {
        for ((between, [plane, _]), mean) in between.iter_mut().zip(planes).zip(&mean) {
            *between += values * (f64::from(*plane) - mean).powi(2);
        }
    }
    let variance = sums.iter().zip(between);
    Channels {
        variance: variance
            .map(|([_, within], between)| ((within + between) / shape.count()) as f32)
            .collect(),
        mean: mean.into_iter().map(|mean| mean as f32).collect(),
    }
}

/// The mean of a plane, and the sum of the squares around it.
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

/// What one plane is multiplied by, and what is added then.
#[derive(Clone, Copy)]
struct Line {
    factor: f32,
    offset: f32,
}

/// Normalised, scaled by `gamma`, shifted by `beta`, rectified.
pub(crate) fn forward(
    level: Level,
    shape: &NormShape,
    images: &[f32],
    [gamma, beta]: [&[f32]; 2],
    channels: &Channels,
    epsilon: f32,
    rectifier: Rectifier,
) -> Vec<f32> {
    let lines: Vec<Line> = (gamma.iter().zip(beta))
        .zip(channels.mean.iter().zip(&channels.variance))
        .map(|((gamma, beta), (mean, variance))| {
            let factor = gamma / (variance + epsilon).sqrt();
            let offset = beta - mean * factor;
            Line { factor, offset }
        })
        .collect();
    let write = |output: &mut [Fresh<f32>]| {
        (output.par_chunks_exact_mut(shape.plane).enumerate())
            .zip(images.par_chunks_exact(shape.plane))
            .with_min_len(shape.planes_in_task())
            .for_each(|((index, output), image)| {
                let line = lines[index % shape.channels];
                level.run(Forward {
                    image,
                    output,
                    line,
                    rectifier,
                });
            });
    };
    // SAFETY: there is a plane of the images for each plane of the output, and all of it is written.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(images.len(), write)
    }
}

struct Forward<'a> {
    image: &'a [f32],
    output: &'a mut [Fresh<f32>],
    line: Line,
    rectifier: Rectifier,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Line { factor, offset } = self.line;
        for (output, value) in self.output.iter_mut().zip(self.image) {
            output.write(self.rectifier.apply(value * factor + offset));
        }
    }
}

/// What the gradients need of the forward pass.
pub(crate) struct Backward<'a> {
    pub shape: &'a NormShape,
    pub images: &'a [f32],
    pub output: &'a [f32],
    pub gamma: &'a [f32],
    pub channels: &'a Channels,
    pub epsilon: f32,
    pub rectifier: Rectifier,
}

/// The gradients for the images, for gamma and for beta.
pub(crate) struct Gradients {
    pub images: Vec<f32>,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

/// With x' the normalised values, g the gradient after the rectifier, s the deviation and m the number of
/// values of a channel: d beta = sum g, d gamma = sum g x', d x = gamma / s (g - d beta / m - x' d gamma / m)
/// (Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>).
pub(crate) fn backward(level: Level, of: &Backward<'_>, gradient: &[f32]) -> Gradients {
    let shape = of.shape;
    let plane = |index: usize| index * shape.plane..(index + 1) * shape.plane;
    let planes = shape.batch * shape.channels;
    let inverse: Vec<f32> = (of.channels.variance.iter())
        .map(|variance| 1.0 / (variance + of.epsilon).sqrt())
        .collect();
    let of_planes: Vec<[f32; 2]> = (0..planes)
        .into_par_iter()
        .with_min_len(shape.planes_in_task())
        .map(|index| {
            let channel = index % shape.channels;
            level.run(Sums {
                image: &of.images[plane(index)],
                output: &of.output[plane(index)],
                gradient: &gradient[plane(index)],
                mean: of.channels.mean[channel],
                inverse: inverse[channel],
                rectifier: of.rectifier,
            })
        })
        .collect();
    let sums = shape.of_channels(&of_planes);
    let write = |result: &mut [Fresh<f32>]| {
        (result.par_chunks_exact_mut(shape.plane).enumerate())
            .with_min_len(shape.planes_in_task())
            .for_each(|(index, result)| {
                let channel = index % shape.channels;
                let [beta, gamma] = sums[channel].map(|sum| (sum / shape.count()) as f32);
                level.run(Images {
                    image: &of.images[plane(index)],
                    output: &of.output[plane(index)],
                    gradient: &gradient[plane(index)],
                    result,
                    mean: of.channels.mean[channel],
                    inverse: inverse[channel],
                    factor: of.gamma[channel] * inverse[channel],
                    beta,
                    gamma,
                    rectifier: of.rectifier,
                });
            });
    };
    // SAFETY: every plane of the result is written from a plane of the images, whole.
    #[allow(unsafe_code)]
    let images = unsafe { fresh::vector(of.images.len(), write) };
    Gradients {
        images,
        gamma: sums.iter().map(|[_, gamma]| *gamma as f32).collect(),
        beta: sums.iter().map(|[beta, _]| *beta as f32).collect(),
    }
}

/// The gradient after the rectifier, summed; alone, and times the normalised value.
struct Sums<'a> {
    image: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    mean: f32,
    inverse: f32,
    rectifier: Rectifier,
}

impl WithSimd for Sums<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; 2] {
        let stop = self.rectifier.stop();
        let mut sums = [0.0f32; SUMS];
        let mut products = [0.0f32; SUMS];
        let rows = (self.image.chunks(SUMS))
            .zip(self.output.chunks(SUMS))
            .zip(self.gradient.chunks(SUMS));
        for ((image, output), gradient) in rows {
            let values = image.iter().zip(output).zip(gradient);
            for (((value, output), gradient), (sum, product)) in
                values.zip(sums.iter_mut().zip(&mut products))
            {
                let gradient = stop.gradient(*output, *gradient);
                *sum += gradient;
                *product += gradient * (value - self.mean);
            }
        }
        [
            sums.iter().sum(),
            products.iter().sum::<f32>() * self.inverse,
        ]
    }
}

struct Images<'a> {
    image: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    result: &'a mut [Fresh<f32>],
    mean: f32,
    inverse: f32,
    /// Gamma over the deviation.
    factor: f32,
    /// Mean gradient for beta.
    beta: f32,
    /// Mean gradient for gamma.
    gamma: f32,
    rectifier: Rectifier,
}

impl WithSimd for Images<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let stop = self.rectifier.stop();
        let slope = self.gamma * self.inverse;
        let values = (self.image.iter().zip(self.output)).zip(self.gradient);
        for (result, ((value, output), gradient)) in self.result.iter_mut().zip(values) {
            let gradient = stop.gradient(*output, *gradient);
            let centred = gradient - self.beta - (value - self.mean) * slope;
            result.write(self.factor * centred);
        }
    }
}
