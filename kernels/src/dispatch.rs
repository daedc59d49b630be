//! Runs [`Operation`]s on Burn's tensors, as a backend extension: flex, ndarray, and both with gradients.
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchDevice, DispatchTensor,
    DispatchTensorKind, ExtensionType, TensorMetadata, backend_extension,
};
use burn::tensor::{DType, Device, Shape, Tensor};

use crate::backend::CpuBackend;
use crate::operation::{Forward, Operation};
use crate::simd::Level;

/// The backends on which operations run.
#[backend_extension(Autodiff, Flex, NdArray)]
pub trait Operations: Backend {
    /// Returns the output of an operation, then its outputs without gradients.
    fn apply<O: Operation<N>, const N: usize>(
        operation: O,
        #[extension_type] inputs: Tensors<Self>,
    ) -> Tensors<Self>;
}

impl<B: CpuBackend> Operations for B {
    fn apply<O: Operation<N>, const N: usize>(operation: O, inputs: Tensors<B>) -> Tensors<B> {
        Tensors(forward::<B, O, N>(&operation, inputs.into_array()).0)
    }
}

/// Runs a forward pass: returns the outputs, the one with a gradient first, and what the operation saved.
pub(crate) fn forward<B: CpuBackend, O: Operation<N>, const N: usize>(
    operation: &O,
    inputs: [FloatTensor<B>; N],
) -> (Vec<FloatTensor<B>>, O::Saved) {
    let shapes = inputs.each_ref().map(TensorMetadata::shape);
    let shape = operation.output_shape(shapes.each_ref());
    let inputs = inputs.map(B::read);
    let Forward {
        output,
        extras,
        saved,
    } = operation.forward(Level::detect(), inputs.each_ref().map(|values| &**values));
    let mut outputs = vec![B::write(output, shape)];
    outputs.extend((extras.into_iter()).map(|values| {
        let length = values.len();
        B::write(values, Shape::new([length]))
    }));
    (outputs, saved)
}

/// Runs an operation on tensors, which must be [supported](is_supported). Returns its output, then its outputs
/// without gradients, `M` in all.
pub(crate) fn apply<O: Operation<N>, const N: usize, const M: usize>(
    operation: O,
    inputs: [DispatchTensor; N],
) -> [DispatchTensor; M] {
    Dispatch::apply::<O, N>(operation, Tensors(inputs.into())).into_array()
}

/// Returns whether the operations of this crate run on a tensor: it is `f32` and on a CPU backend.
pub(crate) fn is_supported<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && is_cpu(tensor.device().as_dispatch())
}

/// Returns the bias, or zeros in its place.
pub(crate) fn bias_or_zeros(bias: Option<Tensor<1>>, length: usize, device: &Device) -> Tensor<1> {
    bias.unwrap_or_else(|| Tensor::zeros([length], device))
}

fn is_cpu(device: &DispatchDevice) -> bool {
    match device {
        DispatchDevice::Flex(_) | DispatchDevice::NdArray(_) => true,
        DispatchDevice::Autodiff(device) => is_cpu(&device.clone().inner()),
        #[allow(unreachable_patterns)] // the other backends are features
        _ => false,
    }
}

/// Several tensors of one backend.
#[derive(Debug)]
pub struct Tensors<B: Backend>(pub(crate) Vec<FloatTensor<B>>);

impl<B: Backend> Tensors<B> {
    /// Returns the tensors, `N` of them.
    pub(crate) fn into_array<const N: usize>(self) -> [FloatTensor<B>; N] {
        match self.0.try_into() {
            Ok(tensors) => tensors,
            Err(tensors) => panic!("{} tensors instead of {N}", tensors.len()),
        }
    }
}

// Written out because the derive macro knows no tensors inside of a `Vec`.
impl<B: Backend> ExtensionType<B> for Tensors<B> {
    type Target = Tensors<Dispatch>;

    fn map_to_dispatch<F>(self, map_kind: F, autodiff: DispatchAutodiffContext) -> Self::Target
    where
        F: Fn(BackendTensor<B>) -> DispatchTensorKind,
    {
        let wrap = |tensor| DispatchTensor {
            kind: map_kind(BackendTensor::Float(tensor)),
            autodiff,
        };
        Tensors(self.0.into_iter().map(wrap).collect())
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        let unwrap = |tensor| unwrap_kind(tensor).float();
        Self(target.0.into_iter().map(unwrap).collect())
    }

    fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
        target
            .0
            .iter()
            .fold(DispatchAutodiffContext::Disabled, |context, tensor| {
                context.merge(tensor.autodiff)
            })
    }
}
