//! Evaluation: a trained network runs over one part of the data, and its tensors become the slices that [`metrics`]
//! takes.
//!
//! | module | network | result |
//! |---|---|---|
//! | this one | classifiers | [`predict`]: [`Predictions`] |
//! | [`phrases`] | networks over parse trees | [`metrics::phrases::TreePredictions`] |
//! | [`reconstruction`] | autoencoders | [`metrics::reconstruction::Reconstructions`] |
//! | [`codes`] | autoencoders | [`metrics::neighbours::NeighbourAccuracy`] |
//! | [`spikes`] | spiking networks | [`metrics::spikes::SpikeMetrics`] |
//! | [`translation`] | translators | cross-entropy, translations, [`metrics::translation::SearchMetrics`] |

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::ImageBatch;
use metrics::Predictions;

use crate::fit::batch::Batch;
use crate::fit::console::progress_bar;

pub mod codes;
pub mod phrases;
pub mod reconstruction;
pub mod spikes;
pub mod translation;

/// A function from inputs `[batch, channels, height, width]` to logits `[batch, classes]`.
pub type Classifier<'a> = dyn Fn(Tensor<4>) -> Tensor<2> + 'a;

/// Computes a classifier's predictions for every example of `loader`, with a progress bar named `part`.
///
/// # Errors
/// When the loader or the device fails.
pub fn predict(
    network: &Classifier<'_>,
    part: &str,
    loader: &dyn DataLoader<ImageBatch>,
) -> Result<Predictions> {
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut predictions = Predictions::new(0);
    for batch in loader.iter() {
        let (input, targets) = batch?.into_parts();
        let logits = network(input);
        let [_, classes] = logits.dims();
        predictions.classes = classes;
        let logits: Vec<f64> = logits.into_data().iter::<f64>().collect();
        let labels: Vec<usize> = (targets.own.into_data().iter::<i64>())
            .map(|class| class as usize)
            .collect();
        for (logits, label) in logits.chunks_exact(classes).zip(&labels) {
            predictions.push(logits, *label);
        }
        bar.inc(labels.len() as u64);
    }
    bar.finish_and_clear();
    Ok(predictions)
}
