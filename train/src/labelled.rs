//! What a classification needs of examples beside their catalogue, for each kind of them.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::{Device, Tensor};
use datasets::appearance::{self, appearance};
use datasets::{Augmentation, Examples, ImageBatch, ImageSet, SignalSet, batch, signal};
use image::DynamicImage;
use models::Calibration;

use crate::probe::{self, Probe};
use figures::trace;

/// Gives logits `[batch, classes]` for inputs `[batch, channels, height, width]`.
pub type Classifier<'a> = dyn Fn(Tensor<4>) -> Tensor<2> + 'a;

/// Examples whose classes can be learned.
pub trait Labelled: Examples + Sized + 'static {
    /// Names of the statistics by which examples of another kind are known.
    const STATISTICS: &'static [&'static str];

    /// Those of one example.
    fn statistics(&self, index: usize) -> Vec<f64>;

    /// The examples at `indices`, in that order.
    fn loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>>;

    /// The same to learn from: shuffled by the seed in every pass, altered where there is a way to.
    fn training_loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        augmentation: Option<Augmentation>,
    ) -> Arc<dyn DataLoader<ImageBatch>>;

    /// An example to be looked at, at most about `side` pixels wide.
    ///
    /// # Errors
    /// When drawing fails.
    fn picture(&self, index: usize, side: u32) -> Result<DynamicImage>;

    /// What the network says about inputs that are no examples of this kind.
    ///
    /// # Errors
    /// When the device fails.
    fn probe(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<Probe>;
}

impl Labelled for ImageSet {
    const STATISTICS: &'static [&'static str] = &appearance::NAMES;

    fn statistics(&self, index: usize) -> Vec<f64> {
        appearance(&self.preprocess, self.image(index)).to_vec()
    }

    fn loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        batch::loader(self.clone(), indices.to_vec(), batch_size, None)
    }

    fn training_loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        augmentation: Option<Augmentation>,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        let indices = indices.to_vec();
        batch::training_loader(self.clone(), indices, batch_size, seed, augmentation)
    }

    fn picture(&self, index: usize, _side: u32) -> Result<DynamicImage> {
        Ok(self.preprocess.picture(self.image(index))?)
    }

    fn probe(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<Probe> {
        let oddities = probe::generated(probe::COUNT);
        probe::probe(network, &self.preprocess, calibration, device, &oddities)
    }
}

impl Labelled for SignalSet {
    const STATISTICS: &'static [&'static str] = &signal::STATISTICS;

    fn statistics(&self, index: usize) -> Vec<f64> {
        signal::statistics(self.piece(index)).to_vec()
    }

    fn loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        signal::loader(self.clone(), indices.to_vec(), batch_size, None)
    }

    fn training_loader(
        self: &Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        _augmentation: Option<Augmentation>,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        signal::loader(self.clone(), indices.to_vec(), batch_size, Some(seed))
    }

    fn picture(&self, index: usize, side: u32) -> Result<DynamicImage> {
        Ok(trace::thumbnail(self.piece(index), side)?)
    }

    fn probe(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<Probe> {
        probe::signals(network, &self.preparation, calibration, device)
    }
}
