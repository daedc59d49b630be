//! The passes of trained networks over whole parts of the data: tensors go in, slices for [`metrics`] come out.
//!
//! - [`predict`]: a classifier's predictions
//! - [`codes`]: nearest neighbours among codes
//! - [`phrases`]: predictions of a network over trees
//! - [`reconstruction`]: an autoencoder's pictures and codes
//! - [`spikes`]: the activity of a spiking network
//! - [`translation`]: cross-entropy and translations of a translator

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::Labels;
use metrics::classification::Predictions;
use models::Network;

use crate::console::progress_bar;
use crate::supervised::Batch;

pub mod codes;
pub mod phrases;
pub mod reconstruction;
pub mod spikes;
pub mod translation;

/// Runs the network over the whole loader, showing a bar.
///
/// # Errors
/// When the loader or the device fails.
pub fn predict<N, B>(network: &N, part: &str, loader: &dyn DataLoader<B>) -> Result<Predictions>
where
    N: Network<Output = Tensor<2>>,
    B: Batch<Input = N::Input, Target = Labels>,
{
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut predictions = Predictions::new(0);
    for batch in loader.iter() {
        let (input, targets) = batch?.into_parts();
        let logits = network.forward(input);
        let [_, classes] = logits.dims();
        predictions.classes = classes;
        let logits: Vec<f64> = logits.into_data().iter::<f64>().collect();
        let truths = targets
            .own
            .into_data()
            .iter::<i64>()
            .map(|class| class as usize)
            .collect::<Vec<_>>();
        for (row, truth) in logits.chunks_exact(classes).zip(&truths) {
            predictions.push(row, *truth);
        }
        bar.inc(truths.len() as u64);
    }
    bar.finish_and_clear();
    Ok(predictions)
}
