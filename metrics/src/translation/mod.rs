//! How good translations are: BLEU, chrF and perplexity over a whole part.

use serde::Serialize;

use crate::bootstrap;

pub mod bleu;
pub mod chrf;

use bleu::BleuCounts;
use chrf::ChrfCounts;

/// How well a part is translated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TranslationMeasures {
    /// Sentence pairs.
    pub n: usize,
    /// Tokens of their translations and ends.
    pub tokens: usize,
    /// Mean cross-entropy of those tokens, the ones before them known, in nats.
    pub cross_entropy: f64,
    /// Its exponential.
    pub perplexity: f64,
    /// What a search gives, the greedy one first, where any was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<SearchMeasures>,
}

/// How good the translations of one search are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchMeasures {
    /// How many translations were followed at once.
    pub beam: usize,
    /// BLEU with one reference: each pair by itself.
    pub bleu: f64,
    /// Its 95 % interval: pairs that share a sentence drawn together.
    pub bleu_interval: Option<[f64; 2]>,
    /// What too short translations lose of it.
    pub brevity_penalty: f64,
    /// chrF2 with one reference.
    pub chrf: f64,
    /// Its 95 % interval.
    pub chrf_interval: Option<[f64; 2]>,
    /// BLEU where every translation of the same sentence in the part is a reference, each sentence once.
    pub bleu_all_references: f64,
    /// Sentences without their repetitions.
    pub sentences: usize,
    /// Share of the translations that are their reference, letter by letter.
    pub exact: f64,
}

/// The references of one translation.
#[derive(Clone, Debug)]
pub struct References {
    /// Every translation of the sentence in the part, its own first.
    pub all: Vec<String>,
    /// Whether the sentence occurs for the first time in the part.
    pub is_first: bool,
}

/// Compares translations with their references; pairs of one of the `groups` are drawn together.
pub fn measure(
    translations: &[String],
    references: &[References],
    groups: &[usize],
    beam: usize,
) -> SearchMeasures {
    let pairs = || {
        translations
            .iter()
            .zip(references.iter().map(|references| &references.all[0]))
    };
    let bleu: Vec<BleuCounts> = pairs()
        .map(|(translation, wanted)| BleuCounts::of(translation, &[wanted]))
        .collect();
    let chrf: Vec<ChrfCounts> = pairs()
        .map(|(translation, wanted)| ChrfCounts::of(translation, &[wanted]))
        .collect();
    let total: BleuCounts = bleu.iter().copied().sum();
    let all: Vec<BleuCounts> = (references.iter().zip(translations))
        .filter(|(references, _)| references.is_first)
        .map(|(references, translation)| BleuCounts::of(translation, &references.all))
        .collect();
    let times = |weights: &[u32]| -> Vec<usize> {
        let repeated = weights.iter().enumerate();
        repeated
            .flat_map(|(place, times)| std::iter::repeat_n(place, *times as usize))
            .collect()
    };
    SearchMeasures {
        beam,
        bleu: total.score(),
        bleu_interval: bootstrap::interval(translations.len(), Some(groups), |weights| {
            let drawn = times(weights).into_iter();
            Some(drawn.map(|place| bleu[place]).sum::<BleuCounts>().score())
        }),
        brevity_penalty: total.brevity_penalty(),
        chrf: chrf.iter().copied().sum::<ChrfCounts>().score(),
        chrf_interval: bootstrap::interval(translations.len(), Some(groups), |weights| {
            let drawn = times(weights).into_iter();
            Some(drawn.map(|place| chrf[place]).sum::<ChrfCounts>().score())
        }),
        sentences: all.len(),
        bleu_all_references: all.into_iter().sum::<BleuCounts>().score(),
        exact: pairs()
            .filter(|(translation, wanted)| translation == wanted)
            .count() as f64
            / translations.len().max(1) as f64,
    }
}
