//! The gradients of every [`Operation`], for Burn's autodiff backend.

use std::marker::PhantomData;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};
use burn::tensor::Shape;

use crate::backend::CpuBackend;
use crate::dispatch::{Operations, Tensors, forward};
use crate::operation::{self, Gradient, Operation};
use crate::simd::Level;

impl<B: CpuBackend, C: CheckpointStrategy> Operations for Autodiff<B, C> {
    fn apply<O: Operation<N>, const N: usize>(
        operation: O,
        inputs: Tensors<Self>,
    ) -> Tensors<Self> {
        let inputs: [FloatTensor<Self>; N] = inputs.into_array();
        let nodes = inputs.each_ref().map(|input| input.node());
        let inputs = inputs.map(FloatTensor::<Self>::into_primitive);
        let shapes = inputs.each_ref().map(TensorMetadata::shape);
        let kept = operation.kept();
        let kept_inputs = std::array::from_fn(|i| kept.inputs[i].then(|| inputs[i].clone()));
        let (outputs, saved) = forward::<B, O, N>(&operation, inputs);
        let mut outputs = outputs.into_iter();
        let Some(output) = outputs.next() else {
            return Tensors(Vec::new());
        };
        let prepared = OperationBackward(PhantomData)
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful();
        let output = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(
                State {
                    operation,
                    shapes,
                    inputs: kept_inputs,
                    output: kept.output.then(|| output.clone()),
                    saved,
                },
                output,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        };
        let mut tracked = vec![output];
        tracked.extend(outputs.map(FloatTensor::<Self>::new));
        Tensors(tracked)
    }
}

/// The backward pass of an operation.
#[derive(Debug)]
struct OperationBackward<O>(PhantomData<O>);

/// What is kept from the forward to the backward pass.
#[derive(Clone, Debug)]
struct State<O, F, S, const N: usize> {
    operation: O,
    /// The shapes of the inputs, and of their gradients.
    shapes: [Shape; N],
    inputs: [Option<F>; N],
    output: Option<F>,
    saved: S,
}

impl<B: CpuBackend, O: Operation<N>, const N: usize> Backward<B, N> for OperationBackward<O> {
    type State = State<O, FloatTensor<B>, O::Saved, N>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State {
            operation,
            shapes,
            inputs,
            output,
            saved,
        } = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let inputs = inputs.map(|input| input.map(B::read));
        let output = output.map(B::read);
        let run = |gradient: Gradient<'_>| {
            let pass = operation::Backward {
                inputs,
                output,
                saved,
                gradient,
                wanted,
            };
            operation.backward(Level::detect(), pass)
        };
        let results = if operation.overwrites_gradient(wanted) {
            B::modify(gradient, |values| run(Gradient::Exclusive(values))).1
        } else {
            run(Gradient::Shared(&B::read(gradient)))
        };
        for ((node, values), shape) in ops.parents.into_iter().zip(results).zip(shapes) {
            let Some(node) = node else { continue };
            let Some(values) = values else {
                panic!("no gradient for an input of {operation:?} that needs one");
            };
            gradients.register::<B>(node.id, B::write(values, shape));
        }
    }
}
