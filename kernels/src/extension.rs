//! The operations as a Burn backend extension: flex, ndarray, and both with gradients.
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use std::marker::PhantomData;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::NdArrayDevice;
use burn::backend::ops::FloatTensorOps;
use burn::backend::read_sync;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, NdArray, TensorMetadata, backend_extension};
use burn::tensor::{Shape, TensorData};

use crate::adam::AdamStep;
use crate::normalization::{self, Channels, NormShape};
use crate::pool::PoolShape;
use crate::shape::{ConvShape, Rectifier};
use crate::simd::Level;
use crate::winograd::{self, Maps};
use crate::{adam, conv, pool};

/// The operations on the tensors of one backend. Inputs are `f32`.
#[backend_extension(Autodiff, Flex, NdArray)]
pub trait Kernels: Backend {
    /// A convolution with bias and rectifier.
    fn rectified_conv2d(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        rectifier: Rectifier,
    ) -> FloatTensor<Self>;

    /// A convolution with bias, rectifier, and max-pooling over windows of 2 x 2 after it.
    fn rectified_conv2d_pooled(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        rectifier: Rectifier,
    ) -> FloatTensor<Self>;

    /// Max-pooling over windows that do not overlap.
    fn max_pool2d_apart(images: FloatTensor<Self>, shape: PoolShape) -> FloatTensor<Self>;

    /// Batch normalisation by the batch's own statistics, with the rectifier after it; the mean and the
    /// variance of each channel come out beside it, and no gradient flows through those.
    fn rectified_batch_norm(
        images: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shape: NormShape,
        epsilon: f32,
        rectifier: Rectifier,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Dropout with the mask of this key.
    fn keyed_dropout(values: FloatTensor<Self>, rate: f64, key: u64) -> FloatTensor<Self>;

    /// One step of Adam: the parameters, the mean of the gradient and of its square. No gradient flows
    /// through it.
    fn adam_step(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        means: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        numbers: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// A backend whose values are in this process's memory.
pub trait CpuBackend: Backend {
    /// Runs the work on the values of a contiguous `f32` tensor.
    fn read<R>(tensor: FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R;
    /// Lets the work change the values; copied first only where another tensor shares them.
    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R);
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

    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R) {
        let values = tensor.layout().num_elements();
        let whole = tensor.is_contiguous() && tensor.storage::<f32>().len() == values;
        let mut tensor = if whole {
            tensor
        } else {
            FlexTensor::from_data(tensor.into_data())
        };
        let result = work(tensor.storage_mut());
        (tensor, result)
    }

    fn write(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
        FlexTensor::from_data(TensorData::new(values, shape))
    }
}

impl CpuBackend for NdArray {
    fn read<R>(tensor: FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        work(slice(&data(tensor)))
    }

    fn modify<R>(
        tensor: FloatTensor<Self>,
        work: impl FnOnce(&mut [f32]) -> R,
    ) -> (FloatTensor<Self>, R) {
        let shape = tensor.shape();
        let mut values = slice(&data(tensor)).to_vec();
        let result = work(&mut values);
        (Self::write(values, &shape), result)
    }

    fn write(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
        Self::float_from_data(TensorData::new(values, shape), &NdArrayDevice::default())
    }
}

/// Every backend of which the values can be read has the operations.
macro_rules! kernels_for {
    ($($backend:ty),*) => {$(
        impl Kernels for $backend {
            fn rectified_conv2d(
                images: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                shape: ConvShape,
                rectifier: Rectifier,
            ) -> FloatTensor<Self> {
                rectified_conv2d::<Self>(images, weight, bias, &shape, rectifier)
            }

            fn rectified_conv2d_pooled(
                images: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                shape: ConvShape,
                rectifier: Rectifier,
            ) -> FloatTensor<Self> {
                rectified_conv2d_pooled::<Self>(images, weight, bias, &shape, rectifier).0
            }

            fn max_pool2d_apart(images: FloatTensor<Self>, shape: PoolShape) -> FloatTensor<Self> {
                max_pool2d::<Self>(images, &shape).0
            }

            fn rectified_batch_norm(
                images: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                shape: NormShape,
                epsilon: f32,
                rectifier: Rectifier,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let (output, channels) =
                    batch_norm::<Self>(images, gamma, beta, &shape, epsilon, rectifier);
                let [mean, variance] = channels.tensors::<Self>();
                (output, mean, variance)
            }

            fn keyed_dropout(values: FloatTensor<Self>, rate: f64, key: u64) -> FloatTensor<Self> {
                dropout::<Self>(values, rate, key)
            }

            fn adam_step(
                parameters: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                means: FloatTensor<Self>,
                squares: FloatTensor<Self>,
                numbers: AdamStep,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                adam_step::<Self>(parameters, gradient, means, squares, &numbers)
            }
        }
    )*};
}

kernels_for!(Flex, NdArray);

fn rectified_conv2d<B: CpuBackend>(
    images: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    shape: &ConvShape,
    rectifier: Rectifier,
) -> FloatTensor<B> {
    let values = B::read(images, |images| {
        B::read(weight, |weight| {
            B::read(bias, |bias| {
                conv::forward(shape, images, weight, bias, rectifier)
            })
        })
    });
    let [height, width] = shape.output();
    B::write(values, &[shape.batch, shape.channels[1], height, width])
}

/// The second are the places, as [`Maps::Pooled`] has them.
fn rectified_conv2d_pooled<B: CpuBackend>(
    images: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    shape: &ConvShape,
    rectifier: Rectifier,
) -> (FloatTensor<B>, Vec<u8>) {
    let (values, places) = B::read(images, |images| {
        B::read(weight, |weight| {
            B::read(bias, |bias| {
                let level = Level::detect();
                winograd::forward_pooled(level, shape, images, weight, bias, rectifier)
            })
        })
    });
    let [height, width] = shape.output().map(|length| length / 2);
    let values = B::write(values, &[shape.batch, shape.channels[1], height, width]);
    (values, places)
}

fn max_pool2d<B: CpuBackend>(
    images: FloatTensor<B>,
    shape: &PoolShape,
) -> (FloatTensor<B>, Vec<u8>) {
    let [batch, channels, _, _] = images.shape().dims();
    let (values, places) = B::read(images, |images| {
        pool::forward(Level::detect(), shape, images)
    });
    let [height, width] = shape.output();
    (B::write(values, &[batch, channels, height, width]), places)
}

fn batch_norm<B: CpuBackend>(
    images: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    shape: &NormShape,
    epsilon: f32,
    rectifier: Rectifier,
) -> (FloatTensor<B>, Channels) {
    let level = Level::detect();
    let dims = images.shape();
    let (values, channels) = B::read(images, |images| {
        let channels = normalization::statistics(level, shape, images);
        let values = B::read(gamma, |gamma| {
            B::read(beta, |beta| {
                let line = [gamma, beta];
                normalization::forward(level, shape, images, line, &channels, epsilon, rectifier)
            })
        });
        (values, channels)
    });
    (B::write(values, &dims), channels)
}

impl Channels {
    /// Mean and variance, `[channels]`.
    fn tensors<B: CpuBackend>(&self) -> [FloatTensor<B>; 2] {
        [&self.mean, &self.variance].map(|values| B::write(values.clone(), &[values.len()]))
    }
}

fn dropout<B: CpuBackend>(values: FloatTensor<B>, rate: f64, key: u64) -> FloatTensor<B> {
    let shape = values.shape();
    let values = B::read(values, |values| crate::dropout::apply(values, rate, key));
    B::write(values, &shape)
}

fn adam_step<B: CpuBackend>(
    parameters: FloatTensor<B>,
    gradient: FloatTensor<B>,
    means: FloatTensor<B>,
    squares: FloatTensor<B>,
    numbers: &AdamStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let (stepped, (means, (squares, ()))) = B::modify(gradient, |gradient| {
        B::modify(means, |means| {
            B::modify(squares, |squares| {
                B::read(parameters, |parameters| {
                    let moments = [means, squares];
                    adam::step(Level::detect(), numbers, parameters, gradient, moments);
                })
            })
        })
    });
    (stepped, means, squares)
}

/// A layer of weights, bias and rectifier: the gradients of all kinds flow the same way.
trait Layer: Clone + std::fmt::Debug + Send + 'static {
    /// The gradient before the rectifier, in place, and the gradient for the bias.
    fn rectifier_gradient(
        &self,
        output: &[f32],
        gradient: &mut [f32],
        rectifier: Rectifier,
    ) -> Vec<f32>;
    /// The gradient for the weights.
    fn weight_gradient(&self, inputs: &[f32], gradient: &[f32]) -> Vec<f32>;
    /// The gradient for the inputs.
    fn input_gradient(&self, weights: &[f32], gradient: &[f32]) -> Vec<f32>;
}

impl Layer for ConvShape {
    fn rectifier_gradient(
        &self,
        output: &[f32],
        gradient: &mut [f32],
        rectifier: Rectifier,
    ) -> Vec<f32> {
        let planes = [self.channels[1], self.plane()];
        conv::rectifier_gradient(planes, output, gradient, rectifier)
    }

    fn weight_gradient(&self, inputs: &[f32], gradient: &[f32]) -> Vec<f32> {
        conv::weight_gradient(self, inputs, gradient)
    }

    fn input_gradient(&self, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
        conv::input_gradient(self, weights, gradient)
    }
}

/// A convolution with max-pooling over windows of 2 x 2 after it.
#[derive(Clone, Debug)]
struct PooledConv {
    shape: ConvShape,
    places: Arc<[u8]>,
}

impl PooledConv {
    fn maps<'a>(&'a self, values: &'a [f32]) -> Maps<'a> {
        Maps::Pooled {
            values,
            places: &self.places,
        }
    }
}

impl Layer for PooledConv {
    fn rectifier_gradient(
        &self,
        output: &[f32],
        gradient: &mut [f32],
        rectifier: Rectifier,
    ) -> Vec<f32> {
        let [height, width] = self.shape.output().map(|length| length / 2);
        let planes = [self.shape.channels[1], height * width];
        conv::rectifier_gradient(planes, output, gradient, rectifier)
    }

    fn weight_gradient(&self, inputs: &[f32], gradient: &[f32]) -> Vec<f32> {
        winograd::weight_gradient(Level::detect(), &self.shape, inputs, self.maps(gradient))
    }

    fn input_gradient(&self, weights: &[f32], gradient: &[f32]) -> Vec<f32> {
        winograd::input_gradient(Level::detect(), &self.shape, weights, self.maps(gradient))
    }
}

/// The gradients of a [`Layer`].
#[derive(Debug)]
struct LayerGradient<L>(PhantomData<L>);

/// What the gradients need of the forward pass.
#[derive(Clone, Debug)]
struct LayerState<F, L> {
    inputs: F,
    weight: F,
    output: F,
    layer: L,
    rectifier: Rectifier,
}

impl<B: CpuBackend, L: Layer> Backward<B, 3> for LayerGradient<L> {
    type State = LayerState<FloatTensor<B>, L>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [for_inputs, for_weight, for_bias] = ops.parents;
        let LayerState {
            inputs,
            weight,
            output,
            layer,
            rectifier,
        } = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let (gradient, bias) = match (rectifier, &for_bias) {
            (Rectifier::None, None) => (gradient, Vec::new()),
            _ => B::modify(gradient, |gradient| {
                B::read(output, |output| {
                    layer.rectifier_gradient(output, gradient, rectifier)
                })
            }),
        };
        if let Some(node) = for_bias {
            let units = bias.len();
            gradients.register::<B>(node.id, B::write(bias, &[units]));
        }
        let (input_shape, weight_shape) = (inputs.shape(), weight.shape());
        if let Some(node) = for_weight {
            let values = B::read(inputs, |inputs| {
                B::read(gradient.clone(), |gradient| {
                    layer.weight_gradient(inputs, gradient)
                })
            });
            gradients.register::<B>(node.id, B::write(values, &weight_shape));
        }
        if let Some(node) = for_inputs {
            let values = B::read(weight, |weight| {
                B::read(gradient, |gradient| layer.input_gradient(weight, gradient))
            });
            gradients.register::<B>(node.id, B::write(values, &input_shape));
        }
    }
}

/// A layer's operation, with its gradients.
fn with_gradient<B: CpuBackend, C: CheckpointStrategy, L: Layer>(
    [inputs, weight, bias]: [FloatTensor<Autodiff<B, C>>; 3],
    rectifier: Rectifier,
    operation: impl FnOnce([FloatTensor<B>; 3]) -> (FloatTensor<B>, L),
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [inputs.node(), weight.node(), bias.node()];
    let [inputs, weight, bias] =
        [inputs, weight, bias].map(FloatTensor::<Autodiff<B, C>>::into_primitive);
    let (output, layer) = operation([inputs.clone(), weight.clone(), bias]);
    let gradient = LayerGradient(PhantomData);
    match gradient.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(
            LayerState {
                inputs,
                weight,
                output: output.clone(),
                layer,
                rectifier,
            },
            output,
        ),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

impl<B: CpuBackend + Kernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn rectified_conv2d(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        rectifier: Rectifier,
    ) -> FloatTensor<Self> {
        with_gradient::<B, C, _>(
            [images, weight, bias],
            rectifier,
            |[images, weight, bias]| {
                (
                    B::rectified_conv2d(images, weight, bias, shape, rectifier),
                    shape,
                )
            },
        )
    }

    fn rectified_conv2d_pooled(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        rectifier: Rectifier,
    ) -> FloatTensor<Self> {
        with_gradient::<B, C, _>(
            [images, weight, bias],
            rectifier,
            |[images, weight, bias]| {
                let (output, places) =
                    rectified_conv2d_pooled::<B>(images, weight, bias, &shape, rectifier);
                let places = places.into();
                (output, PooledConv { shape, places })
            },
        )
    }

    fn max_pool2d_apart(images: FloatTensor<Self>, shape: PoolShape) -> FloatTensor<Self> {
        let node = images.node();
        let dims = images.primitive().shape();
        let (output, places) = max_pool2d::<B>(images.primitive().clone(), &shape);
        match PoolGradient.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((shape, dims, places.into()), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn rectified_batch_norm(
        images: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shape: NormShape,
        epsilon: f32,
        rectifier: Rectifier,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [images.node(), gamma.node(), beta.node()];
        let [images, gamma, beta] = [images, gamma, beta].map(FloatTensor::<Self>::into_primitive);
        let (output, channels) = batch_norm::<B>(
            images.clone(),
            gamma.clone(),
            beta,
            &shape,
            epsilon,
            rectifier,
        );
        let [mean, variance] = channels.tensors::<B>().map(FloatTensor::<Self>::new);
        let prepared = NormGradient.prepare::<C>(nodes).compute_bound().stateful();
        let output = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(
                NormState {
                    images,
                    gamma,
                    output: output.clone(),
                    channels,
                    shape,
                    epsilon,
                    rectifier,
                },
                output,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        };
        (output, mean, variance)
    }

    fn keyed_dropout(values: FloatTensor<Self>, rate: f64, key: u64) -> FloatTensor<Self> {
        let node = values.node();
        let output = dropout::<B>(values.primitive().clone(), rate, key);
        match DropoutGradient
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish((rate, key), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn adam_step(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        means: FloatTensor<Self>,
        squares: FloatTensor<Self>,
        numbers: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [parameters, gradient, means, squares] =
            [parameters, gradient, means, squares].map(FloatTensor::<Self>::into_primitive);
        let (parameters, means, squares) =
            B::adam_step(parameters, gradient, means, squares, numbers);
        let wrap = FloatTensor::<Self>::new;
        (wrap(parameters), wrap(means), wrap(squares))
    }
}

/// The gradient of [`Kernels::max_pool2d_apart`].
#[derive(Debug)]
struct PoolGradient;

impl<B: CpuBackend> Backward<B, 1> for PoolGradient {
    type State = (PoolShape, Shape, Arc<[u8]>);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (shape, dims, places) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [node] = ops.parents;
        if let Some(node) = node {
            let values = B::read(gradient, |gradient| {
                pool::backward(Level::detect(), &shape, &places, gradient)
            });
            gradients.register::<B>(node.id, B::write(values, &dims));
        }
    }
}

/// The gradient of [`Kernels::rectified_batch_norm`].
#[derive(Debug)]
struct NormGradient;

/// What it needs of the forward pass.
#[derive(Clone, Debug)]
struct NormState<F> {
    images: F,
    gamma: F,
    output: F,
    channels: Channels,
    shape: NormShape,
    epsilon: f32,
    rectifier: Rectifier,
}

impl<B: CpuBackend> Backward<B, 3> for NormGradient {
    type State = NormState<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let state = ops.state;
        let dims = state.images.shape();
        let gradient = gradients.consume::<B>(&ops.node);
        let found = B::read(state.images, |images| {
            B::read(state.gamma, |gamma| {
                B::read(state.output, |output| {
                    B::read(gradient, |gradient| {
                        let of = normalization::Backward {
                            shape: &state.shape,
                            images,
                            output,
                            gamma,
                            channels: &state.channels,
                            epsilon: state.epsilon,
                            rectifier: state.rectifier,
                        };
                        normalization::backward(Level::detect(), &of, gradient)
                    })
                })
            })
        });
        let [for_images, for_gamma, for_beta] = ops.parents;
        let channels = [state.shape.channels];
        if let Some(node) = for_images {
            gradients.register::<B>(node.id, B::write(found.images, &dims));
        }
        if let Some(node) = for_gamma {
            gradients.register::<B>(node.id, B::write(found.gamma, &channels));
        }
        if let Some(node) = for_beta {
            gradients.register::<B>(node.id, B::write(found.beta, &channels));
        }
    }
}

/// The gradient of [`Kernels::keyed_dropout`].
#[derive(Debug)]
struct DropoutGradient;

impl<B: CpuBackend> Backward<B, 1> for DropoutGradient {
    type State = (f64, u64);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (rate, key) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [node] = ops.parents;
        if let Some(node) = node {
            gradients.register::<B>(node.id, dropout::<B>(gradient, rate, key));
        }
    }
}
