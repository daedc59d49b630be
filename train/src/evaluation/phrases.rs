//! The predictions of a network over trees, for sentences and for all of their phrases.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::{Int, Tensor};
use datasets::TreeBatch;
use metrics::classification::Predictions;
use metrics::phrases::TreePredictions;
use models::{Forest, Network};

use crate::console::progress_bar;
use crate::supervised::Batch;

/// Runs the network over the whole loader, showing a bar.
///
/// # Errors
/// When the loader or the device fails.
pub fn predict_trees(
    network: &impl Network<Input = Forest, Output = Tensor<2>>,
    part: &str,
    loader: &dyn DataLoader<TreeBatch>,
) -> Result<TreePredictions> {
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut found = TreePredictions {
        sentences: Predictions::new(0),
        phrases: Predictions::new(0),
        owners: Vec::new(),
    };
    for batch in loader.iter() {
        let batch = batch?;
        let owners = batch.owners.clone();
        let (forest, targets) = batch.into_parts();
        let logits = network.forward(forest);
        let before = found.sentences.len();
        take(
            &mut found.sentences,
            &logits,
            targets.roots,
            targets.root_classes,
        );
        take(&mut found.phrases, &logits, targets.rows, targets.classes);
        found
            .owners
            .extend(owners.into_iter().map(|tree| before + tree));
        bar.inc((found.sentences.len() - before) as u64);
    }
    bar.finish_and_clear();
    Ok(found)
}

/// Adds what was said in these rows.
fn take(
    predictions: &mut Predictions,
    logits: &Tensor<2>,
    rows: Tensor<1, Int>,
    truths: Tensor<1, Int>,
) {
    let [_, classes] = logits.dims();
    predictions.classes = classes;
    let logits = logits.clone().select(0, rows).into_data();
    let logits: Vec<f64> = logits.iter::<f64>().collect();
    let truths = truths.into_data();
    for (row, truth) in logits.chunks_exact(classes).zip(truths.iter::<i64>()) {
        predictions.push(row, truth as usize);
    }
}
