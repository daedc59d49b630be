//! Digits read row by row with long short-term memory from both ends (chapter, section "Recurrent Neural Network").

use models::{Cell, SequenceClassifierConfig};

use super::{Experiment, mnist_lstm};
use crate::data::Pictures;

/// An image is 28 steps of 28 values; 128 units in each direction.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "mnist-bilstm",
        "handwritten digits row by row with long short-term memory from both ends",
        |classes| SequenceClassifierConfig {
            classes,
            ..SequenceClassifierConfig::mnist(Cell::Lstm, 128).with_bidirectional(true)
        },
        10,
        Pictures::mnist(),
        mnist_lstm::recipe(2e-3),
    )
}
