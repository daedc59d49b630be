//! Handwritten digits: perceptrons, a convolutional network, recurrent networks that read an image row by row, and
//! spiking networks.

use datasets::Augmentation;
use models::{
    Cell, DigitCnnConfig, MlpConfig, SequenceClassifierConfig, SpikingNet, SpikingNetConfig,
};

use super::experiment::Experiment;
use super::families::Families;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;
use crate::tasks::classify::{ClassificationTask, ClassifierConfig};

/// Perceptrons and a convolutional network.
pub fn experiments() -> Vec<Experiment> {
    vec![
        // The chapter's first network (section "Perceptron", figure 10.4) and its recipe.
        digits(
            "mnist-mlp",
            "handwritten digits with one hidden layer of 128 (the chapter's first network)",
            |classes| MlpConfig {
                classes,
                ..MlpConfig::mnist()
            },
            Recipe::adam(1e-3, 128, 6),
        )
        .with_other_recipe(Recipe::adam(8e-3, 128, 6).cosine()),
        // The chapter's Lab 1. Its constant rate of 1e-3 (`--schedule constant`) stays below 97.8 % on the test part.
        digits(
            "mnist-dropout",
            "handwritten digits with one hidden layer of 128 and dropout 0.2 (Lab 1)",
            |classes| MlpConfig {
                classes,
                ..MlpConfig::mnist_dropout()
            },
            Recipe::adam(4e-3, 32, 5).cosine(),
        )
        .with_other_recipe(Recipe::adam(1e-3, 32, 5)),
        // The chapter's first convolutional network, at Keras's default rate. With a cosine it would learn the training
        // part by heart, so the digits are augmented.
        digits(
            "mnist-cnn",
            "handwritten digits with one convolution of 32 filters",
            |classes| DigitCnnConfig::new().with_classes(classes),
            Recipe::adam(1e-3, 32, 5),
        )
        .with_other_recipe(
            Recipe::adam(2e-3, 32, 5)
                .cosine()
                .augmented(Augmentation::DIGITS),
        ),
    ]
}

/// Networks that read an image row by row (chapter, section "Recurrent Neural Network").
pub fn recurrent() -> Vec<Experiment> {
    vec![
        digits(
            "mnist-rnn",
            "handwritten digits row by row with simple recurrent units (Elman)",
            |classes| row_by_row(Cell::Rnn, classes),
            recurrent_recipe(1e-3),
        ),
        digits(
            "mnist-gru",
            "handwritten digits row by row with gated recurrent units",
            |classes| row_by_row(Cell::Gru, classes),
            recurrent_recipe(2e-3),
        ),
        digits(
            "mnist-lstm",
            "handwritten digits row by row with long short-term memory",
            |classes| row_by_row(Cell::Lstm, classes),
            recurrent_recipe(2e-3),
        ),
        digits(
            "mnist-bilstm",
            "handwritten digits row by row with long short-term memory from both ends",
            |classes| row_by_row(Cell::Lstm, classes).with_bidirectional(true),
            recurrent_recipe(2e-3),
        ),
    ]
}

/// The networks of snnTorch's tutorials 5 and 6.
pub fn spiking() -> Vec<Experiment> {
    vec![
        spiking_digits(
            "mnist-snn",
            "handwritten digits with a layer of 1,000 spiking units over 25 steps",
            SpikingNetConfig::mnist,
            1e-3,
        ),
        spiking_digits(
            "mnist-conv-snn",
            "handwritten digits with two convolutions of spiking units",
            SpikingNetConfig::mnist_conv,
            2e-3,
        ),
    ]
}

fn digits<C: ClassifierConfig<Options: Families>>(
    name: &'static str,
    about: &'static str,
    network: fn(classes: usize) -> C,
    recipe: Recipe,
) -> Experiment {
    let task = ClassificationTask::new(Pictures::mnist(), 10, network);
    Experiment::new(name, about, task, recipe)
}

fn spiking_digits(
    name: &'static str,
    about: &'static str,
    network: fn(classes: usize) -> SpikingNetConfig,
    peak_rate: f64,
) -> Experiment {
    let task =
        ClassificationTask::new(Pictures::mnist(), 10, network).recording(SpikingNet::activity);
    let recipe = Recipe::adam(peak_rate, 128, 8)
        .cosine()
        .augmented(Augmentation::DIGITS);
    Experiment::new(name, about, task, recipe)
}

/// 128 units that read an image as 28 steps of 28 values.
fn row_by_row(cell: Cell, classes: usize) -> SequenceClassifierConfig {
    SequenceClassifierConfig {
        classes,
        ..SequenceClassifierConfig::mnist(cell, 128)
    }
}

fn recurrent_recipe(peak_rate: f64) -> Recipe {
    Recipe::adam(peak_rate, 64, 12)
        .cosine()
        .clipped(1.0)
        .augmented(Augmentation::DIGITS)
}
