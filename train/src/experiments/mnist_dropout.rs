//! The chapter's Lab 1: 784-128-10 with dropout 0.2 on MNIST.

use models::MlpConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::recipe::Recipe;

/// Adam at Keras's default rate, batch 32, 5 epochs.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-dropout",
        "the same with dropout 0.2 (Lab 1)",
        |classes| MlpConfig { classes, ..MlpConfig::mnist_dropout() },
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 32, 5),
    )
    .with_cosine_peak(4e-3)
}
