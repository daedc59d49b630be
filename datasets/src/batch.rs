//! Batches of inputs with labels.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// A batch of pictures or signals with their labels.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`, scaled by the preprocessing of the data set
#[derive(Clone, Debug)]
pub struct ImageBatch {
    /// The inputs.
    pub images: Tensor<4>,
    /// Their labels.
    pub targets: Labels,
}

/// The labels of a batch.
///
/// # Shapes
/// - `own`, `other`, `weights`: `[batch]`
#[derive(Clone, Debug)]
pub struct Labels {
    /// The class of each input. If two inputs are mixed, the class of the one with the larger share.
    pub own: Tensor<1, Int>,
    /// If two inputs are mixed: the class of the other one, and its share, at most 0.5.
    pub other: Option<(Tensor<1, Int>, f64)>,
    /// Weight of each input in the loss; `None` if all count alike.
    pub weights: Option<Tensor<1>>,
}

impl From<Tensor<1, Int>> for Labels {
    fn from(own: Tensor<1, Int>) -> Self {
        Self {
            own,
            other: None,
            weights: None,
        }
    }
}

/// Returns the labels of the examples at `items`, shape `[batch]`.
pub(crate) fn labels(labels: &[usize], items: &[usize], device: &Device) -> Tensor<1, Int> {
    int_tensor(items.iter().map(|&index| labels[index] as i64), device)
}

/// Returns a tensor of numbers, shape `[numbers]`.
pub(crate) fn int_tensor(numbers: impl Iterator<Item = i64>, device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> = numbers.collect();
    let shape = [numbers.len()];
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
