//! Losses of classifiers.

use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::activation::{log_sigmoid, log_softmax, softmax};
use burn::tensor::{Int, Tensor};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Loss of a classifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross-entropy of the softmax with class indices (Keras's SparseCategoricalCrossentropy)
    #[default]
    CrossEntropy,
    /// Cross-entropy of the softmax with one-hot labels (Keras's CategoricalCrossentropy)
    OneHot,
    /// Mean squared error of the softmax against one-hot labels
    Mse,
    /// Binary cross-entropy of a sigmoid for each class against one-hot labels
    Bce,
}

impl Loss {
    /// Returns the loss of a batch.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`
    /// - targets: `[batch]`, class indices
    /// - output: `[1]`, the mean over the batch; for squared errors and binary cross-entropies also over the classes, as in
    ///   Keras
    pub fn forward(self, logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let device = logits.device();
        let [_, classes] = logits.dims();
        let dtype = logits.dtype();
        let one_hot = |targets: Tensor<1, Int>| targets.one_hot::<2>(classes);
        let probabilities = |targets| one_hot(targets).float().cast(dtype);
        match self {
            Self::CrossEntropy => CrossEntropyLossConfig::new()
                .init(&device)
                .forward(logits, targets),
            Self::OneHot => {
                let losses = -log_softmax(logits, 1) * probabilities(targets);
                losses.sum_dim(1).mean()
            }
            Self::Mse => {
                let predicted = softmax(logits, 1);
                MseLoss::new().forward(predicted, probabilities(targets), Reduction::Mean)
            }
            Self::Bce => BinaryCrossEntropyLossConfig::new()
                .with_logits(true)
                .init(&device)
                .forward(logits, one_hot(targets)),
        }
    }

    /// Returns the loss of a batch whose examples have weights: `sum(weight * loss) / sum(weight)`, as PyTorch and Burn
    /// weight classes.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`
    /// - targets: `[batch]`, class indices
    /// - weights: `[batch]`, above 0
    /// - output: `[1]`
    pub fn forward_weighted(
        self,
        logits: Tensor<2>,
        targets: Tensor<1, Int>,
        weights: Tensor<1>,
    ) -> Tensor<1> {
        let [_, classes] = logits.dims();
        let dtype = logits.dtype();
        let expected = targets.one_hot::<2>(classes).float().cast(dtype);
        let losses = match self {
            Self::CrossEntropy | Self::OneHot => -(log_softmax(logits, 1) * expected).sum_dim(1),
            Self::Mse => (softmax(logits, 1) - expected).square().mean_dim(1),
            Self::Bce => {
                let right = expected.clone() * log_sigmoid(logits.clone());
                let wrong = (-expected + 1.0) * log_sigmoid(-logits);
                -(right + wrong).mean_dim(1)
            }
        };
        let weights = weights.cast(dtype);
        (losses.squeeze_dim::<1>(1) * weights.clone()).sum() / weights.sum()
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
        loss.forward(logits, targets).into_scalar::<f32>().into()
    }

    /// The definitions, written out in `f64`.
    #[test]
    fn losses_agree_with_their_definitions() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut entropy, mut squares, mut binary) = (0.0, 0.0, 0.0);
        for (row, label) in LOGITS.into_iter().zip(LABELS) {
            let row = row.map(f64::from);
            let sum: f64 = row.iter().map(|x| x.exp()).sum();
            for (class, x) in row.into_iter().enumerate() {
                let target = if class as i32 == label { 1.0 } else { 0.0 };
                let p = x.exp() / sum;
                entropy -= target * p.ln() / 2.0;
                squares += (p - target).powi(2) / 6.0;
                let q = sigmoid(x);
                binary -= (target * q.ln() + (1.0 - target) * (1.0 - q).ln()) / 6.0;
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

    /// Equal weights change nothing; weights of classes are those of Burn's cross-entropy.
    #[test]
    fn weighted_losses_agree_with_unweighted_ones_and_with_burn() {
        let device = Device::flex();
        let logits = || Tensor::<2>::from_data(LOGITS, &device);
        let targets = || Tensor::<1, Int>::from_data(TensorData::from(LABELS), &device);
        let weighted = |loss: Loss, weights: [f32; 2]| -> f64 {
            let weights = Tensor::<1>::from_data(weights, &device);
            let loss = loss.forward_weighted(logits(), targets(), weights);
            loss.into_scalar::<f32>().into()
        };
        for loss in Loss::value_variants() {
            let (got, expected) = (weighted(*loss, [3.0, 3.0]), evaluated(*loss, LOGITS));
            assert!(
                (got - expected).abs() < 1e-6,
                "{loss:?}: {got} for {expected}"
            );
        }
        // The labels are 1 and 0.
        let burn = CrossEntropyLossConfig::new()
            .with_weights(Some(vec![0.5, 4.0, 9.0]))
            .init(&device);
        let expected: f64 = burn
            .forward(logits(), targets())
            .into_scalar::<f32>()
            .into();
        let got = weighted(Loss::CrossEntropy, [4.0, 0.5]);
        assert!((got - expected).abs() < 1e-6, "{got} for {expected}");
    }

    #[test]
    fn class_indices_and_one_hot_labels_give_the_same_gradient() {
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

    /// In `f32`, the type of trainings.
    #[test]
    fn gradients_agree_with_central_differences_in_f32() {
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

    /// Without `Bce`: Burn's binary cross-entropy is in `f32` only.
    #[test]
    fn gradients_agree_with_central_differences_in_f64() {
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
