//! Reconstructions of autoencoders: errors and codes of every picture of one part of the data.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::ReconstructionBatch;
use metrics::reconstruction::Reconstructions;
use models::autoencoder::sample_code;
use models::{Autoencoder, Network, Reconstruction};

use crate::fit::batch::Batch;
use crate::fit::console::progress_bar;
use crate::fit::objective::reconstruct::{cross_entropies, divergences};

/// Reconstructs every picture of `loader`, with a progress bar named `part`.
///
/// # Errors
/// When the loader or the device fails.
pub fn reconstruct(
    network: &Autoencoder,
    part: &str,
    loader: &dyn DataLoader<ReconstructionBatch>,
) -> Result<Reconstructions> {
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut results = Reconstructions::default();
    for batch in loader.iter() {
        let (inputs, targets) = batch?.into_parts();
        let [count, ..] = targets.dims();
        let prediction = network.forward(inputs.clone());
        if let Some(log_variance) = &prediction.log_variance {
            let code = sample_code(prediction.code.clone(), log_variance.clone());
            push_sampled(&mut results, network.decode(code), targets.clone());
        }
        push(&mut results, inputs, targets, prediction);
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    Ok(results)
}

/// Appends the results of one batch.
///
/// # Shapes
/// - `inputs`, `targets`: `[batch, channels, height, width]`
/// - `prediction`: see [`Reconstruction`]
fn push(
    results: &mut Reconstructions,
    inputs: Tensor<4>,
    targets: Tensor<4>,
    prediction: Reconstruction,
) {
    let [_, channels, height, width] = targets.dims();
    results.pixels = channels * height * width;
    let pixels = prediction.pixels();
    let squares = |images: Tensor<4>| (images - targets.clone()).square();
    results.errors.extend(picture_means(squares(pixels)));
    results.input_errors.extend(picture_means(squares(inputs)));
    let losses = cross_entropies(prediction.logits, targets);
    results.cross_entropies.extend(picture_means(losses));
    results.codes.units = prediction.code.dims()[1];
    let code = prediction.code;
    if let Some(log_variance) = prediction.log_variance {
        let divergences = divergences(code.clone(), log_variance);
        results
            .divergences
            .extend(divergences.into_data().iter::<f64>());
    }
    results.codes.values.extend(code.into_data().iter::<f32>());
}

/// Appends the cross-entropies of one batch reconstructed from sampled codes.
///
/// # Shapes
/// - `logits`, `targets`: `[batch, channels, height, width]`
fn push_sampled(results: &mut Reconstructions, logits: Tensor<4>, targets: Tensor<4>) {
    let losses = picture_means(cross_entropies(logits, targets));
    results.sampled_cross_entropies.extend(losses);
}

/// Returns the mean of each picture: `[batch, channels, height, width]` becomes `batch` values.
fn picture_means(values: Tensor<4>) -> Vec<f64> {
    let means = values.flatten::<2>(1, 3).mean_dim(1);
    means.into_data().iter::<f64>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn tensor(values: [f32; 4]) -> Tensor<4> {
        Tensor::from_data(
            TensorData::new(values.to_vec(), [2, 1, 1, 2]),
            &Device::flex(),
        )
    }

    /// By hand: logits 0 give 1/2, ln 3 gives 3/4. First picture (1, 0) from (1/2, 1/2): error 1/4,
    /// cross-entropy ln 2. Second (1, 1) from (3/4, 1/2): error (1/16 + 1/4) / 2, cross-entropy
    /// (ln 4/3 + ln 2) / 2. Divergences with v = 0: m^2 / 2 summed.
    #[test]
    fn results_of_a_batch_by_hand() {
        let mut results = Reconstructions::default();
        let device = Device::flex();
        push(
            &mut results,
            tensor([1.0, 0.5, 1.0, 1.0]),
            tensor([1.0, 0.0, 1.0, 1.0]),
            Reconstruction {
                logits: tensor([0.0, 0.0, 3f32.ln(), 0.0]),
                code: Tensor::from_floats([[1.0, 1.0], [2.0, 0.0]], &device),
                log_variance: Some(Tensor::zeros([2, 2], &device)),
            },
        );
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} for {b}");
        let second = 0.5 * (1.0 / 16.0 + 0.25);
        close(results.errors[0], 0.25);
        close(results.errors[1], second);
        let ln2 = std::f64::consts::LN_2;
        close(results.cross_entropies[0], ln2);
        close(
            results.cross_entropies[1],
            0.5 * ((4.0f64 / 3.0).ln() + ln2),
        );
        assert_eq!(results.divergences, [1.0, 2.0]);
        let metrics = results.metrics();
        close(metrics.mse, 0.5 * (0.25 + second));
        close(metrics.psnr, -10.0 * metrics.mse.log10());
        // One of four input values differs by one half.
        close(metrics.psnr_noisy.unwrap(), -10.0 * 0.0625f64.log10());
        close(metrics.divergence.unwrap(), 1.5);
        push_sampled(&mut results, tensor([0.0; 4]), tensor([1.0, 0.0, 1.0, 1.0]));
        close(results.metrics().negative_bound.unwrap(), 1.5 + 2.0 * ln2);
        assert_eq!(metrics.usual_error, results.errors[0]);
        assert_eq!(results.codes.values, [1.0, 1.0, 2.0, 0.0]);
    }
}
