//! Batches for a network, through Burn's data loader.

use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::augment::Augmentation;
use crate::image_set::ImageSet;

/// Pictures and their classes.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`, scaled as the set's preprocessing says
/// - `targets`: `[batch]`, labels
#[derive(Clone, Debug)]
pub struct ImageBatch {
    /// The pictures.
    pub images: Tensor<4>,
    /// Their labels.
    pub targets: Tensor<1, Int>,
}

/// Makes batches from indices into a shared set.
struct ImageBatcher {
    set: Arc<ImageSet>,
    augmentation: Option<(Augmentation, u64)>,
}

impl Batcher<usize, ImageBatch> for ImageBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let images: Vec<&[u8]> = items.iter().map(|&index| self.set.image(index)).collect();
        let preprocess = &self.set.preprocess;
        let images = match self.augmentation {
            None => preprocess.tensor(images, device),
            Some((augmentation, seed)) => {
                // No two passes have the same batches, so that a picture is never altered twice the same way.
                let seed = items.iter().fold(seed, |seed, &index| {
                    (seed ^ index as u64)
                        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                        .rotate_left(29)
                });
                let copies = augmentation.batch(&images, preprocess.shape(), seed);
                preprocess.tensor(copies.iter().map(Vec::as_slice), device)
            }
        };
        let labels: Vec<i64> = (items.iter())
            .map(|&index| self.set.labels[index] as i64)
            .collect();
        let count = labels.len();
        ImageBatch {
            images,
            targets: Tensor::from_data(TensorData::new(labels, [count]), device),
        }
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
            set,
            augmentation: None,
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
        ImageBatcher { set, augmentation },
        indices,
        batch_size,
        Some(seed),
    )
}

fn build(
    batcher: ImageBatcher,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let mut builder = DataLoaderBuilder::new(batcher)
        .batch_size(batch_size.max(1))
        .num_workers(0);
    if let Some(seed) = shuffle {
        builder = builder.shuffle(seed);
    }
    builder.build(InMemDataset::new(indices))
}
