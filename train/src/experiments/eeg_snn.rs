//! Seizures in EEG with spikes (chapter, section "Spiking Neural Network").

use models::SpikingNetConfig;

use super::{Experiment, eeg_lstm};
use crate::data::Signals;

/// The rises and falls of a second of EEG fire; two layers of spiking units listen.
pub fn experiment() -> Experiment {
    Experiment::classify_spiking(
        "eeg-snn",
        "seizures in EEG told by the spikes of its rises and falls",
        SpikingNetConfig::eeg,
        2,
        Signals::eeg(),
        eeg_lstm::recipe(),
    )
}
