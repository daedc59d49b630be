//! Objectives: what a training minimises, one file each.

mod classify;
mod loss;
pub mod mean;
mod penalty;
mod phrases;
pub mod reconstruct;
pub mod translate;

use burn::tensor::Tensor;
use burn::train::metric::{Adaptor, LossInput};
use burn::train::{ClassificationOutput, ItemLazy};

pub use classify::Classify;
pub use loss::Loss;
pub use penalty::{BadPenalty, Penalty};
pub use phrases::ClassifyPhrases;
pub use reconstruct::Reconstruct;

/// Compares a prediction of type `Y` with its target.
pub trait Objective<Y>: Clone + Send + std::fmt::Debug {
    /// Target of a prediction.
    type Target: Send + 'static;
    /// Loss of a batch, and what the metrics need beside it.
    type Report: HasLoss + ItemLazy + Adaptor<LossInput> + Adaptor<()> + 'static;

    /// Evaluates a batch of predictions.
    fn evaluate(&self, prediction: Y, target: Self::Target) -> Self::Report;
}

/// A report that carries the loss to be minimised.
pub trait HasLoss {
    /// Returns the mean loss of the batch, of shape `[1]`.
    fn loss(&self) -> Tensor<1>;
}

impl HasLoss for ClassificationOutput {
    fn loss(&self) -> Tensor<1> {
        self.loss.clone()
    }
}
