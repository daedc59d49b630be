//! Burn's CPU backends: access to the values of their tensors.
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use std::ops::Deref;

use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::NdArrayDevice;
use burn::backend::ops::FloatTensorOps;
use burn::backend::read_sync;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, NdArray, TensorMetadata};
use burn::tensor::{Shape, TensorData};

/// A backend whose tensors are in the memory of this process.
pub trait CpuBackend: Backend {
    /// The values of a tensor in row-major order, copied only where the backend cannot lend them.
    type Values: Deref<Target = [f32]>;

    /// Returns the values of an `f32` tensor.
    fn read(tensor: FloatTensor<Self>) -> Self::Values;

    /// Runs `work` on the values of an `f32` tensor, which are copied first only if another tensor shares them, and
    /// returns the changed tensor.
    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R);

    /// Creates a tensor.
    fn write(values: Vec<f32>, shape: Shape) -> FloatTensor<Self>;
}

/// The values of a contiguous [`FlexTensor`].
#[derive(Debug)]
pub struct FlexValues(FlexTensor);

impl Deref for FlexValues {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self.0.as_slice() {
            Some(values) => values,
            None => panic!(
                "the operation is for contiguous f32 tensors, not {:?}",
                self.0.dtype()
            ),
        }
    }
}

impl CpuBackend for Flex {
    type Values = FlexValues;

    fn read(tensor: FloatTensor<Self>) -> FlexValues {
        FlexValues(tensor.to_contiguous())
    }

    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R) {
        let count = tensor.layout().num_elements();
        let fills_its_storage = tensor.is_contiguous() && tensor.storage::<f32>().len() == count;
        let mut tensor = if fills_its_storage {
            tensor
        } else {
            FlexTensor::from_data(tensor.into_data())
        };
        let result = work(tensor.storage_mut());
        (tensor, result)
    }

    fn write(values: Vec<f32>, shape: Shape) -> FloatTensor<Self> {
        FlexTensor::from_data(TensorData::new(values, shape))
    }
}

/// The values of an ndarray tensor.
#[derive(Debug)]
pub struct NdArrayValues(TensorData);

impl Deref for NdArrayValues {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self.0.as_slice() {
            Ok(values) => values,
            Err(error) => panic!("the operation is for f32 tensors: {error:?}"),
        }
    }
}

impl CpuBackend for NdArray {
    type Values = NdArrayValues;

    fn read(tensor: FloatTensor<Self>) -> NdArrayValues {
        match read_sync(NdArray::float_into_data(tensor)) {
            Ok(data) => NdArrayValues(data),
            Err(error) => panic!("the values cannot be read: {error}"),
        }
    }

    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R) {
        let shape = tensor.shape();
        let mut values = Self::read(tensor).to_vec();
        let result = work(&mut values);
        (Self::write(values, shape), result)
    }

    fn write(values: Vec<f32>, shape: Shape) -> FloatTensor<Self> {
        Self::float_from_data(TensorData::new(values, shape), &NdArrayDevice::default())
    }
}
