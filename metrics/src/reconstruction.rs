//! How well pictures come back: one pass over every picture of a part.

use serde::Serialize;

use crate::bootstrap;
use crate::codes::Codes;
use crate::ranking::Ranking;

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

impl Reconstructions {
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
