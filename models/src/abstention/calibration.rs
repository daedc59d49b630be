//! Calibrated probabilities, and when none of them is an answer.

use serde::{Deserialize, Serialize};

use super::error::CalibrationError;
use super::ood::OodDetector;

/// How probabilities are corrected after training, and when no answer is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Divisor of the logits (Guo et al. 2017, <https://arxiv.org/abs/1706.04599>).
    pub temperature: f64,
    /// Smallest probability of the predicted class at which an answer is given.
    pub threshold: Option<f64>,
    /// Error rate among the given answers for which the threshold was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_error: Option<f64>,
    /// Detector of inputs unlike the training data.
    #[serde(
        rename = "familiarity",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub ood_detector: Option<OodDetector>,
}

/// Reason why no answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Abstention {
    /// No class is probable enough.
    #[serde(rename = "uncertain")]
    Uncertain,
    /// The input's statistics are unlike those of the training data.
    #[serde(rename = "unfamiliar")]
    OutOfDistribution,
}

impl Abstention {
    /// Returns the word that stands in tables, JSON and printed answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::OutOfDistribution => "unfamiliar",
        }
    }
}

impl Calibration {
    /// Creates a calibration that divides logits by a temperature, and with which every input gets an answer.
    pub fn with_temperature(temperature: f64) -> Self {
        Self {
            temperature,
            threshold: None,
            target_error: None,
            ood_detector: None,
        }
    }

    /// Checks every value of a calibration from an untrusted file.
    ///
    /// # Errors
    /// The first value out of its range.
    pub fn check(&self) -> Result<(), CalibrationError> {
        let temperature = self.temperature;
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(CalibrationError::Temperature(temperature));
        }
        let shares = [
            ("threshold", self.threshold),
            ("target_error", self.target_error),
        ];
        for (name, share) in shares {
            if let Some(value) = share
                && !(0.0..=1.0).contains(&value)
            {
                return Err(CalibrationError::Share { name, value });
            }
        }
        self.ood_detector
            .as_ref()
            .map_or(Ok(()), OodDetector::check)
    }

    /// Returns why an input gets no answer, or `None` if it gets one.
    ///
    /// - `largest`: probability of the predicted class, see [`largest_probability`]; NaN is always
    ///   [`Uncertain`](Abstention::Uncertain)
    /// - `statistics`: those of the input, in the order of [`OodDetector::statistics`]
    pub fn abstention(&self, largest: f64, statistics: &[f64]) -> Option<Abstention> {
        let is_ood = |detector: &OodDetector| !detector.is_in_distribution(statistics);
        let threshold = self.threshold.unwrap_or(f64::NEG_INFINITY);
        if self.ood_detector.as_ref().is_some_and(is_ood) {
            Some(Abstention::OutOfDistribution)
        } else if largest.is_nan() || largest < threshold {
            Some(Abstention::Uncertain)
        } else {
            None
        }
    }
}

/// Computes the softmax of `logits / temperature`.
///
/// The largest logit is subtracted before the exponential, so that nothing overflows.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|&logit| ((f64::from(logit) - f64::from(largest)) / temperature).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Returns the largest of `probabilities`: NaN if one of them is NaN, 0 if there is none.
pub fn largest_probability(probabilities: &[f64]) -> f64 {
    let larger = |one: f64, other: f64| {
        if one.is_nan() || one > other {
            one
        } else {
            other
        }
    };
    probabilities.iter().copied().fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_of_known_values() {
        // e^0 : e^ln2 : e^ln5 = 1 : 2 : 5
        let probabilities = softmax(&[0.0, 2f32.ln(), 5f32.ln()], 1.0);
        for (probability, expected) in probabilities.iter().zip([0.125, 0.25, 0.625]) {
            assert!((probability - expected).abs() < 1e-7, "{probabilities:?}");
        }
        // A temperature of 2 takes the square root of each ratio.
        let cooler = softmax(&[0.0, 4f32.ln()], 2.0);
        assert!((cooler[1] - 2.0 / 3.0).abs() < 1e-7, "{cooler:?}");
    }

    #[test]
    fn softmax_of_extreme_logits_still_sums_to_one() {
        for logits in [[-3e38, 0.0, 3e38], [1e4, 1e4, 1e4], [-1e30, -1e30, -1e30]] {
            let probabilities = softmax(&logits, 0.01);
            let sum: f64 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{logits:?}: {probabilities:?}");
        }
    }

    /// A threshold of 0.8 and the detector of two correlated statistics, limit 3.
    fn calibration() -> Calibration {
        Calibration {
            temperature: 1.0,
            threshold: Some(0.8),
            target_error: Some(0.03),
            ood_detector: Some(OodDetector::example()),
        }
    }

    #[test]
    fn the_out_of_distribution_check_comes_before_the_threshold() {
        let calibration = calibration();
        assert_eq!(calibration.check(), Ok(()));
        assert_eq!(calibration.abstention(0.8, &[1.0, -1.0]), None);
        assert_eq!(
            calibration.abstention(0.79, &[1.0, -1.0]),
            Some(Abstention::Uncertain)
        );
        assert_eq!(
            calibration.abstention(1.0, &[1e9, 0.0]),
            Some(Abstention::OutOfDistribution)
        );
    }

    #[test]
    fn nan_never_gets_an_answer() {
        let with_threshold = calibration();
        let without_threshold = Calibration {
            threshold: None,
            ..calibration()
        };
        let without_anything = Calibration {
            ood_detector: None,
            ..without_threshold.clone()
        };
        for calibration in [with_threshold, without_threshold, without_anything] {
            assert_eq!(
                calibration.abstention(f64::NAN, &[1.0, -1.0]),
                Some(Abstention::Uncertain),
                "{calibration:?}"
            );
        }
        // Statistics that are NaN are unlike any training data.
        assert_eq!(
            calibration().abstention(0.9, &[f64::NAN, -1.0]),
            Some(Abstention::OutOfDistribution)
        );
        // NaN among the logits reaches the check.
        for logits in [[f32::NAN, 1.0], [1.0, f32::NAN], [f32::INFINITY, 0.0]] {
            let largest = largest_probability(&softmax(&logits, 1.0));
            assert!(largest.is_nan(), "{logits:?}: {largest}");
        }
        assert_eq!(largest_probability(&[0.2, 0.5, 0.3]), 0.5);
        assert_eq!(largest_probability(&[]), 0.0);
    }

    #[test]
    fn json_keys_are_those_of_the_first_version() {
        let json = serde_json::to_value(calibration()).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["familiarity", "target_error", "temperature", "threshold"]
        );
        assert_eq!(
            serde_json::from_value::<Calibration>(json).unwrap(),
            calibration()
        );
        for abstention in [Abstention::Uncertain, Abstention::OutOfDistribution] {
            assert_eq!(
                serde_json::to_value(abstention).unwrap(),
                abstention.name(),
                "{abstention:?}"
            );
        }
    }
}
