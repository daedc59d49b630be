//! One step of Adam in one pass over the parameters (Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>), with
//! AdamW's decoupled weight decay (Loshchilov and Hutter 2019, <https://arxiv.org/abs/1711.05101>).
//!
//! For parameters `w`, their gradient `g`, the running means `m` of the gradient and `v` of its square, and step `t`:
//!
//! ```text
//! m = beta_1 m + (1 - beta_1) g        rate_t = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
//! v = beta_2 v + (1 - beta_2) g^2      epsilon_t = epsilon sqrt(1 - beta_2^t)
//! w = (1 - rate decay) w - rate_t m / (sqrt(v) + epsilon_t)
//! ```
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::backend::CpuBackend;
use crate::dispatch::is_supported;
use crate::simd::Level;

/// The numbers of one step of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// The decay of the running mean of the gradient.
    pub beta_1: f32,
    /// The decay of the running mean of its square.
    pub beta_2: f32,
    /// Added to the square root.
    pub epsilon: f32,
    /// The share of a parameter that a learning rate of 1 subtracts in one step.
    pub weight_decay: f32,
    /// The number of the step, from 1.
    pub time: usize,
}

impl AdamStep {
    /// Returns the learning rate and epsilon, corrected for running means that start at zero.
    fn corrected(&self) -> (f32, f32) {
        let time = i32::try_from(self.time).unwrap_or(i32::MAX);
        let second = (1.0 - self.beta_2.powi(time)).sqrt();
        let rate = self.learning_rate * second / (1.0 - self.beta_1.powi(time));
        (rate, self.epsilon * second)
    }
}

/// Performs one step of Adam: returns the parameters, the running mean of the gradient, and the running mean of its
/// square after it. No gradient flows through a step.
///
/// # Shapes
/// - all tensors: any, the same
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kernels::AdamStep;
///
/// let device = Device::flex();
/// let parameters = Tensor::<1>::from_data([1.0, 1.0], &device);
/// let gradient = Tensor::from_data([0.5, -2.0], &device);
/// let moments = [0; 2].map(|_| Tensor::zeros([2], &device));
/// let step = AdamStep {
///     learning_rate: 0.1,
///     beta_1: 0.9,
///     beta_2: 0.999,
///     epsilon: 1e-7,
///     weight_decay: 0.0,
///     time: 1,
/// };
/// // The first step moves every parameter by the learning rate, against the sign of its gradient.
/// let (parameters, _) = kernels::adam_step(parameters, gradient, moments, step);
/// let values: Vec<f32> = parameters.into_data().to_vec().unwrap();
/// assert!((values[0] - 0.9).abs() < 1e-5 && (values[1] - 1.1).abs() < 1e-5);
/// ```
pub fn adam_step<const D: usize>(
    parameters: Tensor<D>,
    gradient: Tensor<D>,
    [means, squares]: [Tensor<D>; 2],
    step: AdamStep,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let all = [&parameters, &gradient, &means, &squares];
    let fits = all.iter().all(|tensor| tensor.dims() == parameters.dims());
    if fits && all.into_iter().all(is_supported) {
        let (parameters, means, squares) = Dispatch::adam_step(
            parameters.into_dispatch(),
            gradient.into_dispatch(),
            means.into_dispatch(),
            squares.into_dispatch(),
            step,
        );
        let wrap = Tensor::from_dispatch;
        return (wrap(parameters), [wrap(means), wrap(squares)]);
    }
    let (rate, epsilon) = step.corrected();
    let means = means * step.beta_1 + gradient.clone() * (1.0 - step.beta_1);
    let squares = squares * step.beta_2 + gradient.square() * (1.0 - step.beta_2);
    let change = means.clone() * rate / (squares.clone().sqrt() + epsilon);
    let stays = 1.0 - step.learning_rate * step.weight_decay;
    (parameters * stays - change, [means, squares])
}

/// The backends on which a step runs in place.
#[backend_extension(Autodiff, Flex, NdArray)]
pub trait AdamBackend: Backend {
    /// Returns the parameters and the running means after a step, in the memory of the gradient and of the running
    /// means where no other tensor shares it.
    fn adam_step(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        means: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl<B: CpuBackend> AdamBackend for B {
    fn adam_step(
        parameters: FloatTensor<B>,
        gradient: FloatTensor<B>,
        means: FloatTensor<B>,
        squares: FloatTensor<B>,
        step: AdamStep,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let parameters = B::read(parameters);
        let (stepped, (means, (squares, ()))) = B::modify(gradient, |gradient| {
            B::modify(means, |means| {
                B::modify(squares, |squares| {
                    let moments = [means, squares];
                    step_in_place(Level::detect(), &step, &parameters, gradient, moments);
                })
            })
        });
        (stepped, means, squares)
    }
}

impl<B: CpuBackend, C: CheckpointStrategy> AdamBackend for Autodiff<B, C> {
    fn adam_step(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        means: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [parameters, gradient, means, squares] =
            [parameters, gradient, means, squares].map(FloatTensor::<Self>::into_primitive);
        let (parameters, means, squares) = B::adam_step(parameters, gradient, means, squares, step);
        let wrap = FloatTensor::<Self>::new;
        (wrap(parameters), wrap(means), wrap(squares))
    }
}

/// Performs one step in place: the gradient becomes the parameters after the step, so that no memory is written that is
/// not in the cache already.
///
/// # Panics
/// If the lengths differ.
pub(crate) fn step_in_place(
    level: Level,
    step: &AdamStep,
    parameters: &[f32],
    gradient: &mut [f32],
    [means, squares]: [&mut [f32]; 2],
) {
    /// Values of a task: 64 KB of each of the four arrays, which stay in the second-level cache.
    const TASK_LEN: usize = 1 << 14;
    let (rate, epsilon) = step.corrected();
    let length = parameters.len();
    assert!([gradient.len(), means.len(), squares.len()] == [length; 3]);
    gradient
        .par_chunks_mut(TASK_LEN)
        .zip(parameters.par_chunks(TASK_LEN))
        .zip(means.par_chunks_mut(TASK_LEN))
        .zip(squares.par_chunks_mut(TASK_LEN))
        .for_each(|(((gradient, parameters), means), squares)| {
            level.run(Step {
                step,
                rate,
                epsilon,
                gradient,
                parameters,
                means,
                squares,
            });
        });
}

struct Step<'a> {
    step: &'a AdamStep,
    /// The corrected learning rate and epsilon.
    rate: f32,
    epsilon: f32,
    /// The gradient, then the parameters after the step.
    gradient: &'a mut [f32],
    parameters: &'a [f32],
    means: &'a mut [f32],
    squares: &'a mut [f32],
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let AdamStep {
            learning_rate,
            beta_1,
            beta_2,
            weight_decay,
            ..
        } = *self.step;
        let stays = 1.0 - learning_rate * weight_decay;
        let values = self.gradient.iter_mut().zip(self.parameters);
        let moments = self.means.iter_mut().zip(self.squares);
        for ((value, parameter), (mean, square)) in values.zip(moments) {
            let gradient = flush(*value, 1e-16);
            *mean = flush(beta_1 * *mean + (1.0 - beta_1) * gradient, 1e-30);
            *square = flush(
                beta_2 * *square + (1.0 - beta_2) * gradient * gradient,
                1e-35,
            );
            let change = self.rate * *mean / (square.sqrt() + self.epsilon);
            *value = stays * parameter - change;
        }
    }
}

/// Returns zero for a value nearer to it than `least`. Smaller values would become denormal, with which arithmetic takes
/// a hundred times as long, and are far below what epsilon lets through.
#[inline(always)]
fn flush(value: f32, least: f32) -> f32 {
    if value.abs() < least { 0.0 } else { value }
}
