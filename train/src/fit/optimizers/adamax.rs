//! AdaMax: Adam with an exponentially weighted maximum of the gradients in place of the mean square (Kingma and Ba 2015,
//! section 7, <https://arxiv.org/abs/1412.6980>). Burn 0.22 has none.
//!
//! m = beta_1 m + (1 - beta_1) g, u = max(beta_2 u, |g| + eps), w -= eta / (1 - beta_1^t) m / u

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// Decay rates of the moments, as in PyTorch.
const BETAS: [f64; 2] = [0.9, 0.999];
/// Added to the gradients, as in PyTorch.
const EPSILON: f64 = 1e-8;

/// AdaMax with PyTorch's constants. Its state has the form of Adam's, with u in place of the mean square.
#[derive(Clone, Copy, Debug)]
pub struct AdaMax;

impl Optimizer for AdaMax {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let (time, mean, maximum) = match state {
            Some(AdamState { momentum }) => (momentum.time, momentum.moment_1, momentum.moment_2),
            None => (0, gradient.zeros_like(), gradient.zeros_like()),
        };
        let time = time + 1;
        let [beta_1, beta_2] = BETAS;
        let mean = mean * beta_1 + gradient.clone() * (1.0 - beta_1);
        let maximum = (maximum * beta_2).max_pair(gradient.abs() + EPSILON);
        let rate = learning_rate / (1.0 - beta_1.powf(time as f64));
        let step = mean.clone() / maximum.clone() * rate;
        let momentum = AdaptiveMomentumState::new(time, mean, maximum);
        (tensor - step, Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        AdamState::new(state.momentum.to_device(device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::optimizers::reference::check;

    /// PyTorch 2.15: `torch.optim.Adamax(parameters, lr=0.02)`; `train/tests/reference/optimizers.py`.
    #[test]
    fn steps_agree_with_pytorch() {
        const ADAMAX: [[f64; 4]; 3] = [
            [
                0.48000000044,
                -0.230000000111,
                1.019999999914,
                2.01999999994,
            ],
            [
                0.316613497803,
                -0.05379125805,
                1.19282201662,
                2.194043422083,
            ],
            [
                -0.028061731601,
                0.553694040545,
                1.71449551214,
                2.748327894507,
            ],
        ];
        check(&AdaMax, ADAMAX);
    }
}
