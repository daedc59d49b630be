//! Batches for a network, through Burn's data loader.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{Device, Tensor, TensorData};

use crate::batch::{ImageBatch, Labels, build, labels};
use crate::images::augment::Augmentation;
use crate::images::noise::Noise;
use crate::images::set::ImageSet;

/// Pictures to be reconstructed.
///
/// # Shapes
/// - `inputs`, `targets`: `[batch, channels, height, width]`, scaled as the set's preprocessing says
#[derive(Clone, Debug)]
pub struct ReconstructionBatch {
    /// What goes in: the pictures, disturbed where there is noise.
    pub inputs: Tensor<4>,
    /// What should come out: the pictures.
    pub targets: Tensor<4>,
}

/// Pictures of a shared set, altered where an augmentation and its seed say how.
struct Pictures {
    set: Arc<ImageSet>,
    augmentation: Option<(Augmentation, u64)>,
}

impl Pictures {
    fn tensor(&self, items: &[usize], device: &Device) -> Tensor<4> {
        let images: Vec<&[u8]> = items.iter().map(|&index| self.set.image(index)).collect();
        let preprocessing = &self.set.preprocessing;
        match self.augmentation {
            None => preprocessing.tensor(images, device),
            Some((augmentation, seed)) => {
                let seed = seed_of_batch(seed, items);
                let copies = augmentation.batch(&images, preprocessing.shape(), seed);
                preprocessing.tensor(copies.iter().map(Vec::as_slice), device)
            }
        }
    }

    /// How much of another picture each of a batch is mixed with.
    fn share_of_another(&self, items: &[usize]) -> Option<f64> {
        let (augmentation, seed) = self.augmentation?;
        augmentation.share_of_another(seed_of_batch(seed, items))
    }
}

/// No two passes have the same batches, so that a picture is never altered twice the same way.
fn seed_of_batch(seed: u64, items: &[usize]) -> u64 {
    items.iter().fold(seed, mixed)
}

/// A seed that depends on every index so far.
fn mixed(seed: u64, index: &usize) -> u64 {
    (seed ^ *index as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

/// Makes batches from indices into a shared set.
struct ImageBatcher {
    pictures: Pictures,
}

impl Batcher<usize, ImageBatch> for ImageBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let images = self.pictures.tensor(&items, device);
        let own = labels(&self.pictures.set.labels, &items, device);
        match self.pictures.share_of_another(&items) {
            None => ImageBatch {
                images,
                targets: own.into(),
            },
            // Each with the one as far from the end as it is from the start.
            Some(share) => ImageBatch {
                images: images.clone() * (1.0 - share) + images.flip([0]) * share,
                targets: Labels {
                    other: Some((own.clone().flip([0]), share)),
                    own,
                },
            },
        }
    }
}

/// Makes batches of pictures to be reconstructed from indices into a shared set.
struct ReconstructionBatcher {
    pictures: Pictures,
    noise: Option<(Noise, u64)>,
    /// Whether a picture is disturbed in another way each time.
    afresh: bool,
}

impl ReconstructionBatcher {
    /// A seed for each picture of the batch: its own, or one that no other batch gives it.
    fn seeds(&self, items: &[usize], seed: u64) -> Vec<u64> {
        let seed = if self.afresh {
            seed_of_batch(seed, items)
        } else {
            seed
        };
        items.iter().map(|index| mixed(seed, index)).collect()
    }
}

impl Batcher<usize, ReconstructionBatch> for ReconstructionBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ReconstructionBatch {
        let targets = self.pictures.tensor(&items, device);
        let inputs = match self.noise {
            None => targets.clone(),
            Some((noise, seed)) => {
                let shape = targets.dims();
                let mut values: Vec<f32> = targets.to_data().iter::<f32>().collect();
                noise.disturb(&mut values, &self.seeds(&items, seed));
                Tensor::from_data(TensorData::new(values, shape), device)
            }
        };
        ReconstructionBatch { inputs, targets }
    }
}

/// A loader over the examples of `set` at `indices`, on Burn's default device until
/// `DataLoader::to_device` moves it.
///
/// With `shuffle`, each pass has another order, which depends on the seed and the number of the
/// pass only: batches are made on the calling thread. Without, the order is that of `indices`. The
/// last batch may be shorter; a batch size of 0 counts as 1.
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
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    build(
        ImageBatcher {
            pictures: Pictures {
                set,
                augmentation: None,
            },
        },
        indices,
        batch_size,
        shuffle,
    )
}

/// A [`loader`] for training: shuffled, its pictures altered where an augmentation says how.
///
/// # Panics
/// As [`loader`].
pub fn training_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    augmentation: Option<Augmentation>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let augmentation = augmentation.map(|augmentation| (augmentation, seed));
    build(
        ImageBatcher {
            pictures: Pictures { set, augmentation },
        },
        indices,
        batch_size,
        Some(seed),
    )
}

/// A loader of pictures to be reconstructed, in the order of `indices`. With noise, a picture is
/// disturbed in the same way each time, which the seed decides.
///
/// # Panics
/// As [`loader`].
pub fn reconstruction_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    noise: Option<Noise>,
    seed: u64,
) -> Arc<dyn DataLoader<ReconstructionBatch>> {
    let batcher = ReconstructionBatcher {
        pictures: Pictures {
            set,
            augmentation: None,
        },
        noise: noise.map(|noise| (noise, seed)),
        afresh: false,
    };
    build(batcher, indices, batch_size, None)
}

/// A [`reconstruction_loader`] for training: shuffled, its pictures altered where an augmentation
/// says how, and disturbed anew in every pass.
///
/// # Panics
/// As [`loader`].
pub fn reconstruction_training_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    augmentation: Option<Augmentation>,
    noise: Option<Noise>,
) -> Arc<dyn DataLoader<ReconstructionBatch>> {
    let batcher = ReconstructionBatcher {
        pictures: Pictures {
            set,
            augmentation: augmentation.map(|augmentation| (augmentation, seed)),
        },
        noise: noise.map(|noise| (noise, seed)),
        afresh: true,
    };
    build(batcher, indices, batch_size, Some(seed))
}
