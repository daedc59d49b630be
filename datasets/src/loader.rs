//! Data loaders that can start at any batch of any epoch.
//!
//! Burn's data loader starts every pass at its first batch, and the order of a pass depends on the number of passes
//! before it. A training that is resumed in the middle of an epoch needs the rest of that epoch.

use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::draw::{Draw, Purpose};
use crate::emphasis;

/// A data loader for training: each epoch has its own order and its own random changes of the examples, which depend on
/// the seed and the number of the epoch only.
///
/// As a [`DataLoader`], it returns the first epoch in every pass.
pub trait TrainingLoader<B>: DataLoader<B> {
    /// Returns the batches of an epoch, counted from 1, without its first `skipped` ones.
    fn epoch<'a>(&'a self, epoch: usize, skipped: usize) -> Box<dyn DataLoaderIterator<B> + 'a>;

    /// Returns the number of batches of an epoch.
    fn batches(&self) -> usize;

    /// Returns a loader whose batches are on another device.
    fn on(&self, device: &Device) -> Arc<dyn TrainingLoader<B>>;
}

/// Makes the batches of a [`Loader`] from indices into a data set.
pub(crate) trait MakeBatch<B>: Send + Sync {
    /// Makes a batch of the examples at `items`. Random changes follow `draw`; without it, there are none.
    fn make(&self, items: &[usize], draw: Option<Draw>, device: &Device) -> B;

    /// Divides examples into batches, in their order or in a random one.
    fn divide(
        &self,
        mut indices: Vec<usize>,
        batch_size: usize,
        random: Option<&mut ChaCha8Rng>,
    ) -> Vec<Vec<usize>> {
        if let Some(generator) = random {
            indices.shuffle(generator);
        }
        indices.chunks(batch_size).map(<[_]>::to_vec).collect()
    }
}

/// A loader of the batches of some examples, made on the calling thread.
pub(crate) struct Loader<B> {
    maker: Arc<dyn MakeBatch<B>>,
    indices: Arc<[usize]>,
    batch_size: usize,
    /// Seed of the training; none in evaluation.
    seed: Option<u64>,
    /// Class of each of `indices`, if an epoch draws each class equally often.
    balanced: Option<Arc<[usize]>>,
    device: Device,
}

impl<B> Clone for Loader<B> {
    fn clone(&self) -> Self {
        Self {
            maker: self.maker.clone(),
            indices: self.indices.clone(),
            batch_size: self.batch_size,
            seed: self.seed,
            balanced: self.balanced.clone(),
            device: self.device.clone(),
        }
    }
}

impl<B: 'static> Loader<B> {
    /// Creates a loader that returns the examples at `indices` in their order.
    pub(crate) fn new(
        maker: impl MakeBatch<B> + 'static,
        indices: Vec<usize>,
        batch_size: usize,
    ) -> Self {
        Self {
            maker: Arc::new(maker),
            indices: indices.into(),
            batch_size: batch_size.max(1),
            seed: None,
            balanced: None,
            device: Device::default(),
        }
    }

    /// Sets the seed of a training.
    pub(crate) fn shuffled(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Draws each class equally often, if `labels` are given: those of all examples.
    pub(crate) fn balanced(self, labels: Option<&[usize]>) -> Self {
        let classes =
            labels.map(|labels| self.indices.iter().map(|&index| labels[index]).collect());
        Self {
            balanced: classes,
            ..self
        }
    }

    /// Returns all batches of an epoch, as indices.
    fn divide(&self, epoch: usize) -> Vec<Vec<usize>> {
        let draw = |seed| Draw {
            seed,
            epoch,
            batch: 0,
        };
        let mut generator = self.seed.map(|seed| draw(seed).generator(Purpose::Order));
        let indices = match (&self.balanced, self.seed) {
            (Some(classes), Some(seed)) => {
                let mut generator = draw(seed).generator(Purpose::Sampling);
                emphasis::balanced(&self.indices, classes, &mut generator)
            }
            _ => self.indices.to_vec(),
        };
        self.maker
            .divide(indices, self.batch_size, generator.as_mut())
    }

    fn pass(&self, epoch: usize, skipped: usize) -> Pass<'_, B> {
        let batches = self.divide(epoch);
        let done = batches.iter().take(skipped).map(Vec::len).sum();
        Pass {
            loader: self,
            epoch,
            batches,
            next: skipped,
            done,
        }
    }
}

impl<B: Send + Clone + std::fmt::Debug + 'static> DataLoader<B> for Loader<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<B> + 'a> {
        Box::new(self.pass(1, 0))
    }

    fn num_items(&self) -> usize {
        self.indices.len()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<B>> {
        self.on(device)
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<B>> {
        Arc::new(Self {
            indices: self.indices.get(start..end).unwrap_or_default().into(),
            balanced: (self.balanced.as_ref())
                .map(|classes| classes.get(start..end).unwrap_or_default().into()),
            ..self.clone()
        })
    }
}

impl<B: Send + Clone + std::fmt::Debug + 'static> TrainingLoader<B> for Loader<B> {
    fn epoch<'a>(&'a self, epoch: usize, skipped: usize) -> Box<dyn DataLoaderIterator<B> + 'a> {
        Box::new(self.pass(epoch, skipped))
    }

    fn batches(&self) -> usize {
        self.divide(1).len()
    }

    fn on(&self, device: &Device) -> Arc<dyn TrainingLoader<B>> {
        Arc::new(Self {
            device: device.clone(),
            ..self.clone()
        })
    }
}

/// The rest of an epoch.
struct Pass<'a, B> {
    loader: &'a Loader<B>,
    epoch: usize,
    batches: Vec<Vec<usize>>,
    /// Number of the next batch.
    next: usize,
    /// Number of examples in the batches before it.
    done: usize,
}

impl<B> Iterator for Pass<'_, B> {
    type Item = Result<B, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let items = self.batches.get(self.next)?;
        let draw = self.loader.seed.map(|seed| Draw {
            seed,
            epoch: self.epoch,
            batch: self.next,
        });
        self.next += 1;
        self.done += items.len();
        Some(Ok(self.loader.maker.make(items, draw, &self.loader.device)))
    }
}

impl<B> DataLoaderIterator<B> for Pass<'_, B> {
    fn progress(&self) -> Progress {
        Progress::new(
            self.done,
            self.loader.indices.len(),
            Some("items".to_owned()),
        )
    }
}
