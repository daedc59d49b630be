//! NAdam: Adam with Nesterov's momentum (Dozat 2016, <https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ>). Burn 0.22
//! has none.
//!
//! With mu_t = beta_1 (1 - 0.96^(t psi) / 2), psi = 0.004, and the product M_t = mu_1 ... mu_t, as in PyTorch:
//!
//! w -= eta / (sqrt(v / (1 - beta_2^t)) + eps) ((1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_(t+1)) m)

use burn::optim::{
    AdaptiveMomentumState, LearningRate, Optimizer, RecordState, StateSink, StateSource, join_path,
};
use burn::tensor::{Device, Tensor};

/// Decay rates of the moments, as in PyTorch.
const BETAS: [f64; 2] = [0.9, 0.999];
/// Added to the denominator, as in PyTorch.
const EPSILON: f64 = 1e-8;
/// Rate at which the momentum approaches beta_1 (`momentum_decay` in PyTorch).
const PSI: f64 = 0.004;

/// NAdam with PyTorch's constants.
#[derive(Clone, Copy, Debug)]
pub struct NAdam;

/// State of NAdam for one parameter.
#[derive(Clone)]
pub struct NAdamState<const D: usize> {
    moments: AdaptiveMomentumState<D>,
    /// Product of the momentums so far, M_t.
    product: f64,
}

/// Returns the momentum of step `time`, mu_t.
fn momentum(time: usize) -> f64 {
    BETAS[0] * (1.0 - 0.5 * 0.96_f64.powf(time as f64 * PSI))
}

impl Optimizer for NAdam {
    type State<const D: usize> = NAdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<NAdamState<D>>,
    ) -> (Tensor<D>, Option<NAdamState<D>>) {
        let (time, mean, square, product) = match state {
            Some(NAdamState { moments, product }) => {
                (moments.time, moments.moment_1, moments.moment_2, product)
            }
            None => (0, gradient.zeros_like(), gradient.zeros_like(), 1.0),
        };
        let time = time + 1;
        let [beta_1, beta_2] = BETAS;
        let mean = mean * beta_1 + gradient.clone() * (1.0 - beta_1);
        let square = square * beta_2 + gradient.clone().square() * (1.0 - beta_2);
        let (now, next) = (momentum(time), momentum(time + 1));
        let product = product * now;
        let correction = 1.0 - beta_2.powf(time as f64);
        let scale = (square.clone() / correction).sqrt() + EPSILON;
        let gradient_rate = learning_rate * (1.0 - now) / (1.0 - product);
        let mean_rate = learning_rate * next / (1.0 - product * next);
        let step = (gradient * gradient_rate + mean.clone() * mean_rate) / scale;
        let moments = AdaptiveMomentumState::new(time, mean, square);
        (tensor - step, Some(NAdamState { moments, product }))
    }

    fn to_device<const D: usize>(state: NAdamState<D>, device: &Device) -> NAdamState<D> {
        NAdamState {
            moments: state.moments.to_device(device),
            ..state
        }
    }
}

// Written out because Burn's derive macro names crates that are private to Burn.
impl<const D: usize> RecordState for NAdamState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        (self.moments).state_flatten(&join_path(prefix, "moments"), out);
        out.push_scalar(prefix, "product", self.product.into());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let moments = join_path(prefix, "moments");
        Some(Self {
            moments: RecordState::state_unflatten(&moments, source, device)?,
            product: source.take_scalar(prefix, "product")?.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::optimizers::reference::check;

    /// PyTorch 2.15: `torch.optim.NAdam(parameters, lr=0.02)`.
    #[test]
    fn steps_agree_with_pytorch() {
        const NADAM: [[f64; 4]; 3] = [
            [
                0.478870964898,
                -0.22887096455,
                1.021129035476,
                2.021129035503,
            ],
            [
                0.346498016024,
                -0.090461179033,
                1.158040732797,
                2.158592948502,
            ],
            [
                -0.038917809625,
                0.541367072031,
                1.7215311088,
                2.750518634246,
            ],
        ];
        check(&NAdam, NADAM);
    }
}
