//! NAdam: Adam with Nesterov's momentum (Dozat 2016, <https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ>).
//!
//! With mu_t = beta_1 (1 - 0.96^(t psi) / 2), psi = 0.004, and the product M_t = mu_1 ... mu_t, as PyTorch
//! has it:
//!
//! w -= eta / (sqrt(v / (1 - beta_2^t)) + eps) ((1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_(t+1)) m)

use burn::optim::{
    AdaptiveMomentumState, LearningRate, Optimizer, RecordState, StateSink, StateSource, join_path,
};
use burn::tensor::{Device, Tensor};

const BETAS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;
/// How fast the momentum grows to its full strength.
const PSI: f64 = 0.004;

/// NAdam with PyTorch's constants.
#[derive(Clone, Copy, Debug)]
pub struct NAdam;

/// What NAdam keeps of the steps so far.
#[derive(Clone)]
pub struct NAdamState<const D: usize> {
    moments: AdaptiveMomentumState<D>,
    /// M_t
    product: f64,
}

/// mu_t
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
        let of_gradient = learning_rate * (1.0 - now) / (1.0 - product);
        let of_mean = learning_rate * next / (1.0 - product * next);
        let step = (gradient * of_gradient + mean.clone() * of_mean) / scale;
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

// By hand: Burn's derive names crates of its own.
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
pub(crate) mod tests {
    use super::*;
    use burn::tensor::{DType, TensorData};

    /// The problem of `train/tests/reference/optimizers.py` in `f64`, and in `f32` with every step's state
    /// written to a record and read back: the parameters after steps 1, 10 and 50.
    pub(crate) fn check<O: Optimizer>(optimizer: &O, expected: [[f64; 4]; 3]) {
        for (dtype, tolerance) in [(DType::F64, 1e-11), (DType::F32, 5e-6)] {
            let reread = (dtype == DType::F32).then_some(reread as fn(_) -> _);
            let got = parameters(optimizer, dtype, reread);
            for (got, expected) in got.iter().flatten().zip(expected.into_iter().flatten()) {
                let error = (got - expected).abs();
                assert!(error < tolerance, "{dtype:?}: {got} for {expected}");
            }
        }
    }

    fn parameters<O: Optimizer>(
        optimizer: &O,
        dtype: DType,
        reread: Option<fn(O::State<1>) -> O::State<1>>,
    ) -> Vec<Vec<f64>> {
        let device = Device::flex();
        let tensor =
            |values: &[f64]| Tensor::<1>::from_data(TensorData::from(values), (&device, dtype));
        let mut w = vec![0.5, -0.25, 1.0, 2.0];
        let mut state = None;
        let mut kept = Vec::new();
        for step in 1..=50 {
            let gradient: Vec<f64> = (0..4)
                .map(|i| (i + 1) as f64 * (w[i] - i as f64).sin() + w[(i + 1) % 4] / 10.0)
                .collect();
            let (stepped, next) = optimizer.step(0.02, tensor(&w), tensor(&gradient), state);
            state = match reread {
                Some(reread) => next.map(reread),
                None => next,
            };
            w = stepped.into_data().iter::<f64>().collect();
            if [1, 10, 50].contains(&step) {
                kept.push(w.clone());
            }
        }
        kept
    }

    /// As a checkpoint brings it back.
    fn reread<S: RecordState>(state: S) -> S {
        let mut sink = StateSink::default();
        state.state_flatten("w", &mut sink);
        let mut source = StateSource::new(sink.scalars.into_iter().collect());
        for (name, data) in sink.tensors {
            source.insert_tensor(name, data);
        }
        RecordState::state_unflatten("w", &mut source, &Device::flex()).unwrap()
    }

    /// PyTorch 2.15: `torch.optim.NAdam(parameters, lr=0.02)`.
    #[test]
    fn steps_are_pytorchs() {
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
