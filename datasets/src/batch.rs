//! Batches for a network, through Burn's data loader.

use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};

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
}

impl Batcher<usize, ImageBatch> for ImageBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let images = items.iter().map(|&index| self.set.image(index));
        let labels: Vec<i64> = (items.iter())
            .map(|&index| self.set.labels[index] as i64)
            .collect();
        let count = labels.len();
        ImageBatch {
            images: self.set.preprocess.tensor(images, device),
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
    let mut builder = DataLoaderBuilder::new(ImageBatcher { set })
        .batch_size(batch_size.max(1))
        .num_workers(0);
    if let Some(seed) = shuffle {
        builder = builder.shuffle(seed);
    }
    builder.build(InMemDataset::new(indices))
}
