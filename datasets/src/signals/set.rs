//! Pieces of recordings over time, all of one length, with their classes.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::Device;

use crate::batch::{ImageBatch, build, labels};
use crate::dataset::{Dataset, Metadata, Origin};
use crate::preprocessing::Preprocessing;
use crate::signals::preprocessing::SignalPreprocessing;

/// Pieces of recordings.
#[derive(Clone, Debug)]
pub struct SignalSet {
    /// What the set is called.
    pub name: String,
    /// Whether the recordings were generated and stand in for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// How a piece is prepared.
    pub preprocessing: SignalPreprocessing,
    /// All pieces, one after the other, each `preprocessing.samples` long, as they were recorded.
    pub values: Vec<f32>,
    /// The class of each piece.
    pub labels: Vec<usize>,
    /// Which recording each piece is of.
    pub recordings: Vec<usize>,
    /// Where each piece came from.
    pub origins: Vec<Origin>,
}

impl SignalSet {
    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The values of piece `index`, as they were recorded.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len), as with a slice.
    pub fn piece(&self, index: usize) -> &[f32] {
        let samples = self.preprocessing.samples;
        &self.values[index * samples..(index + 1) * samples]
    }

    /// Takes mean and deviation from the pieces at `training`, so that nothing leaks from the others.
    /// Recordings that never change keep deviation 1; without a piece both stay.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn standardize(&mut self, training: &[usize]) {
        let values = || training.iter().flat_map(|&index| self.piece(index));
        let count = (training.len() * self.preprocessing.samples) as f64;
        if count == 0.0 {
            return;
        }
        let mean = values().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = values()
            .map(|&x| (f64::from(x) - mean).powi(2))
            .sum::<f64>()
            / count;
        let std = variance.sqrt() as f32;
        self.preprocessing.mean = mean as f32;
        self.preprocessing.std = if std > f32::EPSILON { std } else { 1.0 };
    }
}

impl Dataset for SignalSet {
    fn metadata(&self) -> Metadata<'_> {
        Metadata {
            name: &self.name,
            noun: "pieces",
            group_noun: "pieces of one recording",
            generated: self.generated,
            class_names: &self.class_names,
            labels: &self.labels,
            origins: &self.origins,
            skipped: &[],
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
    }
}

/// Makes batches from indices into a shared set.
struct SignalBatcher {
    set: Arc<SignalSet>,
}

impl Batcher<usize, ImageBatch> for SignalBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let pieces = items.iter().map(|&index| self.set.piece(index));
        ImageBatch {
            images: self.set.preprocessing.tensor(pieces, device),
            targets: labels(&self.set.labels, &items, device).into(),
        }
    }
}

/// Batches of the pieces at `indices`, in that order, or shuffled by a seed in every pass.
pub fn loader(
    set: Arc<SignalSet>,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    build(SignalBatcher { set }, indices, batch_size, shuffle)
}
