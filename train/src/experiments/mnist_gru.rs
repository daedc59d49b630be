//! Digits read row by row with gated recurrent units (chapter, section "Recurrent Neural Network").

use datasets::Augmentation;
use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Pictures;
use crate::recipe::Recipe;

/// An image is 28 steps of 28 values; 128 units.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-gru",
        "handwritten digits row by row with gated recurrent units",
        |classes| SequenceClassifierConfig {
            classes,
            ..SequenceClassifierConfig::mnist(Cell::Gru, 128)
        },
        10,
        Pictures::mnist(),
        Recipe::adam(2e-3, 64, 12)
            .cosine()
            .clipped(1.0)
            .augmented(Augmentation::DIGITS),
    )
}
