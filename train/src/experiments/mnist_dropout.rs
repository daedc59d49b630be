//! The chapter's Lab 1: 784-128-10 with dropout 0.2 on MNIST.

use models::MlpConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// Adam, batch 32, 5 epochs, with a cosine from 4e-3. The lab's constant 1e-3 (`--schedule constant`)
/// stays below 97.8 % on the test digits.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-dropout",
        "the same with dropout 0.2 (Lab 1)",
        |classes| MlpConfig {
            classes,
            ..MlpConfig::mnist_dropout()
        },
        10,
        Pictures::mnist(),
        Recipe::adam(4e-3, 32, 5).cosine(),
    )
    .with_other_recipe(Recipe::adam(1e-3, 32, 5))
}
