//! Seizures in EEG with gated recurrent units.

use models::Cell;

use super::{Experiment, eeg_lstm};
use crate::data::Signals;

/// A second of EEG is 178 samples, read two by two; the mean of what is said at each step tells.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-gru",
        "seizures in EEG with gated recurrent units",
        |classes| eeg_lstm::network(Cell::Gru, classes),
        2,
        Signals::eeg(),
        eeg_lstm::recipe(),
    )
}
