//! The chapter's first convolutional network (section "Convolutional Neural Networks").

use datasets::Augmentation;
use models::DigitCnnConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// Adam at Keras's default rate, batch 32, 5 epochs. With a cosine, which would learn the training digits by
/// heart, they are altered in every pass.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-cnn",
        "handwritten digits with one convolution of 32 filters",
        |classes| DigitCnnConfig::new().with_classes(classes),
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 32, 5),
    )
    .with_other_recipe(
        Recipe::adam(2e-3, 32, 5)
            .cosine()
            .augmented(Augmentation::DIGITS),
    )
}
