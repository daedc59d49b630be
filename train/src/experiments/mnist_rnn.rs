//! Digits read row by row with simple recurrent units (Elman) (chapter, section "Recurrent Neural Network").

use datasets::Augmentation;
use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Pictures;
use crate::recipe::Recipe;

/// An image is 28 steps of 28 values; 128 units.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-rnn",
        "handwritten digits row by row with simple recurrent units (Elman)",
        |classes| SequenceClassifierConfig {
            classes,
            ..SequenceClassifierConfig::mnist(Cell::Rnn, 128)
        },
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 64, 12)
            .cosine()
            .clipped(1.0)
            .augmented(Augmentation::DIGITS),
    )
}
