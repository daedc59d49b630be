//! The chapter's first convolutional network (section "Convolutional Neural Networks").

use models::DigitCnnConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::recipe::{Recipe, Schedule};

/// Adam at Keras's default rate, batch 32, 5 epochs.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-cnn",
        "handwritten digits with one convolution of 32 filters",
        |classes| DigitCnnConfig::new().with_classes(classes),
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 32, 5),
    )
    .with_rate_for(Schedule::Cosine, 2e-3)
}
