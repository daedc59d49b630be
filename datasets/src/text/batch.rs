//! Batches of sentence pairs of similar length.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::vocabulary::{END, PADDING, START};
use crate::draw::{Draw, Purpose};
use crate::loader::{Loader, MakeBatch, TrainingLoader};

/// Tokenized sentence pairs, without start and end tokens.
#[derive(Clone, Debug)]
pub struct PairTokens {
    /// Sentences of the source language.
    pub source: Vec<Vec<usize>>,
    /// Sentences of the target language.
    pub target: Vec<Vec<usize>>,
}

/// A batch of sentence pairs, time first, padded to the longest sentence.
#[derive(Clone, Debug)]
pub struct PairBatch {
    /// Indices of the pairs.
    pub indices: Vec<usize>,
    /// Source sentences with their end tokens, `[steps, batch]`.
    pub source: Tensor<2, Int>,
    /// Number of tokens of each source sentence, including the end token.
    pub source_lengths: Vec<usize>,
    /// Decoder inputs: the start token and the translation, `[steps', batch]`.
    pub before: Tensor<2, Int>,
    /// Decoder targets: the translation and its end token, `[steps', batch]`.
    pub after: Tensor<2, Int>,
    /// Number of target tokens, including end tokens.
    pub target_tokens: usize,
    /// Mask of the inputs that are replaced by the network's own prediction, `[steps', batch]`.
    pub replaced: Option<Tensor<2, Bool>>,
}

/// Teacher forcing with scheduled sampling: the probability of feeding the true token, not the network's own prediction,
/// decreases linearly from 1 in the first epoch to a floor in the last (Bengio et al. 2015,
/// <https://arxiv.org/abs/1506.03099>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forcing {
    /// Probability in the last epoch.
    pub floor: f64,
    /// Number of epochs.
    pub epochs: usize,
}

impl Forcing {
    /// Always feeds the true token.
    pub const ALWAYS: Self = Self {
        floor: 1.0,
        epochs: 1,
    };

    /// Returns the probability in an epoch, counted from 1.
    pub fn probability(&self, epoch: usize) -> f64 {
        let last = self.epochs.saturating_sub(1).max(1) as f64;
        let share = (epoch.saturating_sub(1) as f64 / last).min(1.0);
        1.0 - share * (1.0 - self.floor)
    }
}

impl PairTokens {
    /// Returns the pairs at `indices` as a batch.
    ///
    /// # Panics
    /// If an index is not below the number of pairs.
    pub fn batch(&self, indices: &[usize], device: &Device) -> PairBatch {
        let of = |side: &[Vec<usize>], first: Option<usize>, last: Option<usize>| {
            let sentences: Vec<Vec<usize>> = (indices.iter())
                .map(|&index| {
                    first
                        .into_iter()
                        .chain(side[index].iter().copied())
                        .chain(last)
                        .collect()
                })
                .collect();
            padded(&sentences, device)
        };
        PairBatch {
            source: of(&self.source, None, Some(END)),
            source_lengths: indices
                .iter()
                .map(|&index| self.source[index].len() + 1)
                .collect(),
            before: of(&self.target, Some(START), None),
            after: of(&self.target, None, Some(END)),
            target_tokens: indices
                .iter()
                .map(|&index| self.target[index].len() + 1)
                .sum(),
            replaced: None,
            indices: indices.to_vec(),
        }
    }

    /// Divides the pairs at `indices` into batches, sorted by length (pairs of the same lengths stay in the order of `indices`).
    /// A batch has at most `batch_size` pairs, and the product of their number and the longest sentence is at most
    /// `batch_size` times [`BATCH_TOKENS`].
    fn batches(&self, indices: &[usize], batch_size: usize) -> Vec<Vec<usize>> {
        let mut sorted = indices.to_vec();
        sorted.sort_by_key(|&index| (self.target[index].len(), self.source[index].len()));
        let most = batch_size.saturating_mul(BATCH_TOKENS);
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut longest = 0;
        for index in sorted {
            let length = 1 + self.target[index].len().max(self.source[index].len());
            let full = batches.last().is_none_or(|batch| {
                batch.len() == batch_size || longest.max(length) * (batch.len() + 1) > most
            });
            if full {
                batches.push(Vec::with_capacity(batch_size));
                longest = 0;
            }
            longest = longest.max(length);
            if let Some(batch) = batches.last_mut() {
                batch.push(index);
            }
        }
        batches
    }
}

/// Maximum number of tokens of a sentence in a batch of full size; batches of longer sentences have fewer pairs.
pub const BATCH_TOKENS: usize = 32;

/// Returns sentences as the columns of a tensor, `[steps, sentences]`, padded to the longest.
pub fn padded(sentences: &[Vec<usize>], device: &Device) -> Tensor<2, Int> {
    let steps = sentences.iter().map(Vec::len).max().unwrap_or(0);
    let values: Vec<i64> = (0..steps)
        .flat_map(|step| {
            let token = move |sentence: &Vec<usize>| {
                sentence
                    .get(step)
                    .map_or(PADDING as i64, |token| *token as i64)
            };
            sentences.iter().map(token)
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [steps, sentences.len()]), device)
}

/// Makes batches from indices into shared pairs.
struct PairBatches {
    tokens: Arc<PairTokens>,
    forcing: Forcing,
}

impl MakeBatch<PairBatch> for PairBatches {
    fn make(&self, items: &[usize], draw: Option<Draw>, device: &Device) -> PairBatch {
        let mut batch = self.tokens.batch(items, device);
        if let Some(draw) = draw {
            let probability = self.forcing.probability(draw.epoch);
            if probability < 1.0 {
                let mut generator = draw.generator(Purpose::TeacherForcing);
                let shape = batch.before.dims();
                batch.replaced = Some(replaced(shape, probability, &mut generator, device));
            }
        }
        batch
    }

    fn divide(
        &self,
        mut indices: Vec<usize>,
        batch_size: usize,
        random: Option<&mut ChaCha8Rng>,
    ) -> Vec<Vec<usize>> {
        let Some(generator) = random else {
            return self.tokens.batches(&indices, batch_size);
        };
        indices.shuffle(generator);
        let mut batches = self.tokens.batches(&indices, batch_size);
        batches.shuffle(generator);
        batches
    }
}

/// Creates a loader over the pairs at `indices`, sorted by length.
///
/// # Panics
/// While iterating, if an index is not below the number of pairs.
pub fn loader(
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
) -> Arc<dyn DataLoader<PairBatch>> {
    let forcing = Forcing::ALWAYS;
    let batches = PairBatches { tokens, forcing };
    Arc::new(Loader::new(batches, indices, batch_size))
}

/// Creates a loader for training, with other batches in another order in each epoch.
///
/// # Panics
/// While iterating, if an index is not below the number of pairs.
pub fn training_loader(
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    forcing: Forcing,
) -> Arc<dyn TrainingLoader<PairBatch>> {
    let batches = PairBatches { tokens, forcing };
    Arc::new(Loader::new(batches, indices, batch_size).shuffled(seed))
}

/// Draws the mask of the inputs that are replaced by the network's own prediction; the start token never is.
fn replaced(
    [steps, batch]: [usize; 2],
    probability: f64,
    rng: &mut impl Rng,
    device: &Device,
) -> Tensor<2, Bool> {
    let draws = (0..steps * batch).map(|place| place >= batch && !rng.random_bool(probability));
    let draws: Vec<bool> = draws.collect();
    Tensor::from_data(TensorData::new(draws, [steps, batch]), device)
}
