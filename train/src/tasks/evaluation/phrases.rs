//! Predictions of networks over parse trees, for sentences and for all of their phrases.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::{Int, Tensor};
use datasets::TreeBatch;
use metrics::Predictions;
use metrics::phrases::TreePredictions;
use models::{Network, TreeNet};

use crate::fit::batch::Batch;
use crate::fit::console::progress_bar;

/// Computes the predictions for every sentence and labelled phrase of `loader`, with a progress bar named `part`.
///
/// # Errors
/// When the loader or the device fails.
pub fn predict_trees(
    network: &TreeNet,
    part: &str,
    loader: &dyn DataLoader<TreeBatch>,
) -> Result<TreePredictions> {
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut predictions = TreePredictions {
        sentences: Predictions::new(0),
        phrases: Predictions::new(0),
        owners: Vec::new(),
    };
    for batch in loader.iter() {
        let batch = batch?;
        let owners = batch.owners.clone();
        let (forest, targets) = batch.into_parts();
        let logits = network.forward(forest);
        let before = predictions.sentences.len();
        let sentences = &mut predictions.sentences;
        push_rows(sentences, &logits, targets.roots, targets.root_classes);
        let phrases = &mut predictions.phrases;
        push_rows(phrases, &logits, targets.rows, targets.classes);
        let owners = owners.into_iter().map(|tree| before + tree);
        predictions.owners.extend(owners);
        bar.inc((predictions.sentences.len() - before) as u64);
    }
    bar.finish_and_clear();
    Ok(predictions)
}

/// Appends the predictions in some rows of the logits.
///
/// # Shapes
/// - `logits`: `[nodes, classes]`
/// - `rows`, `labels`: `[n]`
fn push_rows(
    predictions: &mut Predictions,
    logits: &Tensor<2>,
    rows: Tensor<1, Int>,
    labels: Tensor<1, Int>,
) {
    let [_, classes] = logits.dims();
    predictions.classes = classes;
    let logits = logits.clone().select(0, rows).into_data();
    let logits: Vec<f64> = logits.iter::<f64>().collect();
    let labels = labels.into_data();
    for (row, label) in logits.chunks_exact(classes).zip(labels.iter::<i64>()) {
        predictions.push(row, label as usize);
    }
}
