//! Digits read row by row with long short-term memory (chapter, section "Recurrent Neural Network").

use datasets::Augmentation;
use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// An image is 28 steps of 28 values; 128 units.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-lstm",
        "handwritten digits row by row with long short-term memory",
        |classes| SequenceClassifierConfig {
            classes,
            ..SequenceClassifierConfig::mnist(Cell::Lstm, 128)
        },
        10,
        Pictures::mnist(),
        recipe(2e-3),
    )
}

/// How every network that reads digits row by row is trained.
pub(super) fn recipe(peak_rate: f64) -> Recipe {
    Recipe::adam(peak_rate, 64, 12)
        .cosine()
        .clipped(1.0)
        .augmented(Augmentation::DIGITS)
}
