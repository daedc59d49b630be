//! Calibration and abstention in `result.json`, on the card and on the screen.

use metrics::ClassificationMetrics;
use metrics::Predictions;
use metrics::calibration::{expected_calibration_error, reliability_bins};
use metrics::proportion::wilson_interval;
use models::{Abstention, Calibration};
use serde::Serialize;

use super::ood_check::OodCheck;
use super::section::Section;

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

/// Calibration of the probabilities, and abstention, both fitted on the validation part.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationSummary {
    /// Temperature that logits are divided by.
    pub temperature: f64,
    /// Requested fraction of wrong predictions among the accepted ones.
    pub target_error: Option<f64>,
    /// Confidence from which a prediction is accepted.
    pub threshold: Option<f64>,
    /// Mahalanobis distance from the training part's statistics above which an input is out of distribution.
    pub familiarity_limit: Option<f64>,
    /// Results on the validation part; `None` if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<AbstentionSummary>,
    /// Results on the test part.
    pub test: AbstentionSummary,
    /// Results on generated inputs of another kind than the training data.
    pub probe: OodCheck,
}

impl CalibrationSummary {
    /// Summarises a calibration, how it works on the validation and the test part, and the out-of-distribution check.
    pub fn new(
        calibration: &Calibration,
        valid: Option<&AbstentionSummary>,
        test: &AbstentionSummary,
        probe: &OodCheck,
    ) -> Self {
        Self {
            temperature: calibration.temperature,
            target_error: calibration.target_error,
            threshold: calibration.threshold,
            familiarity_limit: (calibration.ood_detector.as_ref()).map(|detector| detector.limit),
            valid: valid.cloned(),
            test: test.clone(),
            probe: probe.clone(),
        }
    }

    /// Returns the section about calibration and abstention; `test` holds the calibrated metrics.
    pub fn section(&self, test: &ClassificationMetrics, noun: &str) -> Section {
        let part = &self.test;
        let check = &self.probe.all;
        let right = part.accuracy_answered;
        let right = right.map_or(String::new(), |right| {
            format!(", {} of those correctly", percent(right))
        });
        Section::new("Calibration and abstention")
            .card_list(self.card_items(test, noun))
            .screen_text(format!(
                "calibrated with temperature {:.2} (calibration error {:.3} before, {:.3} after)\n\
                 classifies {} of the test {noun}{right} ({} uncertain, {} unfamiliar), and {} of {} generated {noun} \
                 of another kind",
                self.temperature,
                part.calibration_error_before,
                test.calibration_error,
                percent(part.coverage),
                part.uncertain,
                part.unfamiliar,
                check.answered,
                check.n
            ))
    }

    fn card_items(&self, test: &ClassificationMetrics, noun: &str) -> [String; 5] {
        let part = &self.test;
        let check = &self.probe.all;
        let [low, high] = part.accuracy_answered_interval;
        let right = part.accuracy_answered.map_or(String::new(), |right| {
            format!(
                " {} of those are classified correctly (95 % interval {low:.3} to {high:.3}).",
                percent(right)
            )
        });
        [
            format!(
                "Probabilities: softmax of the logits divided by a temperature of {:.3}, fitted on the validation \
                 part. On the test part, calibration changed the expected calibration error from {:.4} to {:.4} and \
                 the log loss from {:.4} to {:.4}.",
                self.temperature,
                part.calibration_error_before,
                test.calibration_error,
                part.loss_before,
                test.loss
            ),
            format!(
                "Uncertain: the model abstains where no class is as probable as {}, chosen on the validation part so \
                 that about {} of the accepted predictions are wrong.",
                percent(self.threshold.unwrap_or_default()),
                percent(self.target_error.unwrap_or_default())
            ),
            format!(
                "Unfamiliar: the model abstains where the statistics of the input (of a picture: brightness, contrast, \
                 border, fineness, symmetry) have a Mahalanobis distance of more than {:.2} from the training part's. \
                 One in a hundred of the validation part exceeds it.",
                self.familiarity_limit.unwrap_or(f64::INFINITY)
            ),
            format!(
                "The model classifies {} of the test {noun} ({} uncertain, {} unfamiliar).{right} Of the most confident \
                 90 %, {} are correct; the area under the risk-coverage curve is {:.4}.",
                percent(part.coverage),
                part.uncertain,
                part.unfamiliar,
                percent(test.risk_coverage.accuracy_at_90),
                test.risk_coverage.aurc
            ),
            format!(
                "The model abstains on {} of {} generated {noun} of another kind, such as noise: {} unfamiliar, {} \
                 uncertain, {} refused; {} are classified. `train probe` repeats the check.",
                percent(check.abstention_rate()),
                check.n,
                check.unfamiliar,
                check.uncertain,
                check.refused,
                check.answered
            ),
        ]
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
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
