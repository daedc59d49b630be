//! How good translations are: BLEU, chrF and perplexity over a whole part.

pub mod bleu;
pub mod chrf;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use datasets::text::batch::side_by_side;
use datasets::text::vocabulary::END;
use datasets::{PairBatch, PairSet, PairTokens};
use models::translator::{Hypothesis, Search, Sentences};
use models::{Network, Translator};
use serde::Serialize;

use super::bootstrap;
use crate::data_run::EVALUATION_BATCH;
use crate::objective::Objective;
use crate::objective::translate::Translate;
use crate::supervised::Batch;
use bleu::BleuCounts;
use chrf::ChrfCounts;

/// How many translations are followed at once.
pub const BEAM: usize = 5;

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

/// The mean cross-entropy of a part, each token counted once, and how many tokens there are.
///
/// # Errors
/// When the device or the data fails.
pub fn cross_entropy(
    network: &Translator,
    data: &dyn DataLoader<PairBatch>,
) -> Result<(f64, usize)> {
    let (mut sum, mut count) = (0.0, 0);
    for batch in data.iter() {
        let (input, wanted) = batch?.into_parts();
        let report = Translate { smoothing: 0.0 }.evaluate(network.forward(input), wanted);
        sum += report.cross_entropy.try_into_scalar::<f64>()? * report.tokens as f64;
        count += report.tokens;
    }
    Ok((sum / count.max(1) as f64, count))
}

/// The best translation of each pair's sentence at `indices`, in that order.
pub fn translate(
    network: &Translator,
    tokens: &PairTokens,
    indices: &[usize],
    beam: usize,
    device: &Device,
) -> Vec<Hypothesis> {
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_by_key(|&place| tokens.source[indices[place]].len());
    let mut found: Vec<Option<Hypothesis>> = vec![None; indices.len()];
    for places in order.chunks(EVALUATION_BATCH) {
        let sentences: Vec<Vec<usize>> = (places.iter())
            .map(|&place| {
                let sentence = tokens.source[indices[place]].iter().copied();
                sentence.chain([END]).collect()
            })
            .collect();
        let source = Sentences {
            tokens: side_by_side(&sentences, device),
            lengths: sentences.iter().map(Vec::len).collect(),
        };
        let all = network.translate(&source, &Search::beam(beam));
        for (place, hypotheses) in places.iter().zip(all) {
            found[*place] = hypotheses.into_iter().next();
        }
    }
    found.into_iter().flatten().collect()
}

/// Compares translations of the pairs at `indices` with their references.
pub fn measure(
    set: &PairSet,
    indices: &[usize],
    groups: &[usize],
    found: &[Hypothesis],
    beam: usize,
) -> SearchMeasures {
    let said: Vec<String> = (found.iter())
        .map(|hypothesis| set.languages.target.decode(&hypothesis.tokens))
        .collect();
    let pairs = || {
        said.iter()
            .zip(indices.iter().map(|&index| &set.pairs[index][1]))
    };
    let bleu: Vec<BleuCounts> = pairs()
        .map(|(said, wanted)| BleuCounts::of(said, &[wanted]))
        .collect();
    let chrf: Vec<ChrfCounts> = pairs()
        .map(|(said, wanted)| ChrfCounts::of(said, &[wanted]))
        .collect();
    let total: BleuCounts = bleu.iter().copied().sum();
    let mut seen = std::collections::HashSet::new();
    let all: Vec<BleuCounts> = (set.references(indices).iter().zip(&said).zip(indices))
        .filter(|(_, index)| seen.insert(&set.pairs[**index][0]))
        .map(|((references, said), _)| BleuCounts::of(said, references))
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
        bleu_interval: bootstrap::interval(said.len(), Some(groups), |weights| {
            let drawn = times(weights).into_iter();
            Some(drawn.map(|place| bleu[place]).sum::<BleuCounts>().score())
        }),
        brevity_penalty: total.brevity_penalty(),
        chrf: chrf.iter().copied().sum::<ChrfCounts>().score(),
        chrf_interval: bootstrap::interval(said.len(), Some(groups), |weights| {
            let drawn = times(weights).into_iter();
            Some(drawn.map(|place| chrf[place]).sum::<ChrfCounts>().score())
        }),
        sentences: all.len(),
        bleu_all_references: all.into_iter().sum::<BleuCounts>().score(),
        exact: pairs().filter(|(said, wanted)| said == wanted).count() as f64
            / said.len().max(1) as f64,
    }
}
