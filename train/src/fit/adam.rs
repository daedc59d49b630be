//! Adam and AdamW in one pass over the parameters.
//!
//! Burn's own are right, but write every intermediate result to memory: on a CPU that took a third of a step
//! of the digit network (2.8 million parameters).

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use kernels::AdamStep;

/// Adam (Kingma and Ba 2015), or with a decay AdamW (Loshchilov and Hutter 2019). Betas are 0.9 and 0.999, and
/// epsilon is 1e-7, as in Keras. What it keeps of the
/// steps so far is what Burn's Adam keeps.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Share of a parameter that a rate of 1 takes away in one step.
    pub weight_decay: f32,
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let (time, moments) = match state {
            Some(AdamState { momentum }) => (momentum.time, [momentum.moment_1, momentum.moment_2]),
            None => (0, [gradient.zeros_like(), gradient.zeros_like()]),
        };
        let numbers = AdamStep {
            learning_rate: learning_rate as f32,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: self.weight_decay,
            time: time + 1,
        };
        let (tensor, [mean, square]) = kernels::adam_step(tensor, gradient, moments, numbers);
        let momentum = AdaptiveMomentumState::new(numbers.time, mean, square);
        (tensor, Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        AdamState::new(state.momentum.to_device(device))
    }
}
