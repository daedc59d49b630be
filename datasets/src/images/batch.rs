//! Batches of pictures, for classification and for reconstruction.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::tensor::{Device, Tensor, TensorData};

use crate::batch::{ImageBatch, Labels, labels};
use crate::draw::{Draw, Purpose};
use crate::emphasis::Emphasis;
use crate::images::augment::Augmentation;
use crate::images::noise::Noise;
use crate::images::set::ImageSet;
use crate::loader::{Loader, MakeBatch, TrainingLoader};

/// A batch of pictures to be reconstructed.
///
/// # Shapes
/// - `inputs`, `targets`: `[batch, channels, height, width]`, scaled by the preprocessing of the set
#[derive(Clone, Debug)]
pub struct ReconstructionBatch {
    /// The inputs: the pictures, with noise if there is any.
    pub inputs: Tensor<4>,
    /// The expected outputs: the pictures without noise.
    pub targets: Tensor<4>,
}

/// The pictures of a shared set, altered in training if there is an augmentation.
struct Pictures {
    set: Arc<ImageSet>,
    augmentation: Option<Augmentation>,
}

impl ImageBatches {
    /// Returns the weights of the pictures in the loss; none in evaluation.
    fn weights(&self, items: &[usize], device: &Device) -> Option<Tensor<1>> {
        let set = &self.pictures.set;
        let own = set.annotations.weights.as_deref();
        let emphasis = self.emphasis.as_ref()?;
        emphasis.weights(&set.labels, own, items, device)
    }
}

impl Pictures {
    fn tensor(&self, items: &[usize], draw: Option<Draw>, device: &Device) -> Tensor<4> {
        let images: Vec<&[u8]> = items.iter().map(|&index| self.set.image(index)).collect();
        let preprocessing = &self.set.preprocessing;
        match self.augmentation.zip(draw) {
            None => preprocessing.tensor(images, device),
            Some((augmentation, draw)) => {
                let seed = draw.seed(Purpose::Augmentation);
                let copies = augmentation.batch(&images, preprocessing.shape(), seed);
                preprocessing.tensor(copies.iter().map(Vec::as_slice), device)
            }
        }
    }

    /// Returns the share of the other picture if the pictures of a batch are mixed.
    fn mix_share(&self, draw: Option<Draw>) -> Option<f64> {
        self.augmentation?
            .mix_share(draw?.seed(Purpose::Augmentation))
    }
}

/// Makes classification batches from indices into a shared set.
struct ImageBatches {
    pictures: Pictures,
    /// How much classes and pictures count; `None` in evaluation.
    emphasis: Option<Emphasis>,
}

impl MakeBatch<ImageBatch> for ImageBatches {
    fn make(&self, items: &[usize], draw: Option<Draw>, device: &Device) -> ImageBatch {
        let images = self.pictures.tensor(items, draw, device);
        let own = labels(&self.pictures.set.labels, items, device);
        let weights = self.weights(items, device);
        match self.pictures.mix_share(draw) {
            None => ImageBatch {
                images,
                targets: Labels {
                    own,
                    other: None,
                    weights,
                },
            },
            // The first picture is mixed with the last, the second with the last but one.
            Some(share) => ImageBatch {
                images: images.clone() * (1.0 - share) + images.flip([0]) * share,
                targets: Labels {
                    other: Some((own.clone().flip([0]), share)),
                    own,
                    weights,
                },
            },
        }
    }
}

/// Makes reconstruction batches from indices into a shared set.
struct ReconstructionBatches {
    pictures: Pictures,
    /// Noise on the inputs, and the seed of that in evaluation.
    noise: Option<(Noise, u64)>,
}

impl MakeBatch<ReconstructionBatch> for ReconstructionBatches {
    fn make(&self, items: &[usize], draw: Option<Draw>, device: &Device) -> ReconstructionBatch {
        let targets = self.pictures.tensor(items, draw, device);
        let inputs = match self.noise {
            None => targets.clone(),
            Some((noise, seed)) => {
                let seed = draw.map_or(seed, |draw| draw.seed(Purpose::Noise));
                let seeds: Vec<u64> = items.iter().map(|&index| item_seed(seed, index)).collect();
                let shape = targets.dims();
                let mut values: Vec<f32> = targets.to_data().iter::<f32>().collect();
                noise.apply(&mut values, &seeds);
                Tensor::from_data(TensorData::new(values, shape), device)
            }
        };
        ReconstructionBatch { inputs, targets }
    }
}

/// Returns the seed of one example.
fn item_seed(seed: u64, index: usize) -> u64 {
    (seed ^ index as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

/// Creates a loader over the pictures of `set` at `indices`, in that order, on Burn's default device until
/// `DataLoader::to_device` moves it.
///
/// The last batch may be shorter; a batch size of 0 counts as 1.
///
/// # Shapes
/// See [`ImageBatch`].
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let pictures = Pictures {
        set,
        augmentation: None,
    };
    let batches = ImageBatches {
        pictures,
        emphasis: None,
    };
    Arc::new(Loader::new(batches, indices, batch_size))
}

/// Creates a [`loader`] for training: shuffled in every epoch, augmented if there is an augmentation, and with the weights
/// and the sampling of `emphasis`.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn training_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    augmentation: Option<Augmentation>,
    emphasis: Emphasis,
) -> Arc<dyn TrainingLoader<ImageBatch>> {
    let labels = emphasis.is_balanced.then(|| set.labels.clone());
    let batches = ImageBatches {
        pictures: Pictures { set, augmentation },
        emphasis: Some(emphasis),
    };
    let loader = Loader::new(batches, indices, batch_size).shuffled(seed);
    Arc::new(loader.balanced(labels.as_deref()))
}

/// Creates a loader of pictures to be reconstructed, in the order of `indices`. The noise of a picture depends on the seed
/// and its index only.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn reconstruction_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    noise: Option<Noise>,
    seed: u64,
) -> Arc<dyn DataLoader<ReconstructionBatch>> {
    let batches = ReconstructionBatches {
        pictures: Pictures {
            set,
            augmentation: None,
        },
        noise: noise.map(|noise| (noise, seed)),
    };
    Arc::new(Loader::new(batches, indices, batch_size))
}

/// Creates a [`reconstruction_loader`] for training: shuffled in every epoch, augmented if there is an augmentation, and
/// with new noise in every epoch.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn reconstruction_training_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    augmentation: Option<Augmentation>,
    noise: Option<Noise>,
) -> Arc<dyn TrainingLoader<ReconstructionBatch>> {
    let batches = ReconstructionBatches {
        pictures: Pictures { set, augmentation },
        noise: noise.map(|noise| (noise, seed)),
    };
    Arc::new(Loader::new(batches, indices, batch_size).shuffled(seed))
}
