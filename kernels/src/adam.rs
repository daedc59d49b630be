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

/// Steps in place.
pub(crate) fn step(
    level: Level,
    numbers: &AdamStep,
    gradient: &[f32],
    [parameters, means, squares]: [&mut [f32]; 3],
) {
    let (rate, epsilon) = numbers.corrected();
    parameters
        .par_chunks_mut(CHUNK)
        .zip(means.par_chunks_mut(CHUNK))
        .zip(squares.par_chunks_mut(CHUNK))
        .zip(gradient.par_chunks(CHUNK))
        .for_each(|(((parameters, means), squares), gradient)| {
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
    gradient: &'a [f32],
    parameters: &'a mut [f32],
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
        let values = self.parameters.iter_mut().zip(self.means).zip(self.squares);
        for (((parameter, mean), square), gradient) in values.zip(self.gradient) {
            *mean = beta_1 * *mean + (1.0 - beta_1) * gradient;
            *square = beta_2 * *square + (1.0 - beta_2) * gradient * gradient;
            *parameter = stays * *parameter - self.rate * *mean / (square.sqrt() + self.epsilon);
        }
    }
}
