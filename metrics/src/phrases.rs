//! How well a network over trees does on sentences, and on all of their phrases.

use serde::Serialize;

use crate::bootstrap;
use crate::classification::{Measures, Predictions, measure, wilson};

/// What a network said about every sentence of a part, and about every labelled phrase.
#[derive(Clone, Debug)]
pub struct TreePredictions {
    /// About the sentences, in their order.
    pub sentences: Predictions,
    /// About their words and phrases.
    pub phrases: Predictions,
    /// Of each phrase, the place of its sentence.
    pub owners: Vec<usize>,
}

/// A share of right answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Of how many.
    pub n: usize,
    /// The share.
    pub accuracy: f64,
    /// Its 95 % interval: Wilson's for sentences; for phrases from a bootstrap by groups of sentences.
    pub interval: [f64; 2],
}

/// How good a network over trees is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TreeMeasures {
    /// On whole sentences, the root of each tree.
    #[serde(flatten)]
    pub sentences: Measures,
    /// On all labelled words and phrases.
    pub phrases: Share,
    /// On the sentences that are not neutral: negative or positive, whichever classes have more probability
    /// together, of a network that tells five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polarity: Option<Share>,
}

impl TreeMeasures {
    /// Measures a part; `groups` holds the group of each sentence.
    pub fn new(found: &TreePredictions, class_names: &[String], groups: &[usize]) -> Self {
        let TreePredictions {
            sentences,
            phrases,
            owners,
        } = found;
        let of_phrases: Vec<usize> = owners.iter().map(|&sentence| groups[sentence]).collect();
        let is_right: Vec<bool> = (phrases.answers().iter().zip(&phrases.truths))
            .map(|(answer, truth)| answer == truth)
            .collect();
        let share = |weights: &dyn Fn(usize) -> u64| {
            let all: u64 = (0..is_right.len()).map(weights).sum();
            let right = (0..is_right.len()).filter(|&at| is_right[at]).map(weights);
            (all > 0).then(|| right.sum::<u64>() as f64 / all as f64)
        };
        let interval = bootstrap::interval(is_right.len(), Some(&of_phrases), |times| {
            share(&|phrase| u64::from(times[phrase]))
        });
        Self {
            sentences: measure(sentences, class_names, Some(groups)),
            phrases: Share {
                n: is_right.len(),
                accuracy: share(&|_| 1).unwrap_or(0.0),
                interval: interval.unwrap_or([0.0, 1.0]),
            },
            polarity: (sentences.classes == 5).then(|| polarity(sentences)),
        }
    }
}

/// Negative or positive, of five classes.
fn polarity(sentences: &Predictions) -> Share {
    let answers = sentences
        .rows()
        .zip(&sentences.truths)
        .filter(|(_, truth)| **truth != 2);
    let answers: Vec<bool> = answers
        .map(|(row, truth)| (row[3] + row[4] > row[0] + row[1]) == (*truth > 2))
        .collect();
    let right = answers.iter().filter(|right| **right).count();
    Share {
        n: answers.len(),
        accuracy: right as f64 / answers.len().max(1) as f64,
        interval: wilson(right, answers.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logarithms of probabilities.
    fn said(rows: &[([f64; 5], usize)]) -> Predictions {
        let mut predictions = Predictions::new(5);
        for (row, truth) in rows {
            predictions.push(&row.map(f64::ln), *truth);
        }
        predictions
    }

    #[test]
    fn polarity_leaves_neutral_sentences_out_and_sums_the_others() {
        let sentences = said(&[
            // Neutral is the most probable, but negative is more so than positive.
            ([0.2, 0.1, 0.5, 0.1, 0.1], 0),
            ([0.05, 0.3, 0.05, 0.25, 0.35], 3),
            ([0.3, 0.3, 0.2, 0.1, 0.1], 4),
            ([0.9, 0.04, 0.02, 0.02, 0.02], 2),
        ]);
        let share = polarity(&sentences);
        assert_eq!((share.n, share.accuracy), (3, 2.0 / 3.0));
        assert_eq!(share.interval, wilson(2, 3));
    }

    #[test]
    fn phrases_count_once_each_and_are_drawn_by_sentence() {
        let sure = |class: usize| {
            let mut row = [0.05; 5];
            row[class] = 0.8;
            row
        };
        let sentences = said(&[(sure(1), 1), (sure(2), 3)]);
        // Three of four are right in the first sentence, none of one in the second.
        let rows = [
            (sure(0), 0),
            (sure(1), 1),
            (sure(2), 2),
            (sure(3), 4),
            (sure(4), 0),
        ];
        let found = TreePredictions {
            sentences,
            phrases: said(&rows),
            owners: vec![0, 0, 0, 0, 1],
        };
        let names = ["a", "b", "c", "d", "e"].map(String::from);
        let measures = TreeMeasures::new(&found, &names, &[0, 1]);
        assert_eq!(
            (measures.sentences.n, measures.sentences.accuracy),
            (2, 0.5)
        );
        assert_eq!((measures.phrases.n, measures.phrases.accuracy), (5, 0.6));
        // Drawn: the first twice, the second twice, or one each.
        assert_eq!(measures.phrases.interval, [0.0, 0.75]);
    }
}
