//! Seizures in EEG: recurrent networks, convolutions over time, and a spiking network.

use models::{
    Cell, Pooling, SequenceClassifierConfig, SignalCnnConfig, SpikingNet, SpikingNetConfig,
};

use super::experiment::Experiment;
use super::families::Families;
use crate::data::Signals;
use crate::fit::recipe::Recipe;
use crate::tasks::classify::{ClassificationTask, ClassifierConfig};

pub fn experiments() -> Vec<Experiment> {
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
            "seizures in EEG with three convolutions over time (the baseline of the recurrent networks)",
            SignalCnnConfig::eeg,
            Recipe::adam(2e-3, 64, 20).cosine(),
        ),
    ]
}

/// Two layers of spiking units (chapter, section "Spiking Neural Network").
pub fn spiking() -> Experiment {
    let task = ClassificationTask::new(Signals::eeg(), 2, SpikingNetConfig::eeg)
        .recording(SpikingNet::activity);
    Experiment::new(
        "eeg-snn",
        "seizures in delta-coded EEG with two layers of spiking units",
        task,
        recurrent_recipe(),
    )
}

fn seizures<C: ClassifierConfig<Options: Families>>(
    name: &'static str,
    about: &'static str,
    network: fn(classes: usize) -> C,
    recipe: Recipe,
) -> Experiment {
    let task = ClassificationTask::new(Signals::eeg(), 2, network);
    Experiment::new(name, about, task, recipe)
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
