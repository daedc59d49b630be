//! Seizures in EEG with simple recurrent units (Elman).

use models::Cell;

use super::{Experiment, eeg_lstm};
use crate::data::Signals;

/// A second of EEG is 178 samples, read two by two; the mean of what is said at each step tells.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-rnn",
        "seizures in EEG with simple recurrent units (Elman)",
        |classes| eeg_lstm::network(Cell::Rnn, classes),
        2,
        Signals::eeg(),
        eeg_lstm::recipe(),
    )
}
