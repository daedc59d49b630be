//! Seizures in EEG with gated recurrent units.

use models::{Cell, Pooling, SequenceClassifierConfig};

use super::Experiment;
use crate::data::Signals;
use crate::recipe::Recipe;

/// A second of EEG is 178 samples, read two by two; the mean of what is said at each step tells.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-gru",
        "seizures in EEG with gated recurrent units",
        |classes| {
            SequenceClassifierConfig::eeg(Cell::Gru, 64, classes)
                .with_rows_per_step(2)
                .with_pooling(Pooling::Mean)
                .with_dropout(0.2)
        },
        2,
        Signals::eeg(),
        Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0),
    )
}
