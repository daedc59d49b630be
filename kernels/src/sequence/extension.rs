//! The operations on sequences as a Burn backend extension.
#![allow(deprecated)] // Burn recommends flex over ndarray; it stays because users ask for it by name

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, NdArray, TensorMetadata, backend_extension};

use super::entropy::{self, Row, Targets};
use super::leaky::{self, Leaky};
use super::recurrent::{self, Gates, Layer, Passed};
use crate::extension::CpuBackend;
use crate::simd::Level;

/// The operations on the tensors of one backend. Inputs are `f32`.
#[backend_extension(Autodiff, Flex, NdArray)]
pub trait SequenceKernels: Backend {
    /// A layer of recurrent units over whole sequences.
    fn recurrent_layer(
        inputs: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        layer: Layer,
    ) -> FloatTensor<Self>;

    /// The spikes of a layer of leaky integrate-and-fire units.
    fn leaky_layer(
        currents: FloatTensor<Self>,
        decay: FloatTensor<Self>,
        layer: Leaky,
    ) -> FloatTensor<Self>;

    /// The cross-entropy of each row with its target, and beside it, without a gradient, that with the class
    /// alone.
    fn cross_entropy_rows(
        logits: FloatTensor<Self>,
        targets: Targets,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

macro_rules! sequence_kernels_for {
    ($($backend:ty),*) => {$(
        impl SequenceKernels for $backend {
            fn recurrent_layer(
                inputs: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                layer: Layer,
            ) -> FloatTensor<Self> {
                recurrent_layer::<Self>([inputs, weight, bias, initial], &layer).0
            }

            fn leaky_layer(
                currents: FloatTensor<Self>,
                decay: FloatTensor<Self>,
                layer: Leaky,
            ) -> FloatTensor<Self> {
                leaky_layer::<Self>(currents, decay, &layer)
            }

            fn cross_entropy_rows(
                logits: FloatTensor<Self>,
                targets: Targets,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                let (losses, surprises, _) = cross_entropy_rows::<Self>(logits, &targets);
                (losses, surprises)
            }
        }
    )*};
}

sequence_kernels_for!(Flex, NdArray);

fn recurrent_layer<B: CpuBackend>(
    [inputs, weight, bias, initial]: [FloatTensor<B>; 4],
    layer: &Layer,
) -> (FloatTensor<B>, Gates) {
    let (states, gates) = B::read(inputs, |inputs| {
        B::read(weight, |weight| {
            B::read(bias, |bias| {
                B::read(initial, |initial| {
                    recurrent::forward(Level::detect(), layer, [inputs, weight, bias, initial])
                })
            })
        })
    });
    let dims = [layer.steps, layer.batch, layer.unit.state() * layer.units];
    (B::write(states, &dims), gates)
}

fn leaky_layer<B: CpuBackend>(
    currents: FloatTensor<B>,
    decay: FloatTensor<B>,
    layer: &Leaky,
) -> FloatTensor<B> {
    let spikes = B::read(currents, |currents| {
        B::read(decay, |decay| {
            leaky::forward(Level::detect(), layer, currents, decay)
        })
    });
    B::write(spikes, &[layer.steps, layer.batch, layer.units])
}

/// Losses, surprises, and the logarithms of the sums.
fn cross_entropy_rows<B: CpuBackend>(
    logits: FloatTensor<B>,
    targets: &Targets,
) -> (FloatTensor<B>, FloatTensor<B>, Vec<f32>) {
    let rows = B::read(logits, |logits| {
        entropy::forward(Level::detect(), logits, targets)
    });
    let of = |value: fn(&Row) -> f32| rows.iter().map(value).collect::<Vec<f32>>();
    let count = [rows.len()];
    (
        B::write(of(|row| row.loss), &count),
        B::write(of(|row| row.surprise), &count),
        of(|row| row.log_sum),
    )
}

impl<B: CpuBackend + SequenceKernels, C: CheckpointStrategy> SequenceKernels for Autodiff<B, C> {
    fn recurrent_layer(
        inputs: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        layer: Layer,
    ) -> FloatTensor<Self> {
        let nodes = [inputs.node(), weight.node(), bias.node(), initial.node()];
        let [inputs, weight, bias, initial] =
            [inputs, weight, bias, initial].map(FloatTensor::<Self>::into_primitive);
        let parts = [inputs, weight.clone(), bias, initial.clone()];
        let (states, gates) = recurrent_layer::<B>(parts, &layer);
        match RecurrentGradient
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(
                RecurrentState {
                    layer,
                    weight,
                    initial,
                    states: states.clone(),
                    gates,
                },
                states,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(states),
        }
    }

    fn leaky_layer(
        currents: FloatTensor<Self>,
        decay: FloatTensor<Self>,
        layer: Leaky,
    ) -> FloatTensor<Self> {
        let nodes = [currents.node(), decay.node()];
        let [currents, decay] = [currents, decay].map(FloatTensor::<Self>::into_primitive);
        let spikes = leaky_layer::<B>(currents.clone(), decay.clone(), &layer);
        match LeakyGradient.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((currents, decay, layer), spikes),
            OpsKind::UnTracked(prepared) => prepared.finish(spikes),
        }
    }

    fn cross_entropy_rows(
        logits: FloatTensor<Self>,
        targets: Targets,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let node = logits.node();
        let logits = logits.into_primitive();
        let (losses, surprises, log_sums) = cross_entropy_rows::<B>(logits.clone(), &targets);
        let prepared = EntropyGradient
            .prepare::<C>([node])
            .compute_bound()
            .stateful();
        let losses = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((logits, log_sums, targets), losses),
            OpsKind::UnTracked(prepared) => prepared.finish(losses),
        };
        (losses, FloatTensor::<Self>::new(surprises))
    }
}

/// The gradient of [`SequenceKernels::recurrent_layer`].
#[derive(Debug)]
struct RecurrentGradient;

/// What it needs of the forward pass.
#[derive(Clone, Debug)]
struct RecurrentState<F> {
    layer: Layer,
    weight: F,
    initial: F,
    states: F,
    gates: Gates,
}

impl<B: CpuBackend> Backward<B, 4> for RecurrentGradient {
    type State = RecurrentState<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let state = ops.state;
        let Layer {
            unit,
            steps,
            batch,
            units,
        } = state.layer;
        let sums = unit.sums() * units;
        let gradient = gradients.consume::<B>(&ops.node);
        let found = B::read(state.weight, |weight| {
            B::read(state.initial, |initial| {
                B::read(state.states, |states| {
                    B::read(gradient, |gradient| {
                        let of = Passed {
                            layer: &state.layer,
                            weight,
                            initial,
                            states,
                            gates: &state.gates,
                        };
                        recurrent::backward(Level::detect(), &of, gradient)
                    })
                })
            })
        });
        let [for_inputs, for_weight, for_bias, for_initial] = ops.parents;
        if let Some(node) = for_inputs {
            let dims = [steps, batch, sums];
            gradients.register::<B>(node.id, B::write(found.inputs, &dims));
        }
        if let Some(node) = for_weight {
            gradients.register::<B>(node.id, B::write(found.weight, &[units, sums]));
        }
        if let Some(node) = for_bias {
            gradients.register::<B>(node.id, B::write(found.bias, &[sums]));
        }
        if let Some(node) = for_initial {
            gradients.register::<B>(
                node.id,
                B::write(found.initial, &[batch, unit.state() * units]),
            );
        }
    }
}

/// The gradient of [`SequenceKernels::leaky_layer`].
#[derive(Debug)]
struct LeakyGradient;

impl<B: CpuBackend> Backward<B, 2> for LeakyGradient {
    type State = (FloatTensor<B>, FloatTensor<B>, Leaky);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (currents, decay, layer) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let dims = [currents.shape(), decay.shape()];
        let found = B::read(currents, |currents| {
            B::read(decay, |decay| {
                B::read(gradient, |gradient| {
                    leaky::backward(Level::detect(), &layer, [currents, decay, gradient])
                })
            })
        });
        for ((node, values), dims) in ops.parents.into_iter().zip(found).zip(dims) {
            if let Some(node) = node {
                gradients.register::<B>(node.id, B::write(values, &dims));
            }
        }
    }
}

/// The gradient of [`SequenceKernels::cross_entropy_rows`].
#[derive(Debug)]
struct EntropyGradient;

impl<B: CpuBackend> Backward<B, 1> for EntropyGradient {
    type State = (FloatTensor<B>, Vec<f32>, Targets);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (logits, log_sums, targets) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [node] = ops.parents;
        let Some(node) = node else { return };
        let dims = logits.shape();
        let values = B::read(logits, |logits| {
            B::read(gradient, |gradient| {
                entropy::backward(Level::detect(), logits, &log_sums, &targets, gradient)
            })
        });
        gradients.register::<B>(node.id, B::write(values, &dims));
    }
}
