//! Evaluation of a trained classifier, as reports take it.

use metrics::calibration::Bin;
use metrics::{ClassificationMetrics, Predictions};
use models::{Abstention, Calibration};

use super::abstention::AbstentionSummary;
use super::ood_check::OodCheck;

/// Evaluation of a trained classifier.
pub struct Evaluation {
    /// Calibration that is stored in the model's file.
    pub calibration: Calibration,
    /// Results on the validation part.
    pub valid: EvaluatedPart,
    /// Results on the test part.
    pub test: EvaluatedPart,
    /// Results on inputs of another kind than the training data.
    pub probe: OodCheck,
}

/// Results of a classifier on one part, with calibrated probabilities.
pub struct EvaluatedPart {
    /// Calibrated predictions.
    pub predictions: Predictions,
    /// Why the model abstains on each example, or `None` where it does not.
    pub abstentions: Vec<Option<Abstention>>,
    /// Metrics of the calibrated predictions.
    pub metrics: ClassificationMetrics,
    /// How well calibration and abstention work.
    pub abstention: AbstentionSummary,
    /// Reliability bins of the uncalibrated probabilities.
    pub bins_before: Vec<Bin>,
}
