//! Seizures in EEG with convolutions over time.

use models::SignalCnnConfig;

use super::Experiment;
use crate::data::Signals;
use crate::fit::recipe::Recipe;

/// The baseline of the recurrent networks.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "eeg-conv",
        "seizures in EEG with three convolutions over time (the baseline of the recurrent ones)",
        SignalCnnConfig::eeg,
        2,
        Signals::eeg(),
        Recipe::adam(2e-3, 64, 20).cosine(),
    )
}
