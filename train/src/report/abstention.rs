//! How well calibration and abstention work on one part of the data.

use metrics::Predictions;
use metrics::calibration::{expected_calibration_error, reliability_bins};
use metrics::proportion::wilson_interval;
use models::Abstention;
use serde::Serialize;

/// How well calibration and abstention work on one part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AbstentionSummary {
    /// Expected calibration error of the uncalibrated probabilities; that of the calibrated ones is
    /// [`ClassificationMetrics::calibration_error`](metrics::ClassificationMetrics::calibration_error).
    pub calibration_error_before: f64,
    /// Log loss of the uncalibrated probabilities.
    pub loss_before: f64,
    /// Number of examples on which the model does not abstain.
    pub answered: usize,
    /// Fraction of examples on which the model does not abstain.
    pub coverage: f64,
    /// Accuracy on those examples; `None` if there are none.
    pub accuracy_answered: Option<f64>,
    /// Wilson's 95 % interval of that accuracy.
    pub accuracy_answered_interval: [f64; 2],
    /// Number of examples without a class that is probable enough.
    pub uncertain: usize,
    /// Number of examples that are detected as out of distribution.
    pub unfamiliar: usize,
}

impl AbstentionSummary {
    /// Summarises one part from its uncalibrated predictions and the abstention on each example.
    pub fn new(raw: &Predictions, abstentions: &[Option<Abstention>]) -> Self {
        let count = |wanted| abstentions.iter().filter(|found| **found == wanted).count();
        let classes = raw.predicted_classes().into_iter().zip(&raw.labels);
        let right = classes
            .zip(abstentions)
            .filter(|((class, label), abstention)| abstention.is_none() && class == *label)
            .count();
        let answered = count(None);
        Self {
            calibration_error_before: expected_calibration_error(&reliability_bins(raw)),
            loss_before: raw.mean_loss(),
            answered,
            coverage: answered as f64 / raw.len().max(1) as f64,
            accuracy_answered: (answered > 0).then(|| right as f64 / answered as f64),
            accuracy_answered_interval: wilson_interval(right, answered),
            uncertain: count(Some(Abstention::Uncertain)),
            unfamiliar: count(Some(Abstention::OutOfDistribution)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_of_a_part_is_counted_once() {
        let mut raw = Predictions::new(4);
        for example in 0..120 {
            // Every other prediction is correct.
            let mut logits = [0.0; 4];
            logits[(example + example % 2) % 4] = 2.0;
            raw.push(&logits, example % 4);
        }
        let mut abstentions = vec![None; raw.len()];
        abstentions[0] = Some(Abstention::Uncertain);
        abstentions[1] = Some(Abstention::OutOfDistribution);
        abstentions[3] = Some(Abstention::OutOfDistribution);
        let part = AbstentionSummary::new(&raw, &abstentions);
        assert_eq!((part.uncertain, part.unfamiliar), (1, 2));
        assert_eq!(part.answered, raw.len() - 3);
        // Every other prediction is correct, and the model abstains on one of those.
        let right = (raw.len() / 2 - 1) as f64;
        assert_eq!(part.accuracy_answered, Some(right / part.answered as f64));
        let empty = AbstentionSummary::new(&Predictions::new(4), &[]);
        assert_eq!((empty.accuracy_answered, empty.coverage), (None, 0.0));
    }
}
