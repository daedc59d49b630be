//! The cross-entropy and the translations of a translator over a whole part.

use std::collections::HashSet;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use datasets::text::batch::side_by_side;
use datasets::text::vocabulary::END;
use datasets::{PairBatch, PairSet, PairTokens};
use metrics::translation::{References, SearchMeasures};
use models::translator::{Hypothesis, Search, Sentences};
use models::{Network, Translator};

use crate::data_run::EVALUATION_BATCH;
use crate::objective::Objective;
use crate::objective::translate::Translate;
use crate::supervised::Batch;

/// How many translations are followed at once.
pub const BEAM: usize = 5;

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
    let translations: Vec<String> = (found.iter())
        .map(|hypothesis| set.languages.target.decode(&hypothesis.tokens))
        .collect();
    let mut seen = HashSet::new();
    let references: Vec<References> = (set.references(indices).into_iter().zip(indices))
        .map(|(all, &index)| References {
            all,
            is_first: seen.insert(&set.pairs[index][0]),
        })
        .collect();
    metrics::translation::measure(&translations, &references, groups, beam)
}
