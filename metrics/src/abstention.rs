//! Abstention (selective prediction): the error rate when only confident predictions are accepted, and the confidence
//! from which they are (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017, <https://arxiv.org/abs/1705.08500>).

use serde::Serialize;

use crate::predictions::Predictions;

/// Coverage at which [`RiskCoverage::accuracy_at_90`] is reported.
const COVERAGE: f64 = 0.9;

/// Smallest confidence threshold: a prediction that is more likely wrong than right is never accepted.
const MIN_THRESHOLD: f64 = 0.5;

/// Maximum number of points kept of a risk-coverage curve, which is more than a picture of it shows.
const MAX_POINTS: usize = 200;

/// The error rate when only the most confident predictions are accepted, by how many there are.
///
/// The coverage is the fraction of accepted predictions, the risk the fraction of errors among them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// Area under the risk-coverage curve, from 0 to 1: the mean risk of the 1, 2, ... n most confident predictions.
    pub aurc: f64,
    /// Accuracy of the most confident 90 % of the predictions.
    pub accuracy_at_90: f64,
    /// Points `[coverage, risk]`, at most 200, in ascending order of coverage.
    pub curve: Vec<[f64; 2]>,
}

/// Predictions of equal confidence.
struct Run {
    confidence: f64,
    n: usize,
    errors: usize,
}

/// Returns the runs of equal confidence, the most confident first.
///
/// A confidence that is `NaN` counts as the lowest of all, negative infinity.
fn runs(predictions: &Predictions) -> Vec<Run> {
    let top = predictions.top_classes().zip(&predictions.labels);
    let mut outcomes: Vec<(f64, bool)> = top
        .map(|((confidence, class), label)| match confidence.is_nan() {
            true => (f64::NEG_INFINITY, class != *label),
            false => (confidence, class != *label),
        })
        .collect();
    outcomes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut runs: Vec<Run> = Vec::new();
    for (confidence, is_error) in outcomes {
        let errors = usize::from(is_error);
        match runs.last_mut() {
            Some(run) if run.confidence == confidence => {
                run.n += 1;
                run.errors += errors;
            }
            _ => runs.push(Run {
                confidence,
                n: 1,
                errors,
            }),
        }
    }
    runs
}

/// Computes the risk-coverage curve over all predictions.
///
/// Equally confident predictions have no order: each counts with their mean number of errors. A `NaN` confidence
/// counts as the lowest. Without a prediction both figures are 0 and the curve is empty.
///
/// # Examples
/// ```
/// use metrics::Predictions;
/// use metrics::abstention::risk_coverage;
///
/// let mut predictions = Predictions::new(2);
/// for (logit, label) in [(3.0, 0), (2.0, 1), (1.0, 0)] {
///     predictions.push(&[logit, 0.0], label);
/// }
/// let curve = risk_coverage(&predictions).curve;
/// assert_eq!(curve, [[1.0 / 3.0, 0.0], [2.0 / 3.0, 0.5], [1.0, 1.0 / 3.0]]);
/// ```
pub fn risk_coverage(predictions: &Predictions) -> RiskCoverage {
    let n = predictions.len();
    let mut risks = Vec::with_capacity(n);
    let (mut accepted, mut errors) = (0usize, 0.0);
    for run in runs(predictions) {
        for _ in 0..run.n {
            accepted += 1;
            errors += run.errors as f64 / run.n as f64;
            risks.push(errors / accepted as f64);
        }
    }
    let at_90 = (COVERAGE * n as f64 - 1e-9).ceil() as usize;
    let step = n.div_ceil(MAX_POINTS).max(1);
    let kept = (0..n).filter(|index| (index + 1).is_multiple_of(step) || index + 1 == n);
    RiskCoverage {
        aurc: risks.iter().sum::<f64>() / n.max(1) as f64,
        accuracy_at_90: at_90.checked_sub(1).map_or(0.0, |index| 1.0 - risks[index]),
        curve: kept
            .map(|index| [(index + 1) as f64 / n as f64, risks[index]])
            .collect(),
    }
}

/// Returns the smallest confidence, at least 0.5, from which a prediction is accepted so that about `target_error` of
/// the accepted ones are wrong.
///
/// The threshold accepts the most validation predictions for which (errors + 1) / (accepted + 1) stays within the
/// target. The one added error makes a small part promise less than it shows, as in conformal risk control
/// (Angelopoulos et al. 2022, <https://arxiv.org/abs/2208.02814>). The threshold lies half-way to the first prediction
/// that is not accepted.
///
/// Where no number of predictions satisfies the target, because the part is too small or the network too weak, the
/// threshold is 1 - `target_error`, the calibrated probability that itself stands for the target. A `NaN` confidence
/// counts as the lowest, and is never above a threshold.
///
/// # Examples
/// ```
/// use metrics::Predictions;
/// use metrics::abstention::confidence_threshold;
///
/// let mut predictions = Predictions::new(2);
/// (0..99).for_each(|_| predictions.push(&[4f64.ln(), 0.0], 0));
/// predictions.push(&[1.5f64.ln(), 0.0], 1);
/// // 99 correct predictions at a confidence of 0.8 and an error at 0.6.
/// assert!((confidence_threshold(&predictions, 0.01) - 0.7).abs() < 1e-12);
/// ```
pub fn confidence_threshold(predictions: &Predictions, target_error: f64) -> f64 {
    let runs = runs(predictions);
    let (mut accepted, mut errors) = (0usize, 0usize);
    let mut last_within = None;
    for (index, run) in runs.iter().enumerate() {
        accepted += run.n;
        errors += run.errors;
        if (errors + 1) as f64 <= target_error * (accepted + 1) as f64 {
            last_within = Some(index);
        }
    }
    let threshold = match last_within {
        None => 1.0 - target_error,
        Some(index) => match runs.get(index + 1) {
            Some(next) => (runs[index].confidence + next.confidence) / 2.0,
            None => MIN_THRESHOLD,
        },
    };
    threshold.max(MIN_THRESHOLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Predictions of two classes from confidences and whether they are correct.
    fn predictions(outcomes: &[(f64, bool)]) -> Predictions {
        let mut predictions = Predictions::new(2);
        for (p, is_correct) in outcomes {
            predictions.push(&[(p / (1.0 - p)).ln(), 0.0], usize::from(!is_correct));
        }
        predictions
    }

    #[test]
    fn the_risk_coverage_curve_by_hand() {
        let curve = risk_coverage(&predictions(&[
            (0.6, false),
            (0.9, true),
            (0.8, false),
            (0.7, true),
        ]));
        // Errors among the most confident 1, 2, 3, 4: 0, 1, 1, 2.
        let expected = [[0.25, 0.0], [0.5, 0.5], [0.75, 1.0 / 3.0], [1.0, 0.5]];
        assert_eq!(curve.curve, expected);
        assert!((curve.aurc - (0.5 + 1.0 / 3.0 + 0.5) / 4.0).abs() < 1e-12);
        assert_eq!(curve.accuracy_at_90, 0.5);
    }

    #[test]
    fn equally_confident_predictions_have_no_order() {
        for outcomes in [[(0.9, true), (0.9, false)], [(0.9, false), (0.9, true)]] {
            assert_eq!(
                risk_coverage(&predictions(&outcomes)).curve,
                [[0.5, 0.5], [1.0, 0.5]]
            );
        }
    }

    #[test]
    fn a_long_curve_keeps_its_last_point() {
        let outcomes: Vec<_> = (0..1001)
            .map(|n| (0.5 + f64::from(n) * 4e-4, true))
            .collect();
        let curve = risk_coverage(&predictions(&outcomes)).curve;
        assert!(curve.len() <= MAX_POINTS && curve.last() == Some(&[1.0, 0.0]));
    }

    #[test]
    fn the_threshold_lies_between_the_last_accepted_and_the_first_rejected_prediction() {
        // 99 correct predictions, then errors at 0.6 and at 0.55: within 1 % without them.
        let mut outcomes: Vec<_> = (0..99).map(|n| (0.7 + f64::from(n) * 2e-3, true)).collect();
        outcomes.extend([(0.6, false), (0.55, false)]);
        let found = confidence_threshold(&predictions(&outcomes), 0.01);
        assert!((found - 0.65).abs() < 1e-12, "{found}");
        // Within 5 % all are accepted that are more likely right than wrong.
        assert_eq!(confidence_threshold(&predictions(&outcomes), 0.05), 0.5);
    }

    #[test]
    fn a_part_too_small_for_the_target_falls_back_to_the_probability() {
        let few = predictions(&[(0.9, true); 20]);
        assert_eq!(confidence_threshold(&few, 0.03), 0.97);
        assert_eq!(confidence_threshold(&Predictions::new(2), 0.03), 0.97);
        assert_eq!(confidence_threshold(&few, 0.05), 0.5);
    }

    #[test]
    fn nan_confidences_come_last_and_do_not_move_the_threshold() {
        let mut with_nan = predictions(&[(0.9, true); 40]);
        (0..3).for_each(|_| with_nan.push(&[f64::NAN, 0.0], 1));
        assert_eq!(confidence_threshold(&with_nan, 0.03), 0.5);
        assert_eq!(risk_coverage(&with_nan).curve[39], [40.0 / 43.0, 0.0]);
        assert_eq!(risk_coverage(&Predictions::new(2)).curve, [[0.0; 2]; 0]);
    }

    proptest! {
        /// On the part that the threshold was fitted to, the error rate is within the target.
        #[test]
        fn the_target_holds_where_the_threshold_was_fitted(
            outcomes in prop::collection::vec((0.5f64..0.999, prop::bool::weighted(0.9)), 1..300),
            target in 0.01f64..0.3,
        ) {
            let predictions = predictions(&outcomes);
            let threshold = confidence_threshold(&predictions, target);
            prop_assert!((0.5..1.0).contains(&threshold));
            let accepted: Vec<_> = outcomes.iter().filter(|(p, _)| *p >= threshold).collect();
            let errors = accepted.iter().filter(|(_, is_correct)| !is_correct).count();
            let fallback = threshold == 1.0 - target;
            prop_assert!(fallback || errors as f64 <= target * (accepted.len() + 1) as f64);
        }
    }
}
