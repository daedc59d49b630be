//! Metrics of the translations of one part of the data.

use serde::Serialize;

use super::bleu::BleuCounts;
use super::chrf::ChrfCounts;
use crate::bootstrap;

/// How well a part is translated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TranslationMetrics {
    /// Number of sentence pairs.
    pub n: usize,
    /// Number of target tokens, with one end of sentence each.
    pub tokens: usize,
    /// Mean cross-entropy of those tokens given the ones before them, in nats.
    pub cross_entropy: f64,
    /// Perplexity, the exponential of the cross-entropy; from 1.
    pub perplexity: f64,
    /// Metrics of each search, the greedy one first; empty if there was none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<SearchMetrics>,
}

/// How good the translations of one search are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchMetrics {
    /// Beam width; 1 is greedy search.
    pub beam: usize,
    /// BLEU with one reference per translation, from 0 to 100; see [`bleu`](super::bleu).
    pub bleu: f64,
    /// 95 % bootstrap interval of it, resampled by group.
    pub bleu_interval: Option<[f64; 2]>,
    /// Brevity penalty that is part of `bleu`, from 0 to 1.
    pub brevity_penalty: f64,
    /// chrF2 with one reference per translation, from 0 to 100; see [`chrf`](super::chrf).
    pub chrf: f64,
    /// 95 % bootstrap interval of it, resampled by group.
    pub chrf_interval: Option<[f64; 2]>,
    /// BLEU with each distinct sentence once, and every translation of it in the part as a reference.
    pub bleu_all_references: f64,
    /// Number of distinct sentences.
    pub sentences: usize,
    /// Fraction of translations that equal their reference exactly, from 0 to 1.
    pub exact: f64,
}

/// References of one translation.
#[derive(Clone, Debug)]
pub struct References {
    /// Translation that belongs to this sentence pair.
    pub own: String,
    /// Other translations of the same sentence in the part.
    pub others: Vec<String>,
    /// Whether this is the first pair of the part with this sentence.
    pub is_first: bool,
}

impl SearchMetrics {
    /// Compares the translations that a search of width `beam` found with their references.
    ///
    /// `groups` holds the group of each sentence pair: pairs that share a sentence are resampled together. Without a
    /// translation scores are 0 and intervals `[0, 0]`.
    ///
    /// # Panics
    /// If there is not one entry in `references` and `groups` for each translation.
    ///
    /// # Examples
    /// ```
    /// use metrics::translation::{References, SearchMetrics};
    ///
    /// let own = "the cat sleeps on the mat".to_owned();
    /// let references = References { own: own.clone(), others: Vec::new(), is_first: true };
    /// let metrics = SearchMetrics::new(&[own], &[references], &[0], 1);
    /// assert!((metrics.bleu - 100.0).abs() < 1e-9 && metrics.exact == 1.0);
    /// ```
    pub fn new(
        translations: &[String],
        references: &[References],
        groups: &[usize],
        beam: usize,
    ) -> Self {
        assert_eq!(
            translations.len(),
            references.len(),
            "references for each translation"
        );
        let pairs = || translations.iter().zip(references);
        let bleu: Vec<BleuCounts> = pairs()
            .map(|(translation, references)| BleuCounts::new(translation, &[&references.own]))
            .collect();
        let chrf: Vec<ChrfCounts> = pairs()
            .map(|(translation, references)| ChrfCounts::new(translation, &[&references.own]))
            .collect();
        let with_all_references: Vec<BleuCounts> = pairs()
            .filter(|(_, references)| references.is_first)
            .map(|(translation, references)| {
                let own = std::iter::once(&references.own);
                let all: Vec<&String> = own.chain(&references.others).collect();
                BleuCounts::new(translation, &all)
            })
            .collect();
        let interval = |score: &(dyn Fn(&[u32]) -> f64 + Sync)| {
            bootstrap::interval(translations.len(), Some(groups), |weights| {
                Some(score(weights))
            })
        };
        let corpus: BleuCounts = bleu.iter().copied().sum();
        let exact = pairs().filter(|(translation, references)| **translation == references.own);
        Self {
            beam,
            bleu: corpus.score(),
            bleu_interval: interval(&|weights| weighted_sum(&bleu, weights).score()),
            brevity_penalty: corpus.brevity_penalty(),
            chrf: chrf.iter().copied().sum::<ChrfCounts>().score(),
            chrf_interval: interval(&|weights| weighted_sum(&chrf, weights).score()),
            sentences: with_all_references.len(),
            exact: exact.count() as f64 / translations.len().max(1) as f64,
            bleu_all_references: with_all_references.into_iter().sum::<BleuCounts>().score(),
        }
    }
}

/// Sums `counts`, each as often as its weight says.
fn weighted_sum<C: Copy + std::iter::Sum>(counts: &[C], weights: &[u32]) -> C {
    let repeated = counts.iter().zip(weights);
    repeated
        .flat_map(|(counts, weight)| std::iter::repeat_n(*counts, *weight as usize))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(own: &str, others: &[&str], is_first: bool) -> References {
        References {
            own: own.to_owned(),
            others: others.iter().map(|&other| other.to_owned()).collect(),
            is_first,
        }
    }

    #[test]
    fn each_sentence_counts_once_with_all_of_its_references() {
        let [one, other] = ["le chat dort sur le lit", "le chat est au lit ce soir"];
        let translations = [other, other].map(String::from);
        let references = [
            references(one, &[other], true),
            references(other, &[one], false),
        ];
        let metrics = SearchMetrics::new(&translations, &references, &[0, 0], 5);
        assert_eq!(
            (metrics.sentences, metrics.exact, metrics.beam),
            (1, 0.5, 5)
        );
        assert!((metrics.bleu_all_references - 100.0).abs() < 1e-9);
        assert!(metrics.bleu < 100.0 && metrics.chrf < 100.0);
        // A single group: every resample is the part itself.
        assert_eq!(metrics.bleu_interval, Some([metrics.bleu; 2]));
        assert_eq!(metrics.chrf_interval, Some([metrics.chrf; 2]));
    }

    #[test]
    fn without_a_translation_scores_are_zero() {
        let metrics = SearchMetrics::new(&[], &[], &[], 1);
        assert_eq!((metrics.bleu, metrics.chrf, metrics.exact), (0.0, 0.0, 0.0));
        assert_eq!(metrics.bleu_interval, Some([0.0, 0.0]));
    }
}
