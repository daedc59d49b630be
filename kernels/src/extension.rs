//! Earlier names of [`backend`](crate::backend), for the operations on sequences.
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::NdArrayDevice;
use burn::backend::ops::FloatTensorOps;
use burn::backend::read_sync;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, NdArray};
use burn::tensor::TensorData;

/// A backend whose values are in this process's memory.
pub trait CpuBackend: Backend {
    /// Runs the work on the values of a contiguous `f32` tensor.
    fn read<R>(tensor: FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R;
    /// A tensor of these values.
    fn write(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Self>;
}

fn slice(data: &TensorData) -> &[f32] {
    match data.as_slice() {
        Ok(values) => values,
        Err(error) => panic!("the operation is for f32 tensors: {error:?}"),
    }
}

fn data(tensor: FloatTensor<NdArray>) -> TensorData {
    match read_sync(NdArray::float_into_data(tensor)) {
        Ok(data) => data,
        Err(error) => panic!("the values cannot be read: {error}"),
    }
}

impl CpuBackend for Flex {
    fn read<R>(tensor: FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        let tensor = tensor.to_contiguous();
        match tensor.as_slice() {
            Some(values) => work(values),
            None => work(slice(&tensor.into_data())),
        }
    }

    fn write(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
        FlexTensor::from_data(TensorData::new(values, shape))
    }
}

impl CpuBackend for NdArray {
    fn read<R>(tensor: FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        work(slice(&data(tensor)))
    }

    fn write(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
        Self::float_from_data(TensorData::new(values, shape), &NdArrayDevice::default())
    }
}
