//! Digits read row by row with gated recurrent units (chapter, section "Recurrent Neural Network").

use models::{Cell, SequenceClassifierConfig};

use super::{Experiment, mnist_lstm};
use crate::data::Pictures;

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
        mnist_lstm::recipe(2e-3),
    )
}
