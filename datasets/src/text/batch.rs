//! Batches of sentence pairs of similar length.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::vocabulary::{END, PADDING, START};

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
/// decreases linearly from 1 in the first pass to a floor in the last (Bengio et al. 2015,
/// <https://arxiv.org/abs/1506.03099>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forcing {
    /// Probability in the last pass.
    pub floor: f64,
    /// Number of passes.
    pub passes: usize,
    /// Number of passes completed before this run.
    pub done: usize,
}

impl Forcing {
    /// Always feeds the true token.
    pub const ALWAYS: Self = Self {
        floor: 1.0,
        passes: 1,
        done: 0,
    };

    /// Returns the probability in a pass, counted from 0 in this run.
    pub fn probability(&self, pass: usize) -> f64 {
        let last = self.passes.saturating_sub(1).max(1) as f64;
        let share = ((self.done + pass) as f64 / last).min(1.0);
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

/// A loader of batches of pairs.
#[derive(Clone, Debug)]
struct PairLoader {
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<(u64, Forcing)>,
    device: Device,
    pass: Arc<AtomicUsize>,
}

/// Creates a loader over the pairs at `indices`, sorted by length, with the same batches in each pass.
///
/// # Panics
/// While iterating, if an index is not below the number of pairs.
pub fn loader(
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
) -> Arc<dyn DataLoader<PairBatch>> {
    build(tokens, indices, batch_size, None)
}

/// Creates a loader for training, with other batches in another order in each pass, which depend on the seed and the number
/// of the pass only.
///
/// # Panics
/// While iterating, if an index is not below the number of pairs.
pub fn training_loader(
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    forcing: Forcing,
) -> Arc<dyn DataLoader<PairBatch>> {
    build(tokens, indices, batch_size, Some((seed, forcing)))
}

fn build(
    tokens: Arc<PairTokens>,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<(u64, Forcing)>,
) -> Arc<dyn DataLoader<PairBatch>> {
    Arc::new(PairLoader {
        tokens,
        indices,
        batch_size: batch_size.max(1),
        shuffle,
        device: Device::default(),
        pass: Arc::default(),
    })
}

impl DataLoader<PairBatch> for PairLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<PairBatch> + 'a> {
        let mut indices = self.indices.clone();
        let Some((seed, forcing)) = self.shuffle else {
            return Box::new(Pass::new(
                self,
                self.tokens.batches(&indices, self.batch_size),
                None,
            ));
        };
        let pass = self.pass.fetch_add(1, Ordering::Relaxed);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((forcing.done + pass) as u64);
        indices.shuffle(&mut rng);
        let mut batches = self.tokens.batches(&indices, self.batch_size);
        batches.shuffle(&mut rng);
        let probability = forcing.probability(pass);
        Box::new(Pass::new(self, batches, Some((probability, rng))))
    }

    fn num_items(&self) -> usize {
        self.indices.len()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<PairBatch>> {
        Arc::new(Self {
            device: device.clone(),
            ..self.clone()
        })
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<PairBatch>> {
        Arc::new(Self {
            indices: self.indices.get(start..end).unwrap_or_default().to_vec(),
            ..self.clone()
        })
    }
}

/// A pass over the batches.
struct Pass<'a> {
    loader: &'a PairLoader,
    batches: std::vec::IntoIter<Vec<usize>>,
    forcing: Option<(f64, ChaCha8Rng)>,
    done: usize,
}

impl<'a> Pass<'a> {
    fn new(
        loader: &'a PairLoader,
        batches: Vec<Vec<usize>>,
        forcing: Option<(f64, ChaCha8Rng)>,
    ) -> Self {
        Self {
            loader,
            batches: batches.into_iter(),
            forcing,
            done: 0,
        }
    }
}

impl Iterator for Pass<'_> {
    type Item = Result<PairBatch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let indices = self.batches.next()?;
        self.done += indices.len();
        let device = &self.loader.device;
        let mut batch = self.loader.tokens.batch(&indices, device);
        if let Some((probability, rng)) = &mut self.forcing
            && *probability < 1.0
        {
            batch.replaced = Some(replaced(batch.before.dims(), *probability, rng, device));
        }
        Some(Ok(batch))
    }
}

impl DataLoaderIterator<PairBatch> for Pass<'_> {
    fn progress(&self) -> Progress {
        Progress::new(
            self.done,
            self.loader.indices.len(),
            Some("items".to_owned()),
        )
    }
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
