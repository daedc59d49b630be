//! Sentences: translation, and sentiment over parse trees.

use models::{TranslatorConfig, TreeNetConfig};

use super::experiment::Experiment;
use crate::data::{Sentences, Trees};
use crate::fit::optimizers::Optimizer;
use crate::fit::recipe::Recipe;
use crate::tasks::translate::TranslationTask;
use crate::tasks::trees::TreeTask;

pub fn experiments() -> Vec<Experiment> {
    vec![translate(), sentiment_tree()]
}

/// An encoder and a decoder with attention (chapter, section on sequence to sequence).
fn translate() -> Experiment {
    let recipe = Recipe {
        label_smoothing: 0.1,
        clip_norm: Some(1.0),
        ..Recipe::adam(2e-3, 128, 8).cosine()
    };
    let stand_in_recipe = Recipe {
        epochs: 6,
        batch_size: 64,
        ..recipe.clone()
    };
    let task = TranslationTask {
        source: Sentences::english_french(),
        network: |[source, target]| TranslatorConfig::new(source, target),
    };
    Experiment::new(
        "translate",
        "English sentences to French ones, with attention",
        task,
        recipe,
    )
    .with_stand_in_recipe(stand_in_recipe)
}

/// Recursive networks on the Stanford Sentiment Treebank.
fn sentiment_tree() -> Experiment {
    let task = TreeTask {
        source: Trees::sentiment(),
        network: TreeNetConfig::tree_lstm,
    };
    Experiment::new(
        "sentiment-tree",
        "a Tree-LSTM (or --network plain) over parse trees: the sentiment of sentences and their phrases, 5 classes or 2",
        task,
        adagrad(0.05, 6),
    )
    .with_plain_recipe(adagrad(0.02, 12))
}

/// AdaGrad, as in Socher et al. (2013) and Tai et al. (2015), in batches of 25 sentences. Averaged weights are better
/// on the validation part.
fn adagrad(learning_rate: f64, epochs: usize) -> Recipe {
    Recipe {
        optimizer: Optimizer::Adagrad,
        clip_norm: Some(5.0),
        average: Some(0.999),
        ..Recipe::adam(learning_rate, 25, epochs)
    }
}
