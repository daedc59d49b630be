//! One step of Adam in one pass over the parameters.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::simd::Level;

/// The numbers of one step of Adam (Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>), with AdamW's
/// decoupled decay (Loshchilov and Hutter 2019, <https://arxiv.org/abs/1711.05101>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// How much of the mean of the gradient stays.
    pub beta_1: f32,
    /// How much of the mean of its square stays.
    pub beta_2: f32,
    /// Added to the square root.
    pub epsilon: f32,
    /// Share of a parameter that a rate of 1 takes away in one step.
    pub weight_decay: f32,
    /// Which step this is, from 1.
    pub time: usize,
}

impl AdamStep {
    /// The rate with both corrections for starting at zero, and the epsilon that goes with it.
    pub(crate) fn corrected(&self) -> (f32, f32) {
        let time = i32::try_from(self.time).unwrap_or(i32::MAX);
        let second = (1.0 - self.beta_2.powi(time)).sqrt();
        let rate = self.learning_rate * second / (1.0 - self.beta_1.powi(time));
        (rate, self.epsilon * second)
    }
}

/// Values that one thread updates at a time.
const CHUNK: usize = 1 << 14;

/// One step: the means are changed in place, and the gradient becomes the parameters after the step (so that no
/// memory is written that is not in the cache already). All have the same length.
pub(crate) fn step(
    level: Level,
    numbers: &AdamStep,
    parameters: &[f32],
    gradient: &mut [f32],
    [means, squares]: [&mut [f32]; 2],
) {
    let (rate, epsilon) = numbers.corrected();
    let length = parameters.len();
    assert!([gradient.len(), means.len(), squares.len()] == [length; 3]);
    gradient
        .par_chunks_mut(CHUNK)
        .zip(parameters.par_chunks(CHUNK))
        .zip(means.par_chunks_mut(CHUNK))
        .zip(squares.par_chunks_mut(CHUNK))
        .for_each(|(((gradient, parameters), means), squares)| {
            level.run(Step {
                numbers,
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
    numbers: &'a AdamStep,
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
        } = *self.numbers;
        let stays = 1.0 - learning_rate * weight_decay;
        let values = self.gradient.iter_mut().zip(self.parameters);
        let moments = self.means.iter_mut().zip(self.squares);
        for ((value, parameter), (mean, square)) in values.zip(moments) {
            // Numbers near zero would become denormal, which takes a hundred times as long.
            let gradient = flushed(*value, 1e-16);
            *mean = flushed(beta_1 * *mean + (1.0 - beta_1) * gradient, 1e-30);
            *square = flushed(
                beta_2 * *square + (1.0 - beta_2) * gradient * gradient,
                1e-35,
            );
            let change = self.rate * *mean / (square.sqrt() + self.epsilon);
            *value = stays * parameter - change;
        }
    }
}

/// Zero for what is nearer to it than this, far below what epsilon lets through.
#[inline(always)]
fn flushed(value: f32, least: f32) -> f32 {
    if value.abs() < least { 0.0 } else { value }
}
