//! A data set of segments of recordings, all of one length.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::tensor::Device;

use crate::batch::{ImageBatch, Labels, labels};
use crate::dataset::{Dataset, Metadata, Origin};
use crate::draw::Draw;
use crate::emphasis::Emphasis;
use crate::loader::{Loader, MakeBatch, TrainingLoader};
use crate::preprocessing::Preprocessing;
use crate::signals::preprocessing::SignalPreprocessing;

/// Segments of recordings, with labels and origins.
#[derive(Clone, Debug)]
pub struct SignalSet {
    /// Name of the set.
    pub name: String,
    /// Whether the recordings were generated as stand-ins for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// How a segment is preprocessed.
    pub preprocessing: SignalPreprocessing,
    /// All segments, one after the other, each `preprocessing.samples` long, as recorded.
    pub values: Vec<f32>,
    /// Label of each segment.
    pub labels: Vec<usize>,
    /// Recording of each segment.
    pub recordings: Vec<usize>,
    /// Origin of each segment.
    pub origins: Vec<Origin>,
}

impl SignalSet {
    /// Returns the number of segments.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the set has no segments.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the values of segment `index`, as recorded.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn segment(&self, index: usize) -> &[f32] {
        let samples = self.preprocessing.samples;
        &self.values[index * samples..(index + 1) * samples]
    }

    /// Sets mean and standard deviation to those of the segments at `training`, so that nothing leaks from the others.
    /// Constant recordings get the deviation 1. If `training` is empty, both stay as they are.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn standardize(&mut self, training: &[usize]) {
        let values = || training.iter().flat_map(|&index| self.segment(index));
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
            noun: "segments",
            group_noun: "segments of one recording",
            generated: self.generated,
            class_names: &self.class_names,
            labels: &self.labels,
            origins: &self.origins,
            skipped: &[],
            notes: &[],
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
    }
}

/// Makes batches from indices into a shared set.
struct SignalBatches {
    set: Arc<SignalSet>,
    /// How much classes count; `None` in evaluation.
    emphasis: Option<Emphasis>,
}

impl MakeBatch<ImageBatch> for SignalBatches {
    fn make(&self, items: &[usize], _draw: Option<Draw>, device: &Device) -> ImageBatch {
        let segments = items.iter().map(|&index| self.set.segment(index));
        ImageBatch {
            images: self.set.preprocessing.tensor(segments, device),
            targets: Labels {
                own: labels(&self.set.labels, items, device),
                other: None,
                weights: (self.emphasis.as_ref())
                    .and_then(|emphasis| emphasis.weights(&self.set.labels, None, items, device)),
            },
        }
    }
}

/// Creates a loader over the segments of `set` at `indices`, in that order. The last batch may be shorter.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn loader(
    set: Arc<SignalSet>,
    indices: Vec<usize>,
    batch_size: usize,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let batches = SignalBatches {
        set,
        emphasis: None,
    };
    Arc::new(Loader::new(batches, indices, batch_size))
}

/// Creates a [`loader`] for training, shuffled in every epoch, with the weights and the sampling of `emphasis`.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn training_loader(
    set: Arc<SignalSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    emphasis: Emphasis,
) -> Arc<dyn TrainingLoader<ImageBatch>> {
    let labels = emphasis.is_balanced.then(|| set.labels.clone());
    let batches = SignalBatches {
        set,
        emphasis: Some(emphasis),
    };
    let loader = Loader::new(batches, indices, batch_size).shuffled(seed);
    Arc::new(loader.balanced(labels.as_deref()))
}
