//! The final figures: one pass over every example, so that a short last batch does not count
//! double as it does in means over batches.
//!
//! The figures are those of scikit-learn, `tests/reference/measures.py` computes them.

use serde::Serialize;

use crate::abstention::{RiskCoverage, risk_coverage};
use crate::bootstrap::{self, Intervals};
use crate::calibration::{Bin, expected_calibration_error, reliability};
use crate::ranking::Ranking;

/// What a classifier said about every example of a part, with the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The number of classes.
    pub classes: usize,
    /// The network's outputs, `[n][classes]` row by row.
    pub logits: Vec<f64>,
    /// Softmax probabilities, `[n][classes]` row by row.
    pub probabilities: Vec<f64>,
    /// Cross-entropy of each example, in nats.
    pub losses: Vec<f64>,
    /// The true classes.
    pub truths: Vec<usize>,
}

impl Predictions {
    /// Nothing yet about `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            logits: Vec::new(),
            probabilities: Vec::new(),
            losses: Vec::new(),
            truths: Vec::new(),
        }
    }

    /// Adds what was said about an example of class `truth`.
    pub fn push(&mut self, logits: &[f64], truth: usize) {
        self.logits.extend(logits);
        self.push_at(logits, truth, 1.0);
    }

    fn push_at(&mut self, logits: &[f64], truth: usize, temperature: f64) {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scaled = |logit: f64| (logit - largest) / temperature;
        let log_sum = logits.iter().map(|z| scaled(*z).exp()).sum::<f64>().ln();
        self.probabilities
            .extend(logits.iter().map(|z| (scaled(*z) - log_sum).exp()));
        self.losses.push(log_sum - scaled(logits[truth]));
        self.truths.push(truth);
    }

    /// The same with probabilities and losses of softmax(logits / temperature).
    pub fn at_temperature(&self, temperature: f64) -> Self {
        let mut predictions = Self {
            logits: self.logits.clone(),
            ..Self::new(self.classes)
        };
        for (row, truth) in self.logit_rows().zip(&self.truths) {
            predictions.push_at(row, *truth, temperature);
        }
        predictions
    }

    /// How many examples.
    pub fn len(&self) -> usize {
        self.truths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.truths.is_empty()
    }

    /// The predictions for those examples alone whose place is marked.
    pub fn only(&self, marked: &[bool]) -> Self {
        let mut some = Self::new(self.classes);
        let rows = self.rows().zip(self.logit_rows()).enumerate();
        for (at, (row, logits)) in rows.filter(|(at, _)| marked[*at]) {
            some.logits.extend(logits);
            some.probabilities.extend(row);
            some.losses.push(self.losses[at]);
            some.truths.push(self.truths[at]);
        }
        some
    }

    /// The probabilities of each example.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.probabilities.chunks_exact(self.classes.max(1))
    }

    /// The logits of each example.
    pub fn logit_rows(&self) -> impl Iterator<Item = &[f64]> {
        self.logits.chunks_exact(self.classes.max(1))
    }

    /// The most probable class of each example; the first among equals.
    pub fn answers(&self) -> Vec<usize> {
        self.confident_answers().map(|(_, answer)| answer).collect()
    }

    /// The probability of the most probable class, and the class; the first among equals.
    pub fn confident_answers(&self) -> impl Iterator<Item = (f64, usize)> {
        self.rows().map(|row| {
            let better = |best, class| if row[class] > row[best] { class } else { best };
            let answer = (0..row.len()).fold(0, better);
            (row[answer], answer)
        })
    }
}

/// How good a classifier's predictions are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// The number of examples.
    pub n: usize,
    /// Mean cross-entropy (log loss), in nats.
    pub loss: f64,
    /// Share of right answers.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy, as if the examples had nothing to do with each other.
    pub accuracy_interval: [f64; 2],
    /// Share of wrong answers.
    pub error_rate: f64,
    /// Mean recall of the classes that occur, the same as `macro_recall`.
    pub balanced_accuracy: f64,
    /// Mean over the classes that occur.
    pub macro_precision: f64,
    /// Mean over the classes that occur.
    pub macro_recall: f64,
    /// Mean over the classes that occur.
    pub macro_f1: f64,
    /// Area under the ROC curve of each class against the rest, the mean over the classes that
    /// have one.
    pub auroc: Option<f64>,
    /// Brier's score: the mean of the squared distances of the probabilities from 1 for the true
    /// class and 0 for the others, summed over the classes; from 0 to 2.
    pub brier: f64,
    /// Expected calibration error over the bins of `reliability`.
    pub calibration_error: f64,
    /// 95 % bootstrap intervals, drawn by group.
    pub intervals: Intervals,
    /// One entry per class.
    pub per_class: Vec<ClassMeasures>,
    /// `confusion[truth][answer]`.
    pub confusion: Vec<Vec<usize>>,
    /// Probability against accuracy, in 15 equally wide bins of the probability.
    pub reliability: Vec<Bin>,
    /// The share of wrong answers when only the most confident ones are given.
    pub risk_coverage: RiskCoverage,
}

/// How good the predictions are for one class against the rest. A figure whose denominator is zero
/// is 0, as scikit-learn has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassMeasures {
    /// The class.
    pub class: String,
    /// Right among those called so.
    pub precision: f64,
    /// Found among those that are so.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Area under the ROC curve against the rest; none where either is missing.
    pub auroc: Option<f64>,
    /// How many are so.
    pub support: usize,
}

/// Computes every measure from the predictions of a whole part.
///
/// `groups` holds the group of each example, for the intervals: examples of one group (copies of
/// one picture, scans of one patient) count as one piece of evidence. `None`: each is its own.
///
/// # Panics
/// If there are groups, but not one for each example.
pub fn measure(
    predictions: &Predictions,
    class_names: &[String],
    groups: Option<&[usize]>,
) -> Measures {
    let classes = class_names.len();
    let tally = Tally::new(predictions, classes);
    let once = vec![1; predictions.len()];
    let confusion: Vec<Vec<usize>> = (tally.confusion(&once).into_iter())
        .map(|row| row.into_iter().map(|count| count as usize).collect())
        .collect();
    let n = predictions.len();
    let right: usize = (0..classes).map(|class| confusion[class][class]).sum();
    let areas: Vec<_> = (0..classes)
        .map(|class| tally.auroc(class, &once))
        .collect();
    let per_class: Vec<_> = (class_names.iter().enumerate())
        .map(|(class, name)| of_class(&confusion, class, name, areas[class]))
        .collect();
    let present: Vec<_> = per_class.iter().filter(|class| class.support > 0).collect();
    let mean = |figure: fn(&ClassMeasures) -> f64| {
        present.iter().map(|class| figure(class)).sum::<f64>() / present.len().max(1) as f64
    };
    let (accuracy, macro_recall) = (ratio(right, n), mean(|class| class.recall));
    let reliability = reliability(predictions);
    Measures {
        n,
        loss: predictions.losses.iter().sum::<f64>() / n.max(1) as f64,
        accuracy,
        accuracy_interval: wilson(right, n),
        error_rate: 1.0 - accuracy,
        balanced_accuracy: macro_recall,
        macro_precision: mean(|class| class.precision),
        macro_recall,
        macro_f1: mean(|class| class.f1),
        auroc: bootstrap::mean(&areas),
        brier: brier(predictions),
        calibration_error: expected_calibration_error(&reliability),
        intervals: bootstrap::intervals(predictions, class_names, groups),
        per_class,
        confusion,
        reliability,
        risk_coverage: risk_coverage(predictions),
    }
}

/// The false and the true positive rate of `class` against the rest, for every threshold.
pub fn roc_curve(predictions: &Predictions, class: usize) -> Vec<[f64; 2]> {
    let (scores, belongs) = one_against_rest(predictions, class);
    Ranking::new(&scores).curve(&belongs)
}

/// The probability of `class` for each example, and whether it belongs there.
fn one_against_rest(predictions: &Predictions, class: usize) -> (Vec<f64>, Vec<bool>) {
    let scores = predictions.rows().map(|row| row[class]).collect();
    let belongs = predictions.truths.iter().map(|truth| *truth == class);
    (scores, belongs.collect())
}

/// What is counted again for every resample.
pub(crate) struct Tally {
    truths: Vec<usize>,
    answers: Vec<usize>,
    /// For each class, the examples by its probability, and which of them belong.
    rankings: Vec<(Ranking, Vec<bool>)>,
}

impl Tally {
    pub(crate) fn new(predictions: &Predictions, classes: usize) -> Self {
        let ranking = |class| {
            let (scores, belongs) = one_against_rest(predictions, class);
            (Ranking::new(&scores), belongs)
        };
        Self {
            truths: predictions.truths.clone(),
            answers: predictions.answers(),
            rankings: (0..classes).map(ranking).collect(),
        }
    }

    /// `confusion[truth][answer]`, each example counted `weights` times.
    pub(crate) fn confusion(&self, weights: &[u32]) -> Vec<Vec<u64>> {
        let classes = self.rankings.len();
        let mut confusion = vec![vec![0; classes]; classes];
        for ((truth, answer), weight) in self.truths.iter().zip(&self.answers).zip(weights) {
            confusion[*truth][*answer] += u64::from(*weight);
        }
        confusion
    }

    pub(crate) fn auroc(&self, class: usize, weights: &[u32]) -> Option<f64> {
        let (ranking, belongs) = &self.rankings[class];
        ranking.auroc(belongs, weights)
    }
}

fn brier(predictions: &Predictions) -> f64 {
    let rows = predictions.rows().zip(&predictions.truths);
    let scores = rows.map(|(row, truth)| {
        let distance = |(class, p): (usize, &f64)| (p - f64::from(class == *truth)).powi(2);
        row.iter().enumerate().map(distance).sum::<f64>()
    });
    scores.sum::<f64>() / predictions.len().max(1) as f64
}

fn of_class(
    confusion: &[Vec<usize>],
    class: usize,
    name: &str,
    auroc: Option<f64>,
) -> ClassMeasures {
    let right = confusion[class][class];
    let support: usize = confusion[class].iter().sum();
    let called: usize = confusion.iter().map(|row| row[class]).sum();
    ClassMeasures {
        class: name.to_owned(),
        precision: ratio(right, called),
        recall: ratio(right, support),
        f1: ratio(2 * right, support + called),
        auroc,
        support,
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The 95 % score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22, 209).
pub fn wilson(successes: usize, n: usize) -> [f64; 2] {
    /// The 97.5 % quantile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return [0.0, 1.0];
    }
    let (p, n) = (successes as f64 / n as f64, n as f64);
    let spread = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / spread;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / spread;
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(rows: &[([f64; 3], usize)]) -> Predictions {
        let mut predictions = Predictions::new(3);
        rows.iter()
            .for_each(|(logits, truth)| predictions.push(logits, *truth));
        predictions
    }

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    /// scikit-learn: `precision_recall_fscore_support([0,0,1,1,1], [0,1,1,1,2], labels=[0,1,2],
    /// zero_division=0)` = ([1, 2/3, 0], [1/2, 2/3, 0], [2/3, 2/3, 0], [2, 3, 0]).
    #[test]
    fn measures_agree_with_scikit_learn() {
        let one_hot = |class: usize| {
            let mut logits = [0.0; 3];
            logits[class] = 5.0;
            logits
        };
        let rows = [(0, 0), (1, 0), (1, 1), (1, 1), (2, 1)]
            .map(|(answer, truth)| (one_hot(answer), truth));
        let measures = measure(&predictions(&rows), &names(), None);
        assert_eq!(measures.confusion, [[1, 1, 0], [0, 2, 1], [0, 0, 0]]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(measures.accuracy, 0.6);
        close(measures.error_rate, 0.4);
        for (class, [precision, recall, f1]) in measures.per_class.iter().zip([
            [1.0, 0.5, 2.0 / 3.0],
            [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0],
            [0.0, 0.0, 0.0],
        ]) {
            close(class.precision, precision);
            close(class.recall, recall);
            close(class.f1, f1);
        }
        // Class c never occurs, so the means are over a and b.
        close(measures.macro_f1, 2.0 / 3.0);
    }

    /// The predictions of `tests/reference/measures.py`.
    fn of_the_formula() -> Predictions {
        let mut predictions = Predictions::new(4);
        for i in 0..203 {
            let truth = [0, 1, 2, 3, 1, 2, 1][i % 7];
            let logit = |class: usize| {
                let wave = (1.7 * i as f64 + 0.9 * class as f64).sin().powi(3);
                let hint = 2.5 * (0.37 * i as f64).cos().powi(2);
                let logit = 2.4 * wave + if class == truth { hint } else { 0.0 };
                (logit * 100.0).round() / 100.0
            };
            predictions.push(&[logit(0), logit(1), logit(2), logit(3)], truth);
        }
        predictions
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    /// What `tests/reference/measures.py` prints (scikit-learn 1.9.1).
    #[test]
    fn every_measure_agrees_with_scikit_learn() {
        let names = ["a", "b", "c", "d"].map(String::from);
        let measures = measure(&of_the_formula(), &names, None);
        assert_close(measures.accuracy, 0.463054187192);
        assert_close(measures.balanced_accuracy, 0.487068965517);
        assert_close(measures.loss, 1.167615955690);
        assert_close(measures.brier, 0.642399344118);
        assert_close(measures.macro_precision, 0.495926301555);
        assert_close(measures.macro_recall, 0.487068965517);
        assert_close(measures.macro_f1, 0.448146011264);
        assert_close(measures.auroc.unwrap(), 0.781777645660);
        assert_close(measures.calibration_error, 0.175878342728);
        assert_close(measures.risk_coverage.aurc, 0.335572425099);
        assert_close(measures.risk_coverage.accuracy_at_90, 0.464480874317);
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
        for (class, expected) in measures.per_class.iter().zip(expected) {
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
        let predictions = of_the_formula();
        let temperature = crate::calibration::temperature(&predictions);
        assert!((temperature - 1.575547133158).abs() < 1e-6, "{temperature}");
        let losses = predictions.at_temperature(temperature).losses;
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        assert_close(loss, 1.113782473771);
    }

    /// NumPy's percentiles over 4,000 resamples of its own, in `tests/reference/measures.py`: other
    /// draws, so the last digits differ.
    #[test]
    fn grouped_intervals_agree_with_numpy() {
        let names = ["a", "b", "c", "d"].map(String::from);
        let groups: Vec<usize> = (0..203).map(|i| i / 3).collect();
        let intervals = measure(&of_the_formula(), &names, Some(&groups)).intervals;
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
    fn ten_thousand_examples_are_measured_in_a_moment() {
        let mut predictions = Predictions::new(10);
        for i in 0..10_000u32 {
            let logits: [f64; 10] =
                std::array::from_fn(|class| (f64::from(i) * 0.7 + class as f64 * 1.3).sin());
            predictions.push(&logits, i as usize % 10);
        }
        let names: Vec<_> = (0..10).map(|digit| digit.to_string()).collect();
        let started = std::time::Instant::now();
        measure(&predictions, &names, None);
        let seconds = started.elapsed().as_secs_f64();
        println!("{seconds:.2} s");
        assert!(seconds < 60.0, "{seconds} s");
    }

    #[test]
    fn cross_entropy_is_finite_for_huge_logits_and_probabilities_sum_to_one() {
        let predictions = predictions(&[([1e4, -1e4, 0.0], 1), ([0.0, 0.0, 0.0], 2)]);
        assert!((predictions.losses[0] - 2e4).abs() < 1e-6);
        assert!((predictions.losses[1] - 3f64.ln()).abs() < 1e-12);
        for row in predictions.rows() {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    /// statsmodels: `proportion_confint(8, 10, method="wilson")` = (0.490162, 0.943318).
    #[test]
    fn wilson_agrees_with_statsmodels() {
        let [low, high] = wilson(8, 10);
        assert!(
            (low - 0.490_162).abs() < 1e-6 && (high - 0.943_318).abs() < 1e-6,
            "{low} {high}"
        );
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }
}
