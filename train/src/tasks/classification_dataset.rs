//! Data sets for classification: what training and evaluation need beside the catalogue of examples.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use datasets::images;
use datasets::images::batch;
use datasets::{
    Augmentation, Dataset, Emphasis, ImageBatch, ImageSet, SignalSet, TrainingLoader, signals,
};
use image::DynamicImage;
use models::Calibration;

use crate::report::ood_check::OodCheck;
use crate::tasks::evaluation::Classifier;
use crate::tasks::ood_check;
use figures::trace;

/// A data set of examples with classes.
pub trait ClassificationDataset: Dataset {
    /// Returns the names of the statistics that the out-of-distribution detector is fitted to.
    fn statistic_names(&self) -> &'static [&'static str];

    /// Returns the statistics of one example.
    fn statistics(&self, index: usize) -> Vec<f64>;

    /// Returns a loader of the examples at `indices`, in that order.
    fn loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>>;

    /// Returns a loader for training: shuffled by the seed in every epoch, augmented where the data set supports it, and
    /// with the weights and the sampling of `emphasis`.
    fn training_loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        augmentation: Option<Augmentation>,
        emphasis: Emphasis,
    ) -> Arc<dyn TrainingLoader<ImageBatch>>;

    /// Returns a picture of one example for people to look at, about `side` pixels wide at most.
    ///
    /// # Errors
    /// When drawing fails.
    fn picture(&self, index: usize, side: u32) -> Result<DynamicImage>;

    /// Checks how often the network abstains on inputs of another kind.
    ///
    /// # Errors
    /// When the device fails.
    fn check_ood(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<OodCheck>;
}

impl ClassificationDataset for ImageSet {
    fn statistic_names(&self) -> &'static [&'static str] {
        &images::STATISTICS
    }

    fn statistics(&self, index: usize) -> Vec<f64> {
        images::statistics(&self.preprocessing, self.image(index)).to_vec()
    }

    fn loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        batch::loader(self, indices.to_vec(), batch_size)
    }

    fn training_loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        augmentation: Option<Augmentation>,
        emphasis: Emphasis,
    ) -> Arc<dyn TrainingLoader<ImageBatch>> {
        let indices = indices.to_vec();
        batch::training_loader(self, indices, batch_size, seed, augmentation, emphasis)
    }

    fn picture(&self, index: usize, _side: u32) -> Result<DynamicImage> {
        Ok(self.preprocessing.picture(self.image(index))?)
    }

    fn check_ood(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<OodCheck> {
        let pictures = ood_check::generated(ood_check::COUNT);
        ood_check::check_pictures(network, &self.preprocessing, calibration, device, &pictures)
    }
}

impl ClassificationDataset for SignalSet {
    fn statistic_names(&self) -> &'static [&'static str] {
        &signals::STATISTICS
    }

    fn statistics(&self, index: usize) -> Vec<f64> {
        signals::statistics(self.segment(index)).to_vec()
    }

    fn loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
    ) -> Arc<dyn DataLoader<ImageBatch>> {
        signals::loader(self, indices.to_vec(), batch_size)
    }

    fn training_loader(
        self: Arc<Self>,
        indices: &[usize],
        batch_size: usize,
        seed: u64,
        _augmentation: Option<Augmentation>,
        emphasis: Emphasis,
    ) -> Arc<dyn TrainingLoader<ImageBatch>> {
        signals::training_loader(self, indices.to_vec(), batch_size, seed, emphasis)
    }

    fn picture(&self, index: usize, side: u32) -> Result<DynamicImage> {
        Ok(trace::thumbnail(self.segment(index), side)?)
    }

    fn check_ood(
        &self,
        network: &Classifier<'_>,
        calibration: &Calibration,
        device: &Device,
    ) -> Result<OodCheck> {
        ood_check::check_signals(network, &self.preprocessing, calibration, device)
    }
}
