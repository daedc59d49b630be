//! Batches of pictures, for classification and for reconstruction.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{Device, Tensor, TensorData};

use crate::batch::{ImageBatch, Labels, build, labels};
use crate::images::augment::Augmentation;
use crate::images::noise::Noise;
use crate::images::set::ImageSet;

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

/// The pictures of a shared set, altered if there is an augmentation.
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
                let seed = batch_seed(seed, items);
                let copies = augmentation.batch(&images, preprocessing.shape(), seed);
                preprocessing.tensor(copies.iter().map(Vec::as_slice), device)
            }
        }
    }

    /// Returns the share of the other picture if the pictures of a batch are mixed.
    fn mix_share(&self, items: &[usize]) -> Option<f64> {
        let (augmentation, seed) = self.augmentation?;
        augmentation.mix_share(batch_seed(seed, items))
    }
}

/// Returns the seed of a batch. It depends on all its items, and no two passes have the same batches, so that a picture is
/// never altered twice in the same way.
fn batch_seed(seed: u64, items: &[usize]) -> u64 {
    items.iter().fold(seed, mix_seed)
}

/// Mixes an index into a seed.
fn mix_seed(seed: u64, index: &usize) -> u64 {
    (seed ^ *index as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

/// Makes classification batches from indices into a shared set.
struct ImageBatcher {
    pictures: Pictures,
}

impl Batcher<usize, ImageBatch> for ImageBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let images = self.pictures.tensor(&items, device);
        let own = labels(&self.pictures.set.labels, &items, device);
        match self.pictures.mix_share(&items) {
            None => ImageBatch {
                images,
                targets: own.into(),
            },
            // The first picture is mixed with the last, the second with the last but one.
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

/// Makes reconstruction batches from indices into a shared set.
struct ReconstructionBatcher {
    pictures: Pictures,
    noise: Option<(Noise, u64)>,
    /// Whether the noise of a picture is different in every pass.
    renewed: bool,
}

impl ReconstructionBatcher {
    /// Returns a seed for each picture: its own, or one that it has in no other batch.
    fn noise_seeds(&self, items: &[usize], seed: u64) -> Vec<u64> {
        let seed = if self.renewed {
            batch_seed(seed, items)
        } else {
            seed
        };
        items.iter().map(|index| mix_seed(seed, index)).collect()
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
                noise.apply(&mut values, &self.noise_seeds(&items, seed));
                Tensor::from_data(TensorData::new(values, shape), device)
            }
        };
        ReconstructionBatch { inputs, targets }
    }
}

/// Creates a loader over the pictures of `set` at `indices`, on Burn's default device until `DataLoader::to_device` moves
/// it.
///
/// With `shuffle`, each pass has another order, which depends on the seed and the number of the pass only, because batches
/// are made on the calling thread. Without, the order is that of `indices`. The last batch may be shorter; a batch size of
/// 0 counts as 1.
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
    let pictures = Pictures {
        set,
        augmentation: None,
    };
    build(ImageBatcher { pictures }, indices, batch_size, shuffle)
}

/// Creates a [`loader`] for training: shuffled in every pass, and augmented if there is an augmentation.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn training_loader(
    set: Arc<ImageSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
    augmentation: Option<Augmentation>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let augmentation = augmentation.map(|augmentation| (augmentation, seed));
    let pictures = Pictures { set, augmentation };
    build(ImageBatcher { pictures }, indices, batch_size, Some(seed))
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
    let batcher = ReconstructionBatcher {
        pictures: Pictures {
            set,
            augmentation: None,
        },
        noise: noise.map(|noise| (noise, seed)),
        renewed: false,
    };
    build(batcher, indices, batch_size, None)
}

/// Creates a [`reconstruction_loader`] for training: shuffled in every pass, augmented if there is an augmentation, and with
/// new noise in every pass.
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
) -> Arc<dyn DataLoader<ReconstructionBatch>> {
    let batcher = ReconstructionBatcher {
        pictures: Pictures {
            set,
            augmentation: augmentation.map(|augmentation| (augmentation, seed)),
        },
        noise: noise.map(|noise| (noise, seed)),
        renewed: true,
    };
    build(batcher, indices, batch_size, Some(seed))
}
