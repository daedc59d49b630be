//! `sentiment-tree`: recursive networks over parse trees, on the Stanford Sentiment Treebank.

use models::TreeNetConfig;

use super::Experiment;
use crate::data::Trees;
use crate::fit::recipe::{Optimizer, Recipe};

/// The line of the table.
pub fn experiment() -> Experiment {
    Experiment::of_trees(
        "sentiment-tree",
        "a Tree-LSTM (or --network plain) over parse trees: the sentiment of sentences and their phrases, 5 classes or 2",
        TreeNetConfig::tree_lstm,
        Trees::sentiment(),
        adagrad(0.05, 6),
    )
    .with_plain_recipe(adagrad(0.02, 12))
}

/// AdaGrad, as Socher et al. (2013) and Tai et al. (2015) train, in batches of 25 sentences; the averaged
/// weights are better on the validation part.
fn adagrad(learning_rate: f64, epochs: usize) -> Recipe {
    Recipe {
        optimizer: Optimizer::Adagrad,
        clip_norm: Some(5.0),
        average: Some(0.999),
        ..Recipe::adam(learning_rate, 25, epochs)
    }
}
