//! Seizures in EEG with long short-term memory from both ends.

use models::Cell;

use super::{Experiment, eeg_lstm};
use crate::data::Signals;

/// A second of EEG is 178 samples, read two by two; the mean of what is said at each step tells.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-bilstm",
        "seizures in EEG with long short-term memory from both ends",
        |classes| eeg_lstm::network(Cell::Lstm, classes).with_bidirectional(true),
        2,
        Signals::eeg(),
        eeg_lstm::recipe(),
    )
}
