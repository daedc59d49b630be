//! Seizures in EEG with long short-term memory.

use models::{Cell, Pooling, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Signals;
use crate::fit::recipe::Recipe;

/// A second of EEG is 178 samples, read two by two; the mean of what is said at each step tells.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-lstm",
        "seizures in EEG with long short-term memory",
        |classes| network(Cell::Lstm, classes),
        2,
        Signals::eeg(),
        recipe(),
    )
}

/// Two samples make a step; the mean of what is said at each tells.
pub(super) fn network(cell: Cell, classes: usize) -> SequenceClassifierConfig {
    SequenceClassifierConfig::eeg(cell, 64, classes)
        .with_rows_per_step(2)
        .with_pooling(Pooling::Mean)
        .with_dropout(0.2)
}

/// How every network that hears recordings is trained step by step.
pub(super) fn recipe() -> Recipe {
    Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0)
}
