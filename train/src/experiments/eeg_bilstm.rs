//! Seizures in EEG with long short-term memory from both ends.

use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Signals;
use crate::recipe::Recipe;

/// A second of EEG is 178 samples.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-bilstm",
        "seizures in EEG with long short-term memory from both ends",
        |classes| SequenceClassifierConfig::eeg(Cell::Lstm, 64, classes).with_bidirectional(true),
        2,
        Signals::eeg(),
        Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0),
    )
}
