//! The chapter's first network: 784-128-10 on MNIST (section "Perceptron", figure 10.4).

use models::MlpConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// Adam 1e-3, batch 128, 6 epochs, inputs divided by 255.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-mlp",
        "handwritten digits with one hidden layer of 128 (the chapter's first network)",
        |classes| MlpConfig {
            classes,
            ..MlpConfig::mnist()
        },
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 128, 6),
    )
    .with_other_recipe(Recipe::adam(8e-3, 128, 6).cosine())
}
