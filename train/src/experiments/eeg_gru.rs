//! Seizures in EEG with gated recurrent units.

use models::{Cell, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Signals;
use crate::recipe::Recipe;

/// A second of EEG is 178 samples.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-gru",
        "seizures in EEG with gated recurrent units",
        |classes| SequenceClassifierConfig::eeg(Cell::Gru, 64, classes),
        2,
        Signals::eeg(),
        Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0),
    )
}
