//! How well pictures come back: one pass over every picture of a part.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use models::autoencoder::draw;
use models::{Autoencoder, Network, Reconstruction};
use serde::Serialize;

use super::bootstrap;
use super::codes::Codes;
use super::ranking::Ranking;
use crate::console::progress_bar;
use crate::objective::reconstruct::{cross_entropies, divergences};
use crate::supervised::Batch;

/// The share of validation pictures whose error is usual.
const USUAL: f64 = 0.95;

/// What an autoencoder made of every picture of a part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconstructions {
    /// Values of one picture.
    pub pixels: usize,
    /// Binary cross-entropy of each picture, mean over its pixels, in nats.
    pub cross_entropies: Vec<f64>,
    /// Mean squared error of each picture.
    pub errors: Vec<f64>,
    /// Mean squared difference of what went in.
    pub disturbances: Vec<f64>,
    /// Divergence of each picture's distribution of codes from a standard normal one, in nats;
    /// empty where codes have none.
    pub divergences: Vec<f64>,
    /// Binary cross-entropy of each picture from a code drawn from that distribution; empty likewise.
    pub drawn_cross_entropies: Vec<f64>,
    /// The codes.
    pub codes: Codes,
}

/// How well the pictures of a part come back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReconstructionMeasures {
    /// The number of pictures.
    pub n: usize,
    /// Binary cross-entropy, mean over pixels and pictures, in nats.
    pub bce: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Peak signal-to-noise ratio of the mean squared error, -10 log10(mse), in decibels.
    pub psnr: f64,
    /// The same of what went in, where it was disturbed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr_noisy: Option<f64>,
    /// Mean divergence of the codes' distributions, in nats per picture, where codes have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<f64>,
    /// The negative evidence lower bound in nats per picture, where codes have a distribution: the
    /// divergence and the cross-entropy of a picture from one code drawn for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_bound: Option<f64>,
    /// The mean squared error that 95 % of the pictures stay below.
    pub usual_error: f64,
}

/// How well the error tells pictures of classes that were never trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anomalies {
    /// The class that was trained on.
    pub normal: String,
    /// Test pictures of that class.
    pub normal_n: usize,
    /// Test pictures of the other classes.
    pub anomalies_n: usize,
    /// The probability that one of these has a larger error than one of those; none where either
    /// is missing.
    pub auroc: Option<f64>,
    /// 95 % interval of it, drawn by group.
    pub interval: Option<[f64; 2]>,
    /// The same for each other class by itself.
    pub by_class: Vec<AnomalousClass>,
}

/// One class that was never trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnomalousClass {
    /// The class.
    pub class: String,
    /// Test pictures of it.
    pub n: usize,
    /// Its area under the ROC curve against the normal class.
    pub auroc: Option<f64>,
}

/// Runs the network over the whole loader, showing a bar.
///
/// # Errors
/// When the loader or the device fails.
pub fn reconstruct<B>(
    network: &Autoencoder,
    part: &str,
    loader: &dyn DataLoader<B>,
) -> Result<Reconstructions>
where
    B: Batch<Input = Tensor<4>, Target = Tensor<4>>,
{
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut found = Reconstructions::default();
    for batch in loader.iter() {
        let (inputs, targets) = batch?.into_parts();
        let [count, ..] = targets.dims();
        let prediction = network.forward(inputs.clone());
        if let Some(log_variance) = &prediction.log_variance {
            let code = draw(prediction.code.clone(), log_variance.clone());
            found.push_drawn(network.decode(code), targets.clone());
        }
        found.push(inputs, targets, prediction);
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    Ok(found)
}

impl Reconstructions {
    /// Adds a batch.
    fn push(&mut self, inputs: Tensor<4>, targets: Tensor<4>, prediction: Reconstruction) {
        let [_, channels, height, width] = targets.dims();
        self.pixels = channels * height * width;
        let pixels = prediction.pixels();
        let squares = |images: Tensor<4>| (images - targets.clone()).square();
        self.errors.extend(by_picture(squares(pixels)));
        self.disturbances.extend(by_picture(squares(inputs)));
        let losses = cross_entropies(prediction.logits, targets);
        self.cross_entropies.extend(by_picture(losses));
        self.codes.units = prediction.code.dims()[1];
        let code = prediction.code;
        if let Some(log_variance) = prediction.log_variance {
            let divergences = divergences(code.clone(), log_variance);
            self.divergences
                .extend(divergences.into_data().iter::<f64>());
        }
        self.codes.values.extend(code.into_data().iter::<f32>());
    }

    /// Adds a batch of pictures from drawn codes.
    fn push_drawn(&mut self, logits: Tensor<4>, targets: Tensor<4>) {
        let losses = by_picture(cross_entropies(logits, targets));
        self.drawn_cross_entropies.extend(losses);
    }

    /// How well they came back.
    pub fn measures(&self) -> ReconstructionMeasures {
        let bce = mean(&self.cross_entropies);
        let mse = mean(&self.errors);
        let noisy = mean(&self.disturbances);
        let divergence = (!self.divergences.is_empty()).then(|| mean(&self.divergences));
        ReconstructionMeasures {
            n: self.errors.len(),
            bce,
            mse,
            psnr: psnr(mse),
            psnr_noisy: (noisy > 0.0).then(|| psnr(noisy)),
            divergence,
            negative_bound: divergence
                .map(|nats| nats + mean(&self.drawn_cross_entropies) * self.pixels as f64),
            usual_error: quantile(&self.errors, USUAL),
        }
    }

    /// How well the errors tell the pictures that are not of class `normal`; `labels` and `groups`
    /// are the pictures' own.
    pub fn anomalies(
        &self,
        normal: usize,
        labels: &[usize],
        groups: &[usize],
        class_names: &[String],
    ) -> Anomalies {
        let ranking = Ranking::new(&self.errors);
        let anomalous: Vec<bool> = labels.iter().map(|label| *label != normal).collect();
        let count = |wanted: bool| anomalous.iter().filter(|is| **is == wanted).count();
        let once = vec![1; labels.len()];
        let by_class = class_names.iter().enumerate();
        Anomalies {
            normal: class_names.get(normal).cloned().unwrap_or_default(),
            normal_n: count(false),
            anomalies_n: count(true),
            auroc: ranking.auroc(&anomalous, &once),
            interval: bootstrap::interval(labels.len(), Some(groups), |weights| {
                ranking.auroc(&anomalous, weights)
            }),
            by_class: by_class
                .filter(|(class, _)| *class != normal)
                .map(|(class, name)| {
                    let counted = labels
                        .iter()
                        .map(|label| *label == class || *label == normal);
                    let weights: Vec<u32> = counted.map(u32::from).collect();
                    AnomalousClass {
                        class: name.clone(),
                        n: labels.iter().filter(|label| **label == class).count(),
                        auroc: ranking.auroc(&anomalous, &weights),
                    }
                })
                .collect(),
        }
    }
}

/// The mean over all but the first dimension.
fn by_picture(values: Tensor<4>) -> Vec<f64> {
    let means = values.flatten::<2>(1, 3).mean_dim(1);
    means.into_data().iter::<f64>().collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// -10 log10(mse) decibels: white is 1. An error of nothing counts as 1e-12.
pub fn psnr(mse: f64) -> f64 {
    -10.0 * mse.max(1e-12).log10()
}

/// The smallest value that this share of the values is not above.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
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
    fn a_part_by_hand() {
        let mut found = Reconstructions::default();
        let device = Device::flex();
        found.push(
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
        close(found.errors[0], 0.25);
        close(found.errors[1], second);
        let ln2 = std::f64::consts::LN_2;
        close(found.cross_entropies[0], ln2);
        close(found.cross_entropies[1], 0.5 * ((4.0f64 / 3.0).ln() + ln2));
        assert_eq!(found.divergences, [1.0, 2.0]);
        let measures = found.measures();
        close(measures.mse, 0.5 * (0.25 + second));
        close(measures.psnr, -10.0 * measures.mse.log10());
        // One of four values went in half black.
        close(measures.psnr_noisy.unwrap(), -10.0 * 0.0625f64.log10());
        close(measures.divergence.unwrap(), 1.5);
        found.push_drawn(tensor([0.0; 4]), tensor([1.0, 0.0, 1.0, 1.0]));
        close(found.measures().negative_bound.unwrap(), 1.5 + 2.0 * ln2);
        assert_eq!(measures.usual_error, found.errors[0]);
        assert_eq!(found.codes.values, [1.0, 1.0, 2.0, 0.0]);
    }

    /// As in the ranking's own example: 3 of 4 pairs in order; one class has both of its pairs, the
    /// other one of two.
    #[test]
    fn anomalies_are_ranked_by_their_error() {
        let found = Reconstructions {
            errors: vec![0.1, 0.4, 0.35, 0.8],
            ..Reconstructions::default()
        };
        let names = ["fine", "odd", "queer"].map(str::to_owned);
        let anomalies = found.anomalies(0, &[0, 0, 1, 2], &[0, 1, 2, 3], &names);
        assert_eq!((anomalies.normal_n, anomalies.anomalies_n), (2, 2));
        assert_eq!(anomalies.auroc, Some(0.75));
        let areas: Vec<_> = anomalies.by_class.iter().map(|class| class.auroc).collect();
        assert_eq!(areas, [Some(0.5), Some(1.0)]);
        let [low, high] = anomalies.interval.unwrap();
        assert!(low <= 0.75 && high >= 0.75);
        assert_eq!(found.anomalies(0, &[0; 4], &[0; 4], &names).auroc, None);
    }

    #[test]
    fn ratios_and_quantiles() {
        assert_eq!(psnr(0.01), 20.0);
        assert_eq!(psnr(0.0), 120.0);
        assert_eq!(quantile(&[3.0, 1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
