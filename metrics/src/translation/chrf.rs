//! chrF2 (Popović 2015, <https://aclanthology.org/W15-3049>) as sacreBLEU computes it by default: F2 of n-grams of
//! 1 to 6 characters without white space. Checked against sacreBLEU 2.6 (`tests/reference/sacrebleu_scores.py`).

use std::collections::HashMap;
use std::iter::Sum;

/// The longest n-grams.
const ORDER: usize = 6;

/// Recall counts so many times as much as precision, squared.
const FACTOR: f64 = 4.0;

/// What chrF is computed from, sums over sentences: for each length of n-grams those that were said, those of the
/// reference, and those of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChrfCounts([[u64; 3]; ORDER]);

impl ChrfCounts {
    /// Of one sentence with that of its references for which the score is best.
    pub fn of<S: AsRef<str>>(said: &str, references: &[S]) -> Self {
        let letters = |text: &str| {
            text.split_whitespace()
                .flat_map(str::chars)
                .collect::<Vec<_>>()
        };
        let said = letters(said);
        let mut best: Option<Self> = None;
        for reference in references {
            let counts = Self::of_one(&said, &letters(reference.as_ref()));
            if best.is_none_or(|best| counts.score() > best.score()) {
                best = Some(counts);
            }
        }
        best.unwrap_or_default()
    }

    fn of_one(said: &[char], reference: &[char]) -> Self {
        let mut counts = Self::default();
        for (order, [of_said, of_reference, of_both]) in counts.0.iter_mut().enumerate() {
            let mut wanted: HashMap<&[char], u64> = HashMap::new();
            for gram in reference.windows(order + 1) {
                *wanted.entry(gram).or_default() += 1;
                *of_reference += 1;
            }
            // What the reference is too short for counts nowhere.
            if wanted.is_empty() {
                continue;
            }
            for gram in said.windows(order + 1) {
                *of_said += 1;
                if let Some(left) = wanted.get_mut(gram).filter(|left| **left > 0) {
                    *left -= 1;
                    *of_both += 1;
                }
            }
        }
        counts
    }

    /// From 0 to 100.
    pub fn score(&self) -> f64 {
        let counted = self
            .0
            .iter()
            .filter(|[said, reference, _]| *said > 0 && *reference > 0);
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0f64);
        for [said, reference, both] in counted {
            precision += *both as f64 / *said as f64;
            recall += *both as f64 / *reference as f64;
            orders += 1.0;
        }
        if precision + recall == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precision / orders, recall / orders);
        100.0 * (1.0 + FACTOR) * precision * recall / (FACTOR * precision + recall)
    }
}

impl Sum for ChrfCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        sentences.fold(Self::default(), |mut sum, sentence| {
            for (sum, sentence) in sum.0.iter_mut().zip(sentence.0) {
                for (sum, count) in sum.iter_mut().zip(sentence) {
                    *sum += count;
                }
            }
            sum
        })
    }
}
