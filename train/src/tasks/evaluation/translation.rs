//! Cross-entropy and translations of translators over one part of the data.

use std::collections::HashSet;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use datasets::text::batch::padded;
use datasets::text::vocabulary::END;
use datasets::{PairBatch, PairSet, PairTokens};
use metrics::translation::{References, SearchMetrics};
use models::translator::{Hypothesis, Search, Sentences};
use models::{Network, Translator};

use crate::fit::batch::Batch;
use crate::fit::objective::Objective;
use crate::fit::objective::translate::Translate;
use crate::tasks::data::EVALUATION_BATCH;

/// Beam width of the beam search.
pub const BEAM: usize = 5;

/// Computes the mean cross-entropy over all target tokens of a part, in nats, and the number of tokens.
///
/// # Errors
/// When the device or the data fails.
pub fn cross_entropy(
    network: &Translator,
    data: &dyn DataLoader<PairBatch>,
) -> Result<(f64, usize)> {
    let (mut sum, mut count) = (0.0, 0);
    for batch in data.iter() {
        let (input, targets) = batch?.into_parts();
        let report = Translate { smoothing: 0.0 }.evaluate(network.forward(input), targets);
        sum += report.cross_entropy.try_into_scalar::<f64>()? * report.tokens as f64;
        count += report.tokens;
    }
    Ok((sum / count.max(1) as f64, count))
}

/// Translates the source sentences of the pairs at `indices`, and returns the best translation of each in that order.
///
/// Sentences of similar length are translated together, so that little is computed for padding.
pub fn translate(
    network: &Translator,
    tokens: &PairTokens,
    indices: &[usize],
    beam: usize,
    device: &Device,
) -> Vec<Hypothesis> {
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_by_key(|&place| tokens.source[indices[place]].len());
    let mut best: Vec<Option<Hypothesis>> = vec![None; indices.len()];
    for places in order.chunks(EVALUATION_BATCH) {
        let sentences: Vec<Vec<usize>> = (places.iter())
            .map(|&place| {
                let sentence = tokens.source[indices[place]].iter().copied();
                sentence.chain([END]).collect()
            })
            .collect();
        let source = Sentences {
            tokens: padded(&sentences, device),
            lengths: sentences.iter().map(Vec::len).collect(),
        };
        let all = network.translate(&source, &Search::beam(beam));
        for (place, hypotheses) in places.iter().zip(all) {
            best[*place] = hypotheses.into_iter().next();
        }
    }
    best.into_iter().flatten().collect()
}

/// Compares the translations of the pairs at `indices` with their references.
///
/// `groups` holds the group of each pair, `beam` the width of the search that found the translations.
pub fn search_metrics(
    set: &PairSet,
    indices: &[usize],
    groups: &[usize],
    translations: &[Hypothesis],
    beam: usize,
) -> SearchMetrics {
    let translations: Vec<String> = (translations.iter())
        .map(|hypothesis| set.languages.target.decode(&hypothesis.tokens))
        .collect();
    let mut seen = HashSet::new();
    let references: Vec<References> = (set.references(indices).into_iter().zip(indices))
        .map(|(all, &index)| {
            let [source, own] = &set.pairs[index];
            References {
                own: own.clone(),
                others: all.into_iter().skip(1).collect(),
                is_first: seen.insert(source),
            }
        })
        .collect();
    SearchMetrics::new(&translations, &references, groups, beam)
}
