//! Seizures in EEG: recurrent networks, convolutions over time, and a spiking network.

use models::{Cell, Pooling, SequenceClassifierConfig, SignalCnnConfig, SpikingNetConfig};

use super::Experiment;
use super::families::Families;
use crate::data::Signals;
use crate::fit::recipe::Recipe;
use crate::tasks::classify::ClassifierConfig;

pub(super) fn experiments() -> Vec<Experiment> {
    vec![
        seizures(
            "eeg-rnn",
            "seizures in EEG with simple recurrent units (Elman)",
            |classes| two_samples_per_step(Cell::Rnn, classes),
            recurrent_recipe(),
        ),
        seizures(
            "eeg-gru",
            "seizures in EEG with gated recurrent units",
            |classes| two_samples_per_step(Cell::Gru, classes),
            recurrent_recipe(),
        ),
        seizures(
            "eeg-lstm",
            "seizures in EEG with long short-term memory",
            |classes| two_samples_per_step(Cell::Lstm, classes),
            recurrent_recipe(),
        ),
        seizures(
            "eeg-bilstm",
            "seizures in EEG with long short-term memory from both ends",
            |classes| two_samples_per_step(Cell::Lstm, classes).with_bidirectional(true),
            recurrent_recipe(),
        ),
        seizures(
            "eeg-conv",
            "seizures in EEG with three convolutions over time (the baseline of the recurrent ones)",
            SignalCnnConfig::eeg,
            Recipe::adam(2e-3, 64, 20).cosine(),
        ),
    ]
}

/// Two layers of spiking units (chapter, section "Spiking Neural Network").
pub(super) fn spiking() -> Experiment {
    Experiment::classify_spiking(
        "eeg-snn",
        "seizures in delta-coded EEG with two layers of spiking units",
        SpikingNetConfig::eeg,
        2,
        Signals::eeg(),
        recurrent_recipe(),
    )
}

fn seizures<C: ClassifierConfig<Options: Families>>(
    name: &'static str,
    about: &'static str,
    network: fn(classes: usize) -> C,
    recipe: Recipe,
) -> Experiment {
    Experiment::classify(name, about, network, 2, Signals::eeg(), recipe)
}

/// 64 units that read a second of EEG, 178 samples, two by two; the answer is the mean over all steps.
fn two_samples_per_step(cell: Cell, classes: usize) -> SequenceClassifierConfig {
    SequenceClassifierConfig::eeg(cell, 64, classes)
        .with_rows_per_step(2)
        .with_pooling(Pooling::Mean)
        .with_dropout(0.2)
}

fn recurrent_recipe() -> Recipe {
    Recipe::adam(2e-3, 64, 20).cosine().clipped(1.0)
}
