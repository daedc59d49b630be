//! The final figures: one pass over every example, so that a short last batch does not count
//! double as it does in means over batches.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use models::Network;
use serde::Serialize;

use crate::console::progress_bar;
use crate::supervised::Batch;

/// What a classifier said about every example of a part, with the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The number of classes.
    pub classes: usize,
    /// Softmax probabilities, `[n][classes]` row by row.
    pub probabilities: Vec<f64>,
    /// Cross-entropy of each example, in nats.
    pub losses: Vec<f64>,
    /// The true classes.
    pub truths: Vec<usize>,
}

/// Runs the network over the whole loader, showing a bar.
///
/// # Errors
/// When the loader or the device fails.
pub fn predict<N, B>(network: &N, part: &str, loader: &dyn DataLoader<B>) -> Result<Predictions>
where
    N: Network<Output = Tensor<2>>,
    B: Batch<Input = N::Input, Target = burn::tensor::Tensor<1, burn::tensor::Int>>,
{
    let bar = progress_bar(loader.num_items() as u64, part);
    let mut predictions = Predictions {
        classes: 0,
        probabilities: Vec::new(),
        losses: Vec::new(),
        truths: Vec::new(),
    };
    for batch in loader.iter() {
        let (input, targets) = batch?.into_parts();
        let logits = network.forward(input);
        let [_, classes] = logits.dims();
        predictions.classes = classes;
        let logits: Vec<f64> = logits.into_data().iter::<f64>().collect();
        let truths = targets
            .into_data()
            .iter::<i64>()
            .map(|class| class as usize)
            .collect::<Vec<_>>();
        for (row, truth) in logits.chunks_exact(classes).zip(&truths) {
            predictions.push(row, *truth);
        }
        bar.inc(truths.len() as u64);
    }
    bar.finish_and_clear();
    Ok(predictions)
}

impl Predictions {
    fn push(&mut self, logits: &[f64], truth: usize) {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = largest + logits.iter().map(|z| (z - largest).exp()).sum::<f64>().ln();
        self.probabilities
            .extend(logits.iter().map(|z| (z - log_sum).exp()));
        self.losses.push(log_sum - logits[truth]);
        self.truths.push(truth);
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
        let mut some = Self {
            classes: self.classes,
            probabilities: Vec::new(),
            losses: Vec::new(),
            truths: Vec::new(),
        };
        for (at, row) in self.rows().enumerate().filter(|(at, _)| marked[*at]) {
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

    /// The most probable class of each example; the first among equals.
    pub fn answers(&self) -> Vec<usize> {
        self.rows()
            .map(|row| {
                (0..row.len()).fold(
                    0,
                    |best, class| if row[class] > row[best] { class } else { best },
                )
            })
            .collect()
    }
}

/// How good a classifier's predictions are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// The number of examples.
    pub n: usize,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// Share of right answers.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub accuracy_interval: [f64; 2],
    /// Share of wrong answers.
    pub error_rate: f64,
    /// Mean over the classes that occur.
    pub macro_precision: f64,
    /// Mean over the classes that occur.
    pub macro_recall: f64,
    /// Mean over the classes that occur.
    pub macro_f1: f64,
    /// One entry per class.
    pub per_class: Vec<ClassMeasures>,
    /// `confusion[truth][answer]`.
    pub confusion: Vec<Vec<usize>>,
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
    /// How many are so.
    pub support: usize,
}

/// Computes every measure from the predictions of a whole part.
pub fn measure(predictions: &Predictions, class_names: &[String]) -> Measures {
    let classes = class_names.len();
    let mut confusion = vec![vec![0; classes]; classes];
    for (truth, answer) in predictions.truths.iter().zip(predictions.answers()) {
        confusion[*truth][answer] += 1;
    }
    let n = predictions.len();
    let right: usize = (0..classes).map(|class| confusion[class][class]).sum();
    let per_class: Vec<_> = class_names
        .iter()
        .enumerate()
        .map(|(class, name)| of_class(&confusion, class, name))
        .collect();
    let present: Vec<_> = per_class.iter().filter(|class| class.support > 0).collect();
    let mean = |figure: fn(&ClassMeasures) -> f64| {
        present.iter().map(|class| figure(class)).sum::<f64>() / present.len().max(1) as f64
    };
    let accuracy = ratio(right, n);
    Measures {
        n,
        loss: predictions.losses.iter().sum::<f64>() / n.max(1) as f64,
        accuracy,
        accuracy_interval: wilson(right, n),
        error_rate: 1.0 - accuracy,
        macro_precision: mean(|class| class.precision),
        macro_recall: mean(|class| class.recall),
        macro_f1: mean(|class| class.f1),
        per_class,
        confusion,
    }
}

fn of_class(confusion: &[Vec<usize>], class: usize, name: &str) -> ClassMeasures {
    let right = confusion[class][class];
    let support: usize = confusion[class].iter().sum();
    let called: usize = confusion.iter().map(|row| row[class]).sum();
    ClassMeasures {
        class: name.to_owned(),
        precision: ratio(right, called),
        recall: ratio(right, support),
        f1: ratio(2 * right, support + called),
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
        let mut predictions = Predictions {
            classes: 3,
            probabilities: Vec::new(),
            losses: Vec::new(),
            truths: Vec::new(),
        };
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
        let measures = measure(&predictions(&rows), &names());
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
