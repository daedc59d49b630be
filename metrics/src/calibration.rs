//! Calibration: whether a probability of 80 % is right in 80 % of the cases, and a temperature that makes it so.

use serde::Serialize;

use crate::predictions::Predictions;

/// Number of bins of the expected calibration error and of the reliability diagram, as in Guo et al. 2017.
pub const BINS: usize = 15;

/// Range of temperatures that [`fit_temperature`] searches. At its ends a network is practically certain of
/// everything, or close to uniform.
const TEMPERATURES: [f64; 2] = [0.05, 20.0];

/// Bisections of the logarithm of the inverse temperature. Its range, ln 400, halved 60 times is below the spacing
/// of two `f64`.
const BISECTIONS: usize = 60;

/// The predictions whose confidence falls into one interval (low, high].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Lower end of the confidences; not itself in the bin, except for 0.
    pub low: f64,
    /// Upper end of the confidences.
    pub high: f64,
    /// Number of predictions.
    pub n: usize,
    /// Mean confidence of the predictions; 0 without any.
    pub confidence: f64,
    /// Fraction of correct predictions; 0 without any.
    pub accuracy: f64,
}

/// Sorts predictions into [`BINS`] equally wide bins of their confidence, the probability of the predicted class.
///
/// These are the bins of a reliability diagram. A `NaN` confidence counts in the first bin, whose mean confidence is
/// then `NaN`.
///
/// # Examples
/// ```
/// use metrics::Predictions;
/// use metrics::calibration::{expected_calibration_error, reliability_bins};
///
/// let mut predictions = Predictions::new(2);
/// // Four predictions with a confidence of 0.75, three of them correct.
/// for label in [0, 0, 0, 1] {
///     predictions.push(&[3f64.ln(), 0.0], label);
/// }
/// let bins = reliability_bins(&predictions);
/// assert_eq!((bins[11].n, bins[11].accuracy), (4, 0.75));
/// assert!(expected_calibration_error(&bins) < 1e-12);
/// ```
pub fn reliability_bins(predictions: &Predictions) -> Vec<Bin> {
    let mut sums = vec![(0usize, 0.0, 0usize); BINS];
    for ((confidence, class), label) in predictions.top_classes().zip(&predictions.labels) {
        // (low, high], as in Guo et al.
        let bin = (confidence * BINS as f64).ceil() as usize;
        let (n, sum, correct) = &mut sums[bin.clamp(1, BINS) - 1];
        *n += 1;
        *sum += confidence;
        *correct += usize::from(class == *label);
    }
    let edge = |number: usize| number as f64 / BINS as f64;
    let bin = |(number, (n, sum, correct)): (usize, (usize, f64, usize))| Bin {
        low: edge(number),
        high: edge(number + 1),
        n,
        confidence: sum / n.max(1) as f64,
        accuracy: correct as f64 / n.max(1) as f64,
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Returns the expected calibration error, from 0 (calibrated) to 1.
///
/// ECE = sum_b n_b / n |accuracy_b - confidence_b| over the bins b (Naeini et al. 2015; Guo et al. 2017,
/// <https://arxiv.org/abs/1706.04599>). 0 without a prediction, `NaN` if a confidence is.
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let n: usize = bins.iter().map(|bin| bin.n).sum();
    let distance = |bin: &Bin| bin.n as f64 * (bin.accuracy - bin.confidence).abs();
    bins.iter().map(distance).sum::<f64>() / n.max(1) as f64
}

/// Returns the temperature T, from 0.05 to 20, that minimises the log loss of softmax(logits / T).
///
/// This is temperature scaling (Guo et al. 2017, <https://arxiv.org/abs/1706.04599>). The log loss is convex in 1 / T,
/// so the zero of its derivative is found by bisection.
///
/// One example of unknown class is added, with the mean of the other examples' logits: without it, the best
/// temperature of a part without an error would be zero, and every later prediction certain.
///
/// The temperature is 1 for an empty part, where every example's logits are all equal, and where a logit is not
/// finite.
///
/// # Examples
/// ```
/// use metrics::Predictions;
/// use metrics::calibration::fit_temperature;
///
/// // Three of four are correct, but the logits are those of a confidence of 0.95.
/// let mut predictions = Predictions::new(2);
/// for example in 0..4000 {
///     predictions.push(&[19f64.ln(), 0.0], usize::from(example % 4 == 3));
/// }
/// let temperature = fit_temperature(&predictions);
/// assert!((temperature - 19f64.ln() / 3f64.ln()).abs() < 0.01);
/// ```
pub fn fit_temperature(predictions: &Predictions) -> f64 {
    let [coldest, hottest] = TEMPERATURES;
    let slope = |inverse: f64| log_loss_slope(predictions, inverse);
    let is_flat = predictions
        .logit_rows()
        .all(|row| row.iter().all(|logit| *logit == row[0]));
    let is_finite = predictions.logits.iter().all(|logit| logit.is_finite());
    if predictions.is_empty() || is_flat || !is_finite {
        return 1.0;
    }
    let (mut low, mut high) = (1.0 / hottest, 1.0 / coldest);
    if slope(low) >= 0.0 {
        return hottest;
    }
    if slope(high) <= 0.0 {
        return coldest;
    }
    for _ in 0..BISECTIONS {
        let middle = (low * high).sqrt();
        if slope(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt().recip()
}

/// Returns the derivative of the log loss with respect to the inverse temperature b.
///
/// It is the mean of sum_k p_k z_k - sum_k t_k z_k, where z are the logits, p = softmax(b z), and the target t is
/// one-hot, except for a fraction 1 / (n + 1) that is spread evenly over the classes.
fn log_loss_slope(predictions: &Predictions, inverse: f64) -> f64 {
    let unknown = 1.0 / (predictions.len() + 1) as f64;
    let rows = predictions.logit_rows().zip(&predictions.labels);
    let slopes = rows.map(|(logits, &label)| {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut weighted, mut total) = (0.0, 0.0, 0.0);
        for logit in logits {
            let weight = ((logit - largest) * inverse).exp();
            sum += weight;
            weighted += weight * logit;
            total += logit;
        }
        let target = (1.0 - unknown) * logits[label] + unknown * total / logits.len() as f64;
        weighted / sum - target
    });
    slopes.sum::<f64>() / predictions.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Predictions whose probability is the frequency of their class, with logits multiplied by `factor`.
    fn calibrated(factor: f64) -> Predictions {
        let mut predictions = Predictions::new(2);
        for tenths in 5..=9 {
            let p = f64::from(tenths) / 10.0;
            for example in 0..1000 {
                let label = usize::from(example >= tenths * 100);
                let z = factor * (p / (1.0 - p)).ln();
                predictions.push(&[z, 0.0], label);
            }
        }
        predictions
    }

    #[test]
    fn the_temperature_recovers_the_factor_of_the_logits() {
        for factor in [0.4, 1.0, 3.0] {
            let predictions = calibrated(factor);
            let found = fit_temperature(&predictions);
            assert!((found / factor - 1.0).abs() < 0.01, "{found} for {factor}");
            let error = |predictions: &Predictions| {
                expected_calibration_error(&reliability_bins(predictions))
            };
            assert!(error(&predictions.with_temperature(found)) < 0.005);
            let before = error(&predictions);
            assert!(factor == 1.0 || before > 0.05, "{before}");
        }
    }

    #[test]
    fn a_part_without_an_error_does_not_make_predictions_certain() {
        let mut predictions = Predictions::new(2);
        (0..100).for_each(|n| predictions.push(&[1.0 + f64::from(n) / 100.0, -1.0], 0));
        let found = fit_temperature(&predictions);
        let scaled = predictions.with_temperature(found);
        let largest = scaled.probabilities.iter().copied().fold(0.0, f64::max);
        assert!(found > 0.05 && largest < 0.9999, "{found}: {largest}");
    }

    #[test]
    fn without_information_the_temperature_is_one() {
        assert_eq!(fit_temperature(&Predictions::new(3)), 1.0);
        let mut flat = Predictions::new(3);
        (0..5).for_each(|n| flat.push(&[0.5; 3], n % 3));
        assert_eq!(fit_temperature(&flat), 1.0);
        flat.push(&[f64::NAN, 0.0, 1.0], 0);
        assert_eq!(fit_temperature(&flat), 1.0);
        assert!(expected_calibration_error(&reliability_bins(&flat)).is_nan());
        assert_eq!(
            expected_calibration_error(&reliability_bins(&Predictions::new(3))),
            0.0
        );
    }

    #[test]
    fn confident_errors_get_the_largest_temperature() {
        let mut wrong = Predictions::new(2);
        (0..50).for_each(|n| wrong.push(&[5.0 + f64::from(n), 0.0], 1));
        assert_eq!(fit_temperature(&wrong), 20.0);
    }

    #[test]
    fn a_probability_on_an_edge_belongs_to_the_bin_below() {
        let mut predictions = Predictions::new(2);
        predictions.push(&[1e3, 0.0], 0);
        predictions.push(&[0.0, 0.0], 1);
        let bins = reliability_bins(&predictions);
        assert_eq!(bins.len(), BINS);
        assert_eq!(
            (bins[14].n, bins[14].accuracy, bins[14].confidence),
            (1, 1.0, 1.0)
        );
        assert_eq!(
            (bins[7].n, bins[7].accuracy, bins[7].confidence),
            (1, 0.0, 0.5)
        );
        assert_eq!(bins.iter().map(|bin| bin.n).sum::<usize>(), 2);
    }
}
