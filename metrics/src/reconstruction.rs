//! How well an autoencoder reconstructs the pictures of one part, and how well its error detects anomalies.

use serde::Serialize;

use crate::bootstrap;
use crate::codes::Codes;
use crate::ranking::Ranking;

/// Fraction of pictures whose error is below [`ReconstructionMetrics::usual_error`].
const USUAL: f64 = 0.95;

/// Smallest mean squared error that a signal-to-noise ratio is computed from, so that it stays finite (120 dB).
const MIN_MSE: f64 = 1e-12;

/// Per-picture results of an autoencoder on one part of the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconstructions {
    /// Number of values of one picture: channels x height x width.
    pub pixels: usize,
    /// Binary cross-entropy of each picture, mean over its pixels, in nats.
    pub cross_entropies: Vec<f64>,
    /// Mean squared error of each picture.
    pub errors: Vec<f64>,
    /// Mean squared difference between each picture and the network's input: 0 unless noise was added.
    pub input_errors: Vec<f64>,
    /// Kullback-Leibler divergence of each code's distribution from a standard normal one, in nats; empty unless the
    /// autoencoder is variational.
    pub divergences: Vec<f64>,
    /// Binary cross-entropy of each picture reconstructed from a code sampled from its distribution; empty unless the
    /// autoencoder is variational.
    pub sampled_cross_entropies: Vec<f64>,
    /// Codes of the pictures.
    pub codes: Codes,
}

/// How well the pictures of one part are reconstructed.
///
/// Without a picture every mean is 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReconstructionMetrics {
    /// Number of pictures.
    pub n: usize,
    /// Binary cross-entropy, mean over pixels and pictures, in nats.
    pub bce: f64,
    /// Mean squared error, from 0 to 1 for values of 0 to 1.
    pub mse: f64,
    /// Peak signal-to-noise ratio of the mean squared error, in decibels; see [`psnr`].
    pub psnr: f64,
    /// Peak signal-to-noise ratio of the network's input, where noise was added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr_noisy: Option<f64>,
    /// Mean Kullback-Leibler divergence of the codes' distributions from a standard normal one, in nats per picture;
    /// of a variational autoencoder only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<f64>,
    /// Negative evidence lower bound in nats per picture; of a variational autoencoder only.
    ///
    /// It is the divergence plus the cross-entropy, summed over the pixels, of a picture reconstructed from one sampled
    /// code (Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_bound: Option<f64>,
    /// 95th percentile of the pictures' mean squared errors.
    pub usual_error: f64,
}

/// How well the reconstruction error detects pictures of classes that were not trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnomalyDetection {
    /// Name of the class that was trained on.
    pub normal: String,
    /// Number of pictures of the normal class.
    pub normal_n: usize,
    /// Number of pictures of the other classes, the anomalies.
    pub anomalies_n: usize,
    /// Area under the ROC curve of the error, as of [`Ranking::auroc`].
    pub auroc: Option<f64>,
    /// 95 % bootstrap interval of the area, resampled by group.
    pub interval: Option<[f64; 2]>,
    /// Each other class against the normal one.
    pub by_class: Vec<ClassDetection>,
}

/// How well the reconstruction error detects one class that was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassDetection {
    /// Name of the class.
    pub class: String,
    /// Number of pictures of the class.
    pub n: usize,
    /// Area under the ROC curve of the error, of this class against the normal one.
    pub auroc: Option<f64>,
}

impl Reconstructions {
    /// Computes how well the pictures are reconstructed.
    ///
    /// # Examples
    /// ```
    /// use metrics::reconstruction::Reconstructions;
    ///
    /// let metrics = Reconstructions {
    ///     errors: vec![0.02, 0.01, 0.03],
    ///     ..Reconstructions::default()
    /// }
    /// .metrics();
    /// assert!((metrics.mse - 0.02).abs() < 1e-12);
    /// assert_eq!(metrics.usual_error, 0.03);
    /// ```
    pub fn metrics(&self) -> ReconstructionMetrics {
        let mse = mean(&self.errors);
        let input_mse = mean(&self.input_errors);
        let divergence = (!self.divergences.is_empty()).then(|| mean(&self.divergences));
        ReconstructionMetrics {
            n: self.errors.len(),
            bce: mean(&self.cross_entropies),
            mse,
            psnr: psnr(mse),
            psnr_noisy: (input_mse > 0.0).then(|| psnr(input_mse)),
            divergence,
            negative_bound: divergence
                .map(|nats| nats + mean(&self.sampled_cross_entropies) * self.pixels as f64),
            usual_error: quantile(&self.errors, USUAL),
        }
    }

    /// Computes how well the errors separate the pictures that are not of class `normal` from those that are.
    ///
    /// - `labels`, `groups`: class and group of each picture
    /// - `class_names`: names of all classes; without the `normal` one its name is empty
    ///
    /// # Panics
    /// If there is not one label and one group for each picture.
    pub fn detect_anomalies(
        &self,
        normal: usize,
        labels: &[usize],
        groups: &[usize],
        class_names: &[String],
    ) -> AnomalyDetection {
        assert_eq!(
            labels.len(),
            self.errors.len(),
            "one label for each picture"
        );
        let ranking = Ranking::new(&self.errors);
        let is_anomaly: Vec<bool> = labels.iter().map(|label| *label != normal).collect();
        let anomalies_n = is_anomaly.iter().filter(|is| **is).count();
        let against_normal = |class: usize| {
            let is_counted = |label: &usize| u32::from(*label == class || *label == normal);
            let weights: Vec<u32> = labels.iter().map(is_counted).collect();
            ranking.auroc(&is_anomaly, &weights)
        };
        AnomalyDetection {
            normal: class_names.get(normal).cloned().unwrap_or_default(),
            normal_n: labels.len() - anomalies_n,
            anomalies_n,
            auroc: ranking.auroc(&is_anomaly, &vec![1; labels.len()]),
            interval: bootstrap::interval(labels.len(), Some(groups), |weights| {
                ranking.auroc(&is_anomaly, weights)
            }),
            by_class: (class_names.iter().enumerate())
                .filter(|(class, _)| *class != normal)
                .map(|(class, name)| ClassDetection {
                    class: name.clone(),
                    n: labels.iter().filter(|label| **label == class).count(),
                    auroc: against_normal(class),
                })
                .collect(),
        }
    }
}

/// Returns the mean; 0 without a value.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Returns the peak signal-to-noise ratio -10 log10(mse) in decibels, of values whose peak is 1.
///
/// An error below 1e-12 counts as 1e-12, so that the ratio is at most 120 dB; `NaN` gives `NaN`.
///
/// # Examples
/// ```
/// assert_eq!(metrics::reconstruction::psnr(0.01), 20.0);
/// assert_eq!(metrics::reconstruction::psnr(0.0), 120.0);
/// ```
pub fn psnr(mse: f64) -> f64 {
    let mse = if mse < MIN_MSE { MIN_MSE } else { mse };
    -10.0 * mse.log10()
}

/// Returns the smallest value that at least `fraction` of the values do not exceed; 0 without a value.
fn quantile(values: &[f64], fraction: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (fraction * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in the example of [`Ranking`], 3 of 4 pairs are in order: both pairs of one class, one of two of the other.
    #[test]
    fn anomalies_are_ranked_by_their_error() {
        let found = Reconstructions {
            errors: vec![0.1, 0.4, 0.35, 0.8],
            ..Reconstructions::default()
        };
        let names = ["fine", "odd", "strange"].map(str::to_owned);
        let detection = found.detect_anomalies(0, &[0, 0, 1, 2], &[0, 1, 2, 3], &names);
        assert_eq!((detection.normal_n, detection.anomalies_n), (2, 2));
        assert_eq!(detection.auroc, Some(0.75));
        let areas: Vec<_> = detection.by_class.iter().map(|class| class.auroc).collect();
        assert_eq!(areas, [Some(0.5), Some(1.0)]);
        let [low, high] = detection.interval.unwrap();
        assert!(low <= 0.75 && high >= 0.75);
        assert_eq!(
            found.detect_anomalies(0, &[0; 4], &[0; 4], &names).auroc,
            None
        );
    }

    #[test]
    fn ratios_and_quantiles_by_hand() {
        assert_eq!(psnr(0.01), 20.0);
        assert_eq!(psnr(0.0), 120.0);
        assert!(psnr(f64::NAN).is_nan());
        assert_eq!(quantile(&[3.0, 1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn an_empty_part_has_metrics() {
        let metrics = Reconstructions::default().metrics();
        assert_eq!((metrics.n, metrics.mse, metrics.usual_error), (0, 0.0, 0.0));
        assert_eq!((metrics.psnr_noisy, metrics.negative_bound), (None, None));
    }
}
