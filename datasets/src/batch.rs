//! Batches of inputs with their classes, and Burn's data loader over them.

use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Pictures and their classes.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`, scaled as the set's preprocessing says
#[derive(Clone, Debug)]
pub struct ImageBatch {
    /// The pictures.
    pub images: Tensor<4>,
    /// Their labels.
    pub targets: Labels,
}

/// The classes that pictures show.
///
/// # Shapes
/// - `own`, `other`: `[batch]`
#[derive(Clone, Debug)]
pub struct Labels {
    /// The class of each picture, or the greater part of it.
    pub own: Tensor<1, Int>,
    /// Where two pictures are mixed: the class of the other, and its share, at most one half.
    pub other: Option<(Tensor<1, Int>, f64)>,
}

impl From<Tensor<1, Int>> for Labels {
    fn from(own: Tensor<1, Int>) -> Self {
        Self { own, other: None }
    }
}

/// The labels of the examples at `items`, shape `[batch]`.
pub(crate) fn labels(labels: &[usize], items: &[usize], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i64> = items.iter().map(|&index| labels[index] as i64).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

/// Burn's loader of what `batcher` makes of indices, in their order, or shuffled by a seed in every pass.
pub(crate) fn build<B>(
    batcher: impl Batcher<usize, B> + 'static,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<B>>
where
    B: Send + Clone + std::fmt::Debug + 'static,
{
    let mut builder = DataLoaderBuilder::new(batcher)
        .batch_size(batch_size.max(1))
        .num_workers(0);
    if let Some(seed) = shuffle {
        builder = builder.shuffle(seed);
    }
    builder.build(InMemDataset::new(indices))
}
