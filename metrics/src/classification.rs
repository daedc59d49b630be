//! How good a classifier's predictions are: every metric of one part of the data.
//!
//! Metrics are computed over all examples at once, so that a short last batch does not count double as it does in
//! means over batches. Checked against scikit-learn (`tests/reference/measures.py`).

use serde::Serialize;

use crate::abstention::{RiskCoverage, risk_coverage};
use crate::calibration::{Bin, expected_calibration_error, reliability_bins};
use crate::predictions::Predictions;
use crate::proportion::wilson_interval;
use crate::ranking::Ranking;

mod intervals;
mod tally;

pub use intervals::{ClassIntervals, Intervals};
use tally::{Tally, mean_of_present, one_vs_rest};

/// How good a classifier's predictions are.
///
/// Without an example every mean is 0, the error rate 1, and metrics that may be missing are.
///
/// # Examples
/// ```
/// use metrics::{ClassificationMetrics, Predictions};
///
/// let mut predictions = Predictions::new(2);
/// for (logit, label) in [(3.0, 0), (2.0, 0), (-1.0, 0), (-2.0, 1)] {
///     predictions.push(&[logit, 0.0], label);
/// }
/// let names = ["benign", "malignant"].map(String::from);
/// let metrics = ClassificationMetrics::new(&predictions, &names, None);
/// assert_eq!(metrics.accuracy, 0.75);
/// assert_eq!(metrics.confusion, [[2, 1], [0, 1]]);
/// assert_eq!(metrics.per_class[1].precision, 0.5);
/// assert_eq!(metrics.auroc, Some(1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassificationMetrics {
    /// Number of examples.
    pub n: usize,
    /// Mean cross-entropy (log loss), -ln p(label), in nats; from 0.
    pub loss: f64,
    /// Fraction of examples whose most probable class is the true one, from 0 to 1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy, with the examples taken to be independent.
    pub accuracy_interval: [f64; 2],
    /// 1 - accuracy.
    pub error_rate: f64,
    /// Mean recall of the classes that occur, the same as `macro_recall`.
    pub balanced_accuracy: f64,
    /// Mean precision of the classes that occur.
    pub macro_precision: f64,
    /// Mean recall of the classes that occur.
    pub macro_recall: f64,
    /// Mean F1 of the classes that occur.
    pub macro_f1: f64,
    /// Mean area under the ROC curve of one class against the rest, over the classes that have one.
    pub auroc: Option<f64>,
    /// Brier score, from 0 to 2: the mean of sum_k (p_k - t_k)², where t_k is 1 for the true class and 0 for the
    /// others (Brier 1950, Mon. Weather Rev. 78, 1).
    pub brier: f64,
    /// Expected calibration error over the bins of `reliability`, from 0 to 1.
    pub calibration_error: f64,
    /// 95 % bootstrap intervals, resampled by group.
    pub intervals: Intervals,
    /// Metrics of each class against the rest.
    pub per_class: Vec<ClassMetrics>,
    /// Confusion matrix, `confusion[label][predicted]`.
    pub confusion: Vec<Vec<usize>>,
    /// Confidence against accuracy, in 15 equally wide bins of the confidence.
    pub reliability: Vec<Bin>,
    /// Error rate of the most confident predictions, by how many there are.
    pub risk_coverage: RiskCoverage,
}

/// How good the predictions are for one class against the rest, from 0 to 1.
///
/// A metric whose denominator is zero is 0, as in scikit-learn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassMetrics {
    /// Name of the class.
    pub class: String,
    /// True positives / examples predicted to be of this class.
    pub precision: f64,
    /// True positives / examples of this class.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Area under the ROC curve of the class's probability; `None` if examples of the class or of the rest are
    /// missing.
    pub auroc: Option<f64>,
    /// Number of examples of this class.
    pub support: usize,
}

impl ClassificationMetrics {
    /// Computes every metric of one part of the data.
    ///
    /// `groups` holds the group of each example, for the bootstrap intervals: examples of one group (copies of one
    /// picture, scans of one patient) count as one piece of evidence. `None` makes each example its own group.
    ///
    /// # Panics
    /// - If there are groups, but not one for each example.
    /// - If there is an example, and `class_names` does not name each of its classes.
    pub fn new(
        predictions: &Predictions,
        class_names: &[String],
        groups: Option<&[usize]>,
    ) -> Self {
        let classes = 0..class_names.len();
        let n = predictions.len();
        let ones = vec![1; n];
        let tally = Tally::new(predictions, classes.len());
        let confusion: Vec<Vec<usize>> = (tally.confusion(&ones).into_iter())
            .map(|row| row.into_iter().map(|count| count as usize).collect())
            .collect();
        let areas: Vec<_> = (classes.clone())
            .map(|class| tally.auroc(class, &ones))
            .collect();
        let per_class: Vec<_> = (class_names.iter().enumerate())
            .map(|(class, name)| ClassMetrics::new(&confusion, class, name, areas[class]))
            .collect();
        let present: Vec<_> = per_class.iter().filter(|class| class.support > 0).collect();
        let macro_mean = |metric: fn(&ClassMetrics) -> f64| {
            present.iter().map(|class| metric(class)).sum::<f64>() / present.len().max(1) as f64
        };
        let correct: usize = classes.map(|class| confusion[class][class]).sum();
        let (accuracy, macro_recall) = (ratio(correct, n), macro_mean(|class| class.recall));
        let reliability = reliability_bins(predictions);
        Self {
            n,
            loss: predictions.mean_loss(),
            accuracy,
            accuracy_interval: wilson_interval(correct, n),
            error_rate: 1.0 - accuracy,
            balanced_accuracy: macro_recall,
            macro_precision: macro_mean(|class| class.precision),
            macro_recall,
            macro_f1: macro_mean(|class| class.f1),
            auroc: mean_of_present(&areas),
            brier: brier(predictions),
            calibration_error: expected_calibration_error(&reliability),
            intervals: Intervals::new(predictions, class_names, groups),
            per_class,
            confusion,
            reliability,
            risk_coverage: risk_coverage(predictions),
        }
    }
}

impl ClassMetrics {
    fn new(confusion: &[Vec<usize>], class: usize, name: &str, auroc: Option<f64>) -> Self {
        let correct = confusion[class][class];
        let support: usize = confusion[class].iter().sum();
        let predicted: usize = confusion.iter().map(|row| row[class]).sum();
        Self {
            class: name.to_owned(),
            precision: ratio(correct, predicted),
            recall: ratio(correct, support),
            f1: ratio(2 * correct, support + predicted),
            auroc,
            support,
        }
    }
}

/// Returns the ROC curve of the probability of `class` against the rest, as [`Ranking::roc_curve`] does.
///
/// # Panics
/// If `class` is not below the number of classes and there is an example.
pub fn roc_curve(predictions: &Predictions, class: usize) -> Vec<[f64; 2]> {
    let (scores, is_positive) = one_vs_rest(predictions, class);
    Ranking::new(&scores).roc_curve(&is_positive)
}

/// Returns the Brier score of [`ClassificationMetrics::brier`].
fn brier(predictions: &Predictions) -> f64 {
    let rows = predictions.probability_rows().zip(&predictions.labels);
    let scores = rows.map(|(row, label)| {
        let distance = |(class, p): (usize, &f64)| (p - f64::from(class == *label)).powi(2);
        row.iter().enumerate().map(distance).sum::<f64>()
    });
    scores.sum::<f64>() / predictions.len().max(1) as f64
}

/// Returns part / whole, and 0 where `whole` is 0.
fn ratio(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 0.0,
        _ => part as f64 / whole as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::fit_temperature;

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    /// scikit-learn: `precision_recall_fscore_support([0,0,1,1,1], [0,1,1,1,2], labels=[0,1,2],
    /// zero_division=0)` = ([1, 2/3, 0], [1/2, 2/3, 0], [2/3, 2/3, 0], [2, 3, 0]).
    #[test]
    fn class_metrics_agree_with_scikit_learn() {
        let one_hot = |class: usize| {
            let mut logits = [0.0; 3];
            logits[class] = 5.0;
            logits
        };
        let rows = [(0, 0), (1, 0), (1, 1), (1, 1), (2, 1)]
            .map(|(predicted, label)| (one_hot(predicted), label));
        let mut predictions = Predictions::new(3);
        for (logits, label) in &rows {
            predictions.push(logits, *label);
        }
        let metrics = ClassificationMetrics::new(&predictions, &names(), None);
        assert_eq!(metrics.confusion, [[1, 1, 0], [0, 2, 1], [0, 0, 0]]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(metrics.accuracy, 0.6);
        close(metrics.error_rate, 0.4);
        for (class, [precision, recall, f1]) in metrics.per_class.iter().zip([
            [1.0, 0.5, 2.0 / 3.0],
            [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0],
            [0.0, 0.0, 0.0],
        ]) {
            close(class.precision, precision);
            close(class.recall, recall);
            close(class.f1, f1);
        }
        // Class c never occurs, so the means are over a and b.
        close(metrics.macro_f1, 2.0 / 3.0);
    }

    /// The predictions of `tests/reference/measures.py`.
    fn formula_predictions() -> Predictions {
        let mut predictions = Predictions::new(4);
        for i in 0..203 {
            let label = [0, 1, 2, 3, 1, 2, 1][i % 7];
            let logit = |class: usize| {
                let wave = (1.7 * i as f64 + 0.9 * class as f64).sin().powi(3);
                let hint = 2.5 * (0.37 * i as f64).cos().powi(2);
                let logit = 2.4 * wave + if class == label { hint } else { 0.0 };
                (logit * 100.0).round() / 100.0
            };
            predictions.push(&[logit(0), logit(1), logit(2), logit(3)], label);
        }
        predictions
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    /// What `tests/reference/measures.py` prints (scikit-learn 1.9.1).
    #[test]
    fn every_metric_agrees_with_scikit_learn() {
        let names = ["a", "b", "c", "d"].map(String::from);
        let metrics = ClassificationMetrics::new(&formula_predictions(), &names, None);
        assert_close(metrics.accuracy, 0.463054187192);
        assert_close(metrics.balanced_accuracy, 0.487068965517);
        assert_close(metrics.loss, 1.167615955690);
        assert_close(metrics.brier, 0.642399344118);
        assert_close(metrics.macro_precision, 0.495926301555);
        assert_close(metrics.macro_recall, 0.487068965517);
        assert_close(metrics.macro_f1, 0.448146011264);
        assert_close(metrics.auroc.unwrap(), 0.781777645660);
        assert_close(metrics.calibration_error, 0.175878342728);
        assert_close(metrics.risk_coverage.aurc, 0.335572425099);
        assert_close(metrics.risk_coverage.accuracy_at_90, 0.464480874317);
        // Precision, recall, F1 and AUROC of each class.
        let expected = [
            [
                0.275862068966,
                0.551724137931,
                0.367816091954,
                0.734046769719,
            ],
            [
                0.764705882353,
                0.448275862069,
                0.565217391304,
                0.826198969481,
            ],
            [
                0.676470588235,
                0.396551724138,
                0.500000000000,
                0.820332936980,
            ],
            [
                0.266666666667,
                0.551724137931,
                0.359550561798,
                0.746531906461,
            ],
        ];
        for (class, expected) in metrics.per_class.iter().zip(expected) {
            let found = [
                class.precision,
                class.recall,
                class.f1,
                class.auroc.unwrap(),
            ];
            found
                .into_iter()
                .zip(expected)
                .for_each(|(found, expected)| assert_close(found, expected));
        }
    }

    /// SciPy's bounded minimum of the log loss, in `tests/reference/measures.py`.
    #[test]
    fn the_temperature_agrees_with_scipy() {
        let predictions = formula_predictions();
        let temperature = fit_temperature(&predictions);
        assert!((temperature - 1.575547133158).abs() < 1e-6, "{temperature}");
        let losses = predictions.with_temperature(temperature).losses;
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        assert_close(loss, 1.113782473771);
    }

    /// NumPy's percentiles over 4,000 resamples of its own, in `tests/reference/measures.py`: other
    /// draws, so the last digits differ.
    #[test]
    fn grouped_intervals_agree_with_numpy() {
        let names = ["a", "b", "c", "d"].map(String::from);
        let groups: Vec<usize> = (0..203).map(|i| i / 3).collect();
        let intervals =
            ClassificationMetrics::new(&formula_predictions(), &names, Some(&groups)).intervals;
        assert_eq!(intervals.groups, 68);
        let first = &intervals.per_class[0];
        for (found, expected) in [
            (intervals.accuracy, [0.382352941176, 0.544117647059]),
            (intervals.macro_f1, [0.365462712126, 0.527220650307]),
            (first.recall, [0.357142857143, 0.735294117647]),
            (first.auroc, [0.623422854584, 0.839475948208]),
        ] {
            for (found, expected) in found.unwrap().into_iter().zip(expected) {
                assert!((found - expected).abs() < 0.02, "{found}, not {expected}");
            }
        }
    }

    #[test]
    fn ten_thousand_examples_take_less_than_a_minute() {
        let mut predictions = Predictions::new(10);
        for i in 0..10_000u32 {
            let logits: [f64; 10] =
                std::array::from_fn(|class| (f64::from(i) * 0.7 + class as f64 * 1.3).sin());
            predictions.push(&logits, i as usize % 10);
        }
        let names: Vec<_> = (0..10).map(|digit| digit.to_string()).collect();
        let started = std::time::Instant::now();
        ClassificationMetrics::new(&predictions, &names, None);
        let seconds = started.elapsed().as_secs_f64();
        println!("{seconds:.2} s");
        assert!(seconds < 60.0, "{seconds} s");
    }

    #[test]
    fn an_empty_part_and_nan_logits_have_metrics() {
        let empty = ClassificationMetrics::new(&Predictions::new(3), &names(), None);
        assert_eq!((empty.n, empty.accuracy, empty.loss), (0, 0.0, 0.0));
        assert_eq!((empty.auroc, empty.intervals.accuracy), (None, None));
        let mut diverged = Predictions::new(3);
        (0..6).for_each(|n| diverged.push(&[f64::NAN, 0.0, 1.0], n % 3));
        let metrics = ClassificationMetrics::new(&diverged, &names(), None);
        assert!(metrics.loss.is_nan() && metrics.brier.is_nan());
        assert_eq!((metrics.auroc, metrics.accuracy), (None, 1.0 / 3.0));
    }
}
