//! Accuracy of networks over parse trees, on sentences and on all of their phrases.

use serde::Serialize;

use crate::bootstrap;
use crate::classification::ClassificationMetrics;
use crate::predictions::Predictions;
use crate::proportion::wilson_interval;

/// Number of classes of a fine-grained sentiment scale, from very negative to very positive.
const FINE_CLASSES: usize = 5;

/// The neutral class of that scale.
const NEUTRAL: usize = 2;

/// Predictions for every sentence of one part, and for every labelled phrase of the sentences.
#[derive(Clone, Debug)]
pub struct TreePredictions {
    /// Predictions for the sentences, in their order.
    pub sentences: Predictions,
    /// Predictions for their words and phrases.
    pub phrases: Predictions,
    /// Index of the sentence of each phrase.
    pub owners: Vec<usize>,
}

/// Accuracy on a subset of the examples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubsetAccuracy {
    /// Number of examples.
    pub n: usize,
    /// Fraction of correct predictions, from 0 to 1; 0 without an example.
    pub accuracy: f64,
    /// 95 % interval of the accuracy: Wilson's for sentences, from a bootstrap by groups of sentences for phrases. From
    /// 0 to 1 without an example.
    pub interval: [f64; 2],
}

/// How good the predictions of a network over trees are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TreeMetrics {
    /// Metrics of whole sentences, the roots of the trees.
    #[serde(flatten)]
    pub sentences: ClassificationMetrics,
    /// Accuracy on all labelled words and phrases.
    pub phrases: SubsetAccuracy,
    /// Accuracy of negative against positive on the sentences that are not neutral, of a network with five classes: the
    /// binary task of Socher et al. 2013, <https://aclanthology.org/D13-1170>.
    ///
    /// The predicted polarity is the one whose two classes have more probability together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polarity: Option<SubsetAccuracy>,
}

impl TreeMetrics {
    /// Computes every metric of one part; `groups` holds the group of each sentence.
    ///
    /// # Panics
    /// - If there is not one group for each sentence, or an owner is not one of the sentences.
    /// - If there is a sentence, and `class_names` does not name each of its classes.
    ///
    /// # Examples
    /// ```
    /// use metrics::Predictions;
    /// use metrics::phrases::{TreeMetrics, TreePredictions};
    ///
    /// let mut sentences = Predictions::new(2);
    /// sentences.push(&[1.0, 0.0], 0);
    /// let mut phrases = Predictions::new(2);
    /// (0..4).for_each(|phrase| phrases.push(&[1.0, 0.0], usize::from(phrase == 3)));
    /// let found = TreePredictions { sentences, phrases, owners: vec![0; 4] };
    /// let metrics = TreeMetrics::new(&found, &["good", "bad"].map(String::from), &[0]);
    /// assert_eq!((metrics.sentences.accuracy, metrics.phrases.accuracy), (1.0, 0.75));
    /// ```
    pub fn new(predictions: &TreePredictions, class_names: &[String], groups: &[usize]) -> Self {
        let sentences = &predictions.sentences;
        Self {
            sentences: ClassificationMetrics::new(sentences, class_names, Some(groups)),
            phrases: phrase_accuracy(&predictions.phrases, &predictions.owners, groups),
            polarity: (sentences.classes == FINE_CLASSES).then(|| polarity(sentences)),
        }
    }
}

/// Computes the accuracy on phrases, with a bootstrap that draws whole groups of sentences.
fn phrase_accuracy(phrases: &Predictions, owners: &[usize], groups: &[usize]) -> SubsetAccuracy {
    let groups: Vec<usize> = owners.iter().map(|&sentence| groups[sentence]).collect();
    let is_correct: Vec<bool> = (phrases.predicted_classes().iter().zip(&phrases.labels))
        .map(|(predicted, label)| predicted == label)
        .collect();
    let accuracy = |weights: &[u32]| {
        let weighted = || weights.iter().map(|weight| u64::from(*weight));
        let total: u64 = weighted().sum();
        let correct = weighted().zip(&is_correct).filter(|(_, correct)| **correct);
        let correct: u64 = correct.map(|(weight, _)| weight).sum();
        (total > 0).then(|| correct as f64 / total as f64)
    };
    let n = is_correct.len();
    SubsetAccuracy {
        n,
        accuracy: accuracy(&vec![1; n]).unwrap_or(0.0),
        interval: bootstrap::interval(n, Some(&groups), accuracy).unwrap_or([0.0, 1.0]),
    }
}

/// Computes the accuracy of negative against positive, of predictions over five classes.
fn polarity(sentences: &Predictions) -> SubsetAccuracy {
    let rows = sentences.probability_rows().zip(&sentences.labels);
    let is_correct: Vec<bool> = rows
        .filter(|(_, label)| **label != NEUTRAL)
        .map(|(row, label)| (row[3] + row[4] > row[0] + row[1]) == (*label > NEUTRAL))
        .collect();
    let correct = is_correct.iter().filter(|correct| **correct).count();
    SubsetAccuracy {
        n: is_correct.len(),
        accuracy: correct as f64 / is_correct.len().max(1) as f64,
        interval: wilson_interval(correct, is_correct.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Predictions with these probabilities and labels.
    fn predictions(rows: &[([f64; 5], usize)]) -> Predictions {
        let mut predictions = Predictions::new(5);
        for (row, label) in rows {
            predictions.push(&row.map(f64::ln), *label);
        }
        predictions
    }

    #[test]
    fn polarity_skips_neutral_sentences_and_sums_the_probabilities() {
        let sentences = predictions(&[
            // Neutral is the most probable class, but negative is more probable than positive.
            ([0.2, 0.1, 0.5, 0.1, 0.1], 0),
            ([0.05, 0.3, 0.05, 0.25, 0.35], 3),
            ([0.3, 0.3, 0.2, 0.1, 0.1], 4),
            ([0.9, 0.04, 0.02, 0.02, 0.02], 2),
        ]);
        let accuracy = polarity(&sentences);
        assert_eq!((accuracy.n, accuracy.accuracy), (3, 2.0 / 3.0));
        assert_eq!(accuracy.interval, wilson_interval(2, 3));
    }

    #[test]
    fn phrases_count_once_each_and_are_resampled_by_sentence() {
        let confident = |class: usize| {
            let mut row = [0.05; 5];
            row[class] = 0.8;
            row
        };
        let sentences = predictions(&[(confident(1), 1), (confident(2), 3)]);
        // Three of four are correct in the first sentence, none of one in the second.
        let rows = [
            (confident(0), 0),
            (confident(1), 1),
            (confident(2), 2),
            (confident(3), 4),
            (confident(4), 0),
        ];
        let found = TreePredictions {
            sentences,
            phrases: predictions(&rows),
            owners: vec![0, 0, 0, 0, 1],
        };
        let names = ["a", "b", "c", "d", "e"].map(String::from);
        let metrics = TreeMetrics::new(&found, &names, &[0, 1]);
        assert_eq!((metrics.sentences.n, metrics.sentences.accuracy), (2, 0.5));
        assert_eq!((metrics.phrases.n, metrics.phrases.accuracy), (5, 0.6));
        // Drawn: the first twice, the second twice, or one each.
        assert_eq!(metrics.phrases.interval, [0.0, 0.75]);
    }
}
