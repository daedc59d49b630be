//! What is minimised: a small vocabulary of objectives, each with its report.

pub mod mean;
mod penalty;
mod phrases;
pub mod reconstruct;
pub mod translate;

use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Int, Tensor};
use burn::train::ClassificationOutput;
use clap::ValueEnum;
use datasets::Labels;
use serde::{Deserialize, Serialize};

pub use penalty::{BadPenalty, Penalty};
pub use phrases::ClassifyPhrases;
pub use reconstruct::Reconstruct;

/// Scores a prediction of type `Y` against its target.
pub trait Objective<Y>: Clone + Send + std::fmt::Debug {
    /// What the prediction is compared with.
    type Target: Send + 'static;
    /// The loss, and what the metrics need beside it.
    type Report: HasLoss;

    /// Compares a batch of predictions with its targets.
    fn evaluate(&self, prediction: Y, target: Self::Target) -> Self::Report;
}

/// A report that carries the scalar to be minimised.
pub trait HasLoss {
    /// The mean loss of the batch, shape `[1]`.
    fn loss(&self) -> Tensor<1>;
}

impl HasLoss for ClassificationOutput {
    fn loss(&self) -> Tensor<1> {
        self.loss.clone()
    }
}

/// What a classifier minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross-entropy of the softmax with labels as numbers (Keras's SparseCategoricalCrossentropy)
    #[default]
    CrossEntropy,
    /// The same with one-hot labels (Keras's CategoricalCrossentropy)
    OneHot,
    /// Mean squared error of the softmax against one-hot labels
    Mse,
    /// Binary cross-entropy of a sigmoid for each class against one-hot labels
    Bce,
}

impl Loss {
    /// The loss of a batch.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`
    /// - targets: `[batch]`, class indices
    /// - output: `[1]`, the mean over the batch; of squared errors and binary cross-entropies also over the
    ///   classes, as in Keras
    pub fn forward(self, logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let device = logits.device();
        let [_, classes] = logits.dims();
        let kind = logits.dtype();
        let one_hot = |targets: Tensor<1, Int>| targets.one_hot::<2>(classes);
        let wanted = |targets| one_hot(targets).float().cast(kind);
        match self {
            Self::CrossEntropy => CrossEntropyLossConfig::new()
                .init(&device)
                .forward(logits, targets),
            Self::OneHot => {
                let surprise = -log_softmax(logits, 1) * wanted(targets);
                surprise.sum_dim(1).mean()
            }
            Self::Mse => {
                let probabilities = softmax(logits, 1);
                MseLoss::new().forward(probabilities, wanted(targets), Reduction::Mean)
            }
            Self::Bce => BinaryCrossEntropyLossConfig::new()
                .with_logits(true)
                .init(&device)
                .forward(logits, one_hot(targets)),
        }
    }
}

/// One class of several.
#[derive(Clone, Debug, Default)]
pub struct Classify {
    /// What is minimised.
    pub loss: Loss,
}

impl Objective<Tensor<2>> for Classify {
    type Target = Labels;
    type Report = ClassificationOutput;

    /// Of mixed pictures, the mean of the losses for the two labels, by their shares; of the members of an
    /// ensemble, which answer one after the other, the mean of each one's.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]` or `[members * batch, classes]`
    fn evaluate(&self, logits: Tensor<2>, targets: Labels) -> ClassificationOutput {
        let members = logits.dims()[0] / targets.own.dims()[0];
        let of_each = |labels: Tensor<1, Int>| match members {
            1 => labels,
            members => labels.repeat_dim(0, members),
        };
        let own = of_each(targets.own);
        let mut loss = self.loss.forward(logits.clone(), own.clone());
        if let Some((other, share)) = targets.other {
            let of_other = self.loss.forward(logits.clone(), of_each(other));
            loss = loss * (1.0 - share) + of_other * share;
        }
        ClassificationOutput::new(loss, logits, own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Device, TensorData};

    const LOGITS: [[f32; 3]; 2] = [[1.0, 2.0, -1.0], [0.5, 0.0, 0.3]];
    const LABELS: [i32; 2] = [1, 0];

    fn evaluated(loss: Loss, logits: [[f32; 3]; 2]) -> f64 {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data(logits, &device);
        let targets = Tensor::<1, Int>::from_data(TensorData::from(LABELS), &device);
        let report = Classify { loss }.evaluate(logits, targets.into());
        report.loss().into_scalar::<f32>().into()
    }

    /// By the definitions, in `f64`.
    #[test]
    fn every_loss_is_what_it_says() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut entropy, mut squares, mut binary) = (0.0, 0.0, 0.0);
        for (row, label) in LOGITS.into_iter().zip(LABELS) {
            let row = row.map(f64::from);
            let sum: f64 = row.iter().map(|x| x.exp()).sum();
            for (class, x) in row.into_iter().enumerate() {
                let wanted = if class as i32 == label { 1.0 } else { 0.0 };
                let p = x.exp() / sum;
                entropy -= wanted * p.ln() / 2.0;
                squares += (p - wanted).powi(2) / 6.0;
                let q = sigmoid(x);
                binary -= (wanted * q.ln() + (1.0 - wanted) * (1.0 - q).ln()) / 6.0;
            }
        }
        for (loss, expected) in [
            (Loss::CrossEntropy, entropy),
            (Loss::OneHot, entropy),
            (Loss::Mse, squares),
            (Loss::Bce, binary),
        ] {
            let got = evaluated(loss, LOGITS);
            assert!(
                (got - expected).abs() < 1e-6,
                "{loss:?}: {got} for {expected}"
            );
        }
    }

    /// Labels as numbers and one-hot labels give the same loss and the same gradient.
    #[test]
    fn one_hot_is_sparse() {
        let device = Device::flex().autodiff();
        let gradients = [Loss::CrossEntropy, Loss::OneHot].map(|loss| {
            let logits = Tensor::<2>::from_data(LOGITS, &device).require_grad();
            let targets = Tensor::<1, Int>::from_data(TensorData::from(LABELS), &device);
            let gradients = loss.forward(logits.clone(), targets).backward();
            logits.grad(&gradients).unwrap().into_data()
        });
        let [sparse, one_hot] = gradients.map(|data| data.iter::<f64>().collect::<Vec<_>>());
        for (sparse, one_hot) in sparse.iter().zip(one_hot) {
            assert!((sparse - one_hot).abs() < 1e-7, "{sparse} and {one_hot}");
        }
    }

    /// Central differences in f32, as it is trained.
    #[test]
    fn gradients_are_about_those_of_differences() {
        const STEP: f32 = 1e-2;
        let device = Device::flex().autodiff();
        for loss in Loss::value_variants() {
            let logits = Tensor::<2>::from_data(LOGITS, &device).require_grad();
            let targets = Tensor::<1, Int>::from_data(TensorData::from(LABELS), &device);
            let gradients = loss.forward(logits.clone(), targets).backward();
            let gradient = logits.grad(&gradients).unwrap().into_data();
            for (place, got) in gradient.iter::<f64>().enumerate() {
                let at = |step: f32| {
                    let mut moved = LOGITS;
                    moved[place / 3][place % 3] += step;
                    evaluated(*loss, moved)
                };
                let expected = (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP);
                assert!(
                    (got - expected).abs() < 1e-4,
                    "{loss:?}: {got} for {expected}"
                );
            }
        }
    }

    /// Central differences in f64 of the loss against its gradient. (Burn's binary cross-entropy knows f32 only.)
    #[test]
    fn gradients_are_those_of_differences() {
        const STEP: f64 = 1e-5;
        let device = Device::flex().autodiff();
        for loss in [Loss::CrossEntropy, Loss::OneHot, Loss::Mse] {
            let of = |logits: Vec<f64>| {
                let data = TensorData::new(logits, [2, 3]);
                let logits = Tensor::<2>::from_data(data, (&device, DType::F64)).require_grad();
                let targets = Tensor::<1, Int>::from_data(TensorData::from(LABELS), &device);
                (logits.clone(), loss.forward(logits, targets))
            };
            let logits: Vec<f64> = LOGITS.iter().flatten().copied().map(f64::from).collect();
            let (leaf, value) = of(logits.clone());
            let gradient = leaf.grad(&value.backward()).unwrap().into_data();
            assert_eq!(gradient.dtype(), DType::F64);
            for (place, got) in gradient.iter::<f64>().enumerate() {
                let at = |step: f64| {
                    let mut moved = logits.clone();
                    moved[place] += step;
                    of(moved).1.into_scalar::<f64>()
                };
                let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                assert!(
                    (got - expected).abs() < 1e-7,
                    "{loss:?}: {got} for {expected}"
                );
            }
        }
    }
}
