//! chrF2 (Popović 2015, <https://aclanthology.org/W15-3049>) as sacreBLEU computes it by default.
//!
//! chrF2 = 100 (1 + 2²) P R / (2² P + R), where precision P and recall R are means over n-grams of 1 to 6 characters,
//! white space left out. Checked against sacreBLEU 2.6 (`tests/reference/sacrebleu_scores.py`).

use std::collections::HashMap;
use std::iter::Sum;

/// Length of the longest n-grams.
const MAX_ORDER: usize = 6;

/// β² of the F-score: recall counts β = 2 times as much as precision.
const BETA_SQUARED: f64 = 4.0;

/// Numbers of n-grams of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct NgramCounts {
    translation: u64,
    reference: u64,
    /// In both, each counted at most as often as in the reference.
    matching: u64,
}

/// Counts that chrF is computed from; those of a corpus are the sum over its sentences.
///
/// # Examples
/// ```
/// use metrics::translation::chrf::ChrfCounts;
///
/// assert_eq!(ChrfCounts::new("a red house", &["a red house"]).score(), 100.0);
/// let close = ChrfCounts::new("a red house", &["a red mouse"]).score();
/// assert!(40.0 < close && close < 80.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChrfCounts([NgramCounts; MAX_ORDER]);

impl ChrfCounts {
    /// Counts the n-grams of one translation and of the reference with which its score is best.
    ///
    /// Without a reference all counts are 0.
    pub fn new<S: AsRef<str>>(translation: &str, references: &[S]) -> Self {
        let translation = characters(translation);
        let mut best: Option<Self> = None;
        for reference in references {
            let counts = Self::with_reference(&translation, &characters(reference.as_ref()));
            if best.is_none_or(|best| counts.score() > best.score()) {
                best = Some(counts);
            }
        }
        best.unwrap_or_default()
    }

    /// Counts the n-grams of one translation and of one reference.
    ///
    /// n-grams longer than the reference are not counted at all.
    fn with_reference(translation: &[char], reference: &[char]) -> Self {
        let mut counts = Self::default();
        for (index, counts) in counts.0.iter_mut().enumerate() {
            let mut remaining: HashMap<&[char], u64> = HashMap::new();
            for ngram in reference.windows(index + 1) {
                *remaining.entry(ngram).or_default() += 1;
                counts.reference += 1;
            }
            if remaining.is_empty() {
                continue;
            }
            for ngram in translation.windows(index + 1) {
                counts.translation += 1;
                if let Some(left) = remaining.get_mut(ngram).filter(|left| **left > 0) {
                    *left -= 1;
                    counts.matching += 1;
                }
            }
        }
        counts
    }

    /// Returns the chrF2 score, from 0 to 100.
    ///
    /// Lengths of which the translations or the references have no n-gram are left out of the means; 0 without any.
    pub fn score(&self) -> f64 {
        let counted = self
            .0
            .iter()
            .filter(|counts| counts.translation > 0 && counts.reference > 0);
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0f64);
        for counts in counted {
            precision += counts.matching as f64 / counts.translation as f64;
            recall += counts.matching as f64 / counts.reference as f64;
            orders += 1.0;
        }
        if precision + recall == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precision / orders, recall / orders);
        100.0 * (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
    }
}

impl Sum for ChrfCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        sentences.fold(Self::default(), |mut sum, sentence| {
            for (sum, counts) in sum.0.iter_mut().zip(sentence.0) {
                sum.translation += counts.translation;
                sum.reference += counts.reference;
                sum.matching += counts.matching;
            }
            sum
        })
    }
}

/// Returns the characters of a text without white space.
fn characters(text: &str) -> Vec<char> {
    text.split_whitespace().flat_map(str::chars).collect()
}
