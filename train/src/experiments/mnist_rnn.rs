//! Digits read row by row with simple recurrent units (Elman) (chapter, section "Recurrent Neural Network").

use models::{Cell, SequenceClassifierConfig};

use super::{Experiment, mnist_lstm};
use crate::data::Pictures;

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
        mnist_lstm::recipe(1e-3),
    )
}
