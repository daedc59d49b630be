//! Reconstruction of pictures by an autoencoder.

use burn::tensor::{ExecutionError, Tensor, activation};
use burn::train::ItemLazy;
use burn::train::metric::{Adaptor, LossInput};
use models::Reconstruction;

use super::mean::MeanInput;
use super::{HasLoss, Objective, Penalty};

/// Binary cross-entropy of each pixel z with the picture's value t, -t ln sigma(z) - (1 - t) ln(1 - sigma(z)), as a mean
/// over pixels and pictures (Keras's `binary_crossentropy`), plus a penalty on the code.
///
/// The penalty of a variational code is its divergence from a standard normal distribution, (m^2 + e^v - 1 - v) / 2
/// summed over the units and divided by the number of pixels, so that the loss is the negative evidence lower bound in
/// nats per pixel (Kingma and Welling 2014, appendix B).
#[derive(Clone, Copy, Debug)]
pub struct Reconstruct {
    /// Sparsity penalty on the code's activity.
    pub penalty: Option<Penalty>,
}

/// Loss of a batch and its parts, of shape `[1]` each.
#[derive(Clone, Debug)]
pub struct ReconstructionReport {
    /// Sum of cross-entropy and penalties.
    pub loss: Tensor<1>,
    /// Binary cross-entropy alone.
    pub cross_entropy: Tensor<1>,
}

impl Objective<Reconstruction> for Reconstruct {
    type Target = Tensor<4>;
    type Report = ReconstructionReport;

    /// Evaluates a batch of reconstructions.
    ///
    /// # Shapes
    /// - prediction: see [`Reconstruction`]
    /// - targets: `[batch, channels, height, width]`, values of 0 to 1
    fn evaluate(&self, prediction: Reconstruction, targets: Tensor<4>) -> ReconstructionReport {
        let [_, channels, height, width] = targets.dims();
        let Reconstruction {
            logits,
            code,
            log_variance,
        } = prediction;
        let cross_entropy = cross_entropies(logits, targets).mean();
        let mut loss = cross_entropy.clone();
        if let Some(penalty) = &self.penalty {
            loss = loss + penalty.cost(&code);
        }
        if let Some(log_variance) = log_variance {
            let pixels = (channels * height * width) as f64;
            loss = loss + divergences(code, log_variance).mean() / pixels;
        }
        ReconstructionReport {
            loss,
            cross_entropy,
        }
    }
}

/// Returns the binary cross-entropy of each pixel with its value, in nats; finite for any finite logit.
///
/// # Shapes
/// - `logits`, `targets` and output: `[batch, channels, height, width]`
pub fn cross_entropies(logits: Tensor<4>, targets: Tensor<4>) -> Tensor<4> {
    // ln(1 - sigma(z)) = ln sigma(z) - z.
    (-targets + 1.0) * logits.clone() - activation::log_sigmoid(logits)
}

/// Returns the divergence of each picture's distribution of codes from a standard normal one, in nats.
///
/// # Shapes
/// - `mean`, `log_variance`: `[batch, units]`
/// - output: `[batch]`
pub fn divergences(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<1> {
    let terms = mean.square() + log_variance.clone().exp() - 1.0 - log_variance;
    terms.sum_dim(1).squeeze_dim(1) / 2.0
}

impl HasLoss for ReconstructionReport {
    fn loss(&self) -> Tensor<1> {
        self.loss.clone()
    }
}

impl ItemLazy for ReconstructionReport {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            cross_entropy: self.cross_entropy.without_autodiff(),
        })
    }
}

impl Adaptor<LossInput> for ReconstructionReport {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

/// Binary cross-entropy without the penalty, under the name "BCE".
impl Adaptor<MeanInput> for ReconstructionReport {
    fn adapt(&self) -> MeanInput {
        MeanInput {
            value: self.cross_entropy.clone(),
            weight: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Device, Distribution, TensorData};
    use proptest::prelude::*;

    fn tensor<const D: usize>(values: Vec<f64>, shape: [usize; D], device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (device, DType::F64))
    }

    /// Keras: `keras.losses.BinaryCrossentropy(from_logits=True)([[1, 0, 0.3, 0.5]], [[2., -1.,
    /// 0.5, 100.]])`: (0.126928 + 0.313262 + 0.824077 + 50) / 4 = 12.816067.
    #[test]
    fn cross_entropy_agrees_with_keras_and_is_finite() {
        let device = Device::flex();
        let logits = tensor(vec![2.0, -1.0, 0.5, 100.0], [1, 1, 2, 2], &device);
        let targets = tensor(vec![1.0, 0.0, 0.3, 0.5], [1, 1, 2, 2], &device);
        let mean = cross_entropies(logits, targets).mean().into_scalar::<f64>();
        assert!((mean - 12.816_067).abs() < 1e-5, "{mean}");
    }

    /// By hand: m = (1, 2), v = (0, ln 4): (1 + 1 - 1 - 0 + 4 + 4 - 1 - ln 4) / 2 = 3.306853.
    #[test]
    fn divergence_agrees_with_a_hand_computed_one() {
        let device = Device::flex();
        let mean = tensor(vec![1.0, 2.0, 0.0, 0.0], [2, 2], &device);
        let log_variance = tensor(vec![0.0, 4f64.ln(), 0.0, 0.0], [2, 2], &device);
        let found: Vec<f64> = divergences(mean, log_variance).into_data().iter().collect();
        assert!((found[0] - 3.306_853).abs() < 1e-6, "{found:?}");
        assert_eq!(found[1], 0.0);
    }

    /// A loss of one picture of 2 x 2 and its code.
    struct Case {
        penalty: Penalty,
        variational: bool,
    }

    impl Case {
        /// Returns the loss for logits (4), code (3) and logarithms of variances (3), and those tensors.
        fn loss(&self, values: &[f64], device: &Device) -> (Tensor<1>, [Tensor<1>; 3]) {
            let leaf = |range: std::ops::Range<usize>| {
                let count = range.len();
                tensor(values[range].to_vec(), [count], device).require_grad()
            };
            let leaves = [leaf(0..4), leaf(4..7), leaf(7..10)];
            let [logits, code, log_variance] = leaves.clone();
            let prediction = Reconstruction {
                logits: logits.reshape([1, 1, 2, 2]),
                code: code.reshape([1, 3]),
                log_variance: self.variational.then(|| log_variance.reshape([1, 3])),
            };
            let targets = tensor(vec![1.0, 0.0, 0.3, 0.8], [1, 1, 2, 2], device);
            let objective = Reconstruct {
                penalty: Some(self.penalty),
            };
            (objective.evaluate(prediction, targets).loss, leaves)
        }
    }

    #[test]
    fn gradients_agree_with_central_differences() {
        const STEP: f64 = 1e-6;
        let device = Device::flex().autodiff();
        let values = [0.3, -1.2, 2.0, -0.1, 0.2, 0.6, 0.9, -0.4, 0.1, 0.7];
        for (penalty, variational) in [
            ("none", true),
            ("l1:0.3", false),
            ("kl:0.4:0.1", false),
            ("l1:0.2+kl:0.4:0.7", true),
        ] {
            let case = Case {
                penalty: penalty.parse().unwrap(),
                variational,
            };
            let (loss, leaves) = case.loss(&values, &device);
            let gradients = loss.backward();
            let found: Vec<f64> = leaves
                .iter()
                .zip([4, 3, 3])
                .flat_map(|(leaf, count)| match leaf.grad(&gradients) {
                    Some(gradient) => gradient.into_data().iter().collect::<Vec<f64>>(),
                    None => vec![0.0; count],
                })
                .collect();
            for (place, gradient) in found.into_iter().enumerate() {
                let at = |by: f64| {
                    let mut moved = values;
                    moved[place] += by;
                    case.loss(&moved, &device).0.into_scalar::<f64>()
                };
                let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                assert!(
                    (slope - gradient).abs() < 1e-7,
                    "{penalty}, {place}: {gradient} for {slope}"
                );
            }
        }
    }

    proptest! {
        /// Divergences are never negative.
        #[test]
        fn the_loss_is_least_for_the_picture_itself(
            target in 0.01f64..0.99, logit in -30.0f64..30.0, mean in -5.0f64..5.0, v in -5.0f64..5.0
        ) {
            let device = Device::flex();
            let of = |logit: f64| {
                let one = |value| tensor(vec![value], [1, 1, 1, 1], &device);
                cross_entropies(one(logit), one(target)).into_scalar::<f64>()
            };
            prop_assert!(of((target / (1.0 - target)).ln()) <= of(logit) + 1e-9);
            let one = |value| tensor(vec![value], [1, 1], &device);
            prop_assert!(divergences(one(mean), one(v)).into_scalar::<f64>() >= -1e-9);
        }
    }

    #[test]
    fn the_metric_is_the_cross_entropy_without_the_penalty() {
        let device = Device::flex();
        let report = Reconstruct {
            penalty: Some(Penalty::l1(1.0)),
        }
        .evaluate(
            Reconstruction {
                logits: Tensor::zeros([2, 1, 2, 2], &device),
                code: Tensor::random([2, 3], Distribution::Default, &device),
                log_variance: None,
            },
            Tensor::zeros([2, 1, 2, 2], &device),
        );
        let input: MeanInput = report.adapt();
        let value = input.value.clone().into_scalar::<f64>();
        assert!((value - std::f64::consts::LN_2).abs() < 1e-6, "{value}");
        assert!(report.loss().into_scalar::<f64>() > value);
    }
}
