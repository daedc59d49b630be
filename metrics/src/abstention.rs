//! When it is better to give no answer: the risk among the answers that are given, and the
//! probability from which they are (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017,
//! <https://arxiv.org/abs/1705.08500>).

use serde::Serialize;

use crate::classification::Predictions;

/// The share of the examples at which the accuracy is reported.
const COVERAGE: f64 = 0.9;

/// An answer that is more likely wrong than right is never given.
const LEAST_PROBABILITY: f64 = 0.5;

/// Points of the curve that are kept.
const POINTS: usize = 200;

/// The share of wrong answers when only the most confident ones are given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// The area under the curve: the mean share of wrong answers among the 1, 2, ... n most
    /// confident ones.
    pub aurc: f64,
    /// The share of right answers among the most confident 90 %.
    pub accuracy_at_90: f64,
    /// `[share answered, share of wrong answers among them]`, at most 200 points.
    pub curve: Vec<[f64; 2]>,
}

/// Answers of one confidence.
struct Run {
    confidence: f64,
    n: usize,
    wrong: usize,
}

/// From the most to the least confident answer, equal ones together.
fn runs(predictions: &Predictions) -> Vec<Run> {
    let answers = predictions.confident_answers().zip(&predictions.truths);
    let mut answers: Vec<(f64, bool)> = answers
        .map(|((confidence, answer), truth)| (confidence, answer != *truth))
        .collect();
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut runs: Vec<Run> = Vec::new();
    for (confidence, wrong) in answers {
        let wrong = usize::from(wrong);
        match runs.last_mut() {
            Some(run) if run.confidence == confidence => {
                run.n += 1;
                run.wrong += wrong;
            }
            _ => runs.push(Run {
                confidence,
                n: 1,
                wrong,
            }),
        }
    }
    runs
}

/// The curve over all examples. Equally confident answers come in no order: each counts as wrong as
/// they are on average.
pub fn risk_coverage(predictions: &Predictions) -> RiskCoverage {
    let n = predictions.len();
    let mut risks = Vec::with_capacity(n);
    let (mut answered, mut wrong) = (0usize, 0.0);
    for run in runs(predictions) {
        for _ in 0..run.n {
            answered += 1;
            wrong += run.wrong as f64 / run.n as f64;
            risks.push(wrong / answered as f64);
        }
    }
    let at_90 = (COVERAGE * n as f64 - 1e-9).ceil() as usize;
    let step = n.div_ceil(POINTS).max(1);
    let kept = (0..n).filter(|place| (place + 1).is_multiple_of(step) || place + 1 == n);
    RiskCoverage {
        aurc: risks.iter().sum::<f64>() / n.max(1) as f64,
        accuracy_at_90: at_90.checked_sub(1).map_or(0.0, |place| 1.0 - risks[place]),
        curve: kept
            .map(|place| [(place + 1) as f64 / n as f64, risks[place]])
            .collect(),
    }
}

/// The least probability with which an answer is given, so that about `target_error` of the given
/// answers are wrong.
///
/// The most validation answers are given for which (wrong + 1) / (given + 1) stays within the
/// target: one more answer, a wrong one, is counted in, so that a small part promises less than it
/// shows (as conformal risk control has it, Angelopoulos et al. 2022,
/// <https://arxiv.org/abs/2208.02814>). Where no number of answers is enough for that, because the
/// part is too small or the network too weak, only answers are given that the calibrated
/// probability itself puts within the target.
pub fn threshold(predictions: &Predictions, target_error: f64) -> f64 {
    let runs = runs(predictions);
    let (mut given, mut wrong) = (0usize, 0usize);
    let mut last_good = None;
    for (place, run) in runs.iter().enumerate() {
        given += run.n;
        wrong += run.wrong;
        if (wrong + 1) as f64 <= target_error * (given + 1) as f64 {
            last_good = Some(place);
        }
    }
    let threshold = match last_good {
        None => 1.0 - target_error,
        // Half way to the first answer that is not given.
        Some(place) => match runs.get(place + 1) {
            Some(next) => (runs[place].confidence + next.confidence) / 2.0,
            None => LEAST_PROBABILITY,
        },
    };
    threshold.max(LEAST_PROBABILITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Answers of two classes with these probabilities, right or wrong.
    fn said(answers: &[(f64, bool)]) -> Predictions {
        let mut predictions = Predictions::new(2);
        for (p, right) in answers {
            predictions.push(&[(p / (1.0 - p)).ln(), 0.0], usize::from(!right));
        }
        predictions
    }

    #[test]
    fn the_curve_by_hand() {
        let curve = risk_coverage(&said(&[
            (0.6, false),
            (0.9, true),
            (0.8, false),
            (0.7, true),
        ]));
        // Wrong among the most confident 1, 2, 3, 4: 0, 1, 1, 2.
        let expected = [[0.25, 0.0], [0.5, 0.5], [0.75, 1.0 / 3.0], [1.0, 0.5]];
        assert_eq!(curve.curve, expected);
        assert!((curve.aurc - (0.5 + 1.0 / 3.0 + 0.5) / 4.0).abs() < 1e-12);
        assert_eq!(curve.accuracy_at_90, 0.5);
    }

    #[test]
    fn equally_confident_answers_have_no_order() {
        for answers in [[(0.9, true), (0.9, false)], [(0.9, false), (0.9, true)]] {
            assert_eq!(
                risk_coverage(&said(&answers)).curve,
                [[0.5, 0.5], [1.0, 0.5]]
            );
        }
    }

    #[test]
    fn a_long_curve_keeps_its_end() {
        let answers: Vec<_> = (0..1001)
            .map(|n| (0.5 + f64::from(n) * 4e-4, true))
            .collect();
        let curve = risk_coverage(&said(&answers)).curve;
        assert!(curve.len() <= POINTS && curve.last() == Some(&[1.0, 0.0]));
    }

    #[test]
    fn the_threshold_stands_between_the_last_given_and_the_first_refused_answer() {
        // 99 right answers, then a wrong one at 0.6 and one at 0.55: within 1 % without them.
        let mut answers: Vec<_> = (0..99).map(|n| (0.7 + f64::from(n) * 2e-3, true)).collect();
        answers.extend([(0.6, false), (0.55, false)]);
        let found = threshold(&said(&answers), 0.01);
        assert!((found - 0.65).abs() < 1e-12, "{found}");
        // Within 5 % all may be given, if they are more likely right than wrong.
        assert_eq!(threshold(&said(&answers), 0.05), 0.5);
    }

    #[test]
    fn a_small_part_promises_nothing() {
        let few = said(&[(0.9, true); 20]);
        assert_eq!(threshold(&few, 0.03), 0.97);
        assert_eq!(threshold(&Predictions::new(2), 0.03), 0.97);
        assert_eq!(threshold(&few, 0.05), 0.5);
    }

    proptest! {
        /// Where the threshold was found on the part, the answers given on it are within the target.
        #[test]
        fn the_target_holds_where_it_was_chosen(
            answers in prop::collection::vec((0.5f64..0.999, prop::bool::weighted(0.9)), 1..300),
            target in 0.01f64..0.3,
        ) {
            let predictions = said(&answers);
            let threshold = threshold(&predictions, target);
            prop_assert!((0.5..1.0).contains(&threshold));
            let given: Vec<_> = answers.iter().filter(|(p, _)| *p >= threshold).collect();
            let wrong = given.iter().filter(|(_, right)| !right).count();
            let fallback = threshold == 1.0 - target;
            prop_assert!(fallback || wrong as f64 <= target * (given.len() + 1) as f64);
        }
    }
}
