//! Seizures in EEG with long short-term memory.

use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Signals;
use crate::recipe::Recipe;

/// A second of EEG is 178 samples.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-lstm",
        "seizures in EEG with long short-term memory",
        |classes| SequenceClassifierConfig::eeg(Cell::Lstm, 64, classes),
        2,
        Signals::eeg(),
        Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0),
    )
}
