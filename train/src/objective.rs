//! What is minimised: a small vocabulary of objectives, each with its report.

mod penalty;
pub mod reconstruct;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Int, Tensor};
use burn::train::ClassificationOutput;

pub use penalty::{BadPenalty, Penalty};
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

/// One class of several: cross-entropy of the softmax of the logits with sparse labels (the
/// chapter's `SparseCategoricalCrossentropy(from_logits=True)`).
#[derive(Clone, Debug)]
pub struct Classify;

impl Objective<Tensor<2>> for Classify {
    type Target = Tensor<1, Int>;
    type Report = ClassificationOutput;

    /// # Shapes
    /// - logits: `[batch, classes]`
    /// - targets: `[batch]`, class indices
    fn evaluate(&self, logits: Tensor<2>, targets: Tensor<1, Int>) -> ClassificationOutput {
        let loss = CrossEntropyLossConfig::new()
            .init(&logits.device())
            .forward(logits.clone(), targets.clone());
        ClassificationOutput::new(loss, logits, targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    /// PyTorch: `F.cross_entropy(torch.tensor([[1., 2.], [0., 0.]]), torch.tensor([1, 0]))`
    /// = (ln(1 + e^-1) + ln 2) / 2 = 0.503204.
    #[test]
    fn classify_is_the_mean_cross_entropy_of_the_batch() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[1.0, 2.0], [0.0, 0.0]], &device);
        let targets = Tensor::<1, Int>::from_data(TensorData::from([1, 0]), &device);
        let loss: f32 = Classify.evaluate(logits, targets).loss().into_scalar();
        assert!((loss - 0.503_204).abs() < 1e-5, "{loss}");
    }
}
