//! The trait that every differentiable operation of this crate implements, once.
//!
//! An operation is a plain value (its sizes and options) with a forward and a backward pass over slices. It knows
//! nothing of tensors, backends or graphs: [`dispatch`](crate::dispatch) connects it to all of them.

use std::fmt::Debug;
use std::ops::Deref;

use burn::tensor::Shape;

use crate::simd::Level;

/// A differentiable operation with `N` inputs and one output, all contiguous `f32` tensors.
///
/// # Adding an operation
/// 1. A file of its own, with the equations of both passes and their source in the module documentation.
/// 2. A struct with the sizes and options, and this trait for it. Lengths are checked in `forward` and `backward`,
///    before any `unsafe` code that relies on them.
/// 3. A public function on [`Tensor`](burn::tensor::Tensor)s that calls [`apply`](crate::dispatch::apply) where
///    the tensors are [supported](crate::dispatch::is_supported), and Burn's own operations elsewhere.
/// 4. A row in the table of operations of the tests.
pub trait Operation<const N: usize>: Clone + Debug + Send + Sync + 'static {
    /// Values that the forward pass leaves for the backward pass, beside the tensors that are [kept](Self::kept).
    type Saved: Clone + Debug + Send + 'static;

    /// Returns which tensors the backward pass reads. All others can be freed after the forward pass.
    fn kept(&self) -> Kept<N>;

    /// Returns the shape of the output, from those of the inputs.
    fn output_shape(&self, inputs: [&Shape; N]) -> Shape;

    /// Computes the output.
    fn forward(&self, level: Level, inputs: [&[f32]; N]) -> Forward<Self::Saved>;

    /// Returns whether [`backward`](Self::backward) overwrites the gradient of the output, so that it gets one of
    /// its own. `wanted` are the inputs that need a gradient.
    fn overwrites_gradient(&self, wanted: [bool; N]) -> bool {
        let _ = wanted;
        false
    }

    /// Computes the gradient of each input, as long as the input, from that of the output. Gradients that are not
    /// [wanted](Backward::wanted) may be `None`.
    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Self::Saved, N>,
    ) -> [Option<Vec<f32>>; N];
}

/// Which tensors an operation keeps from the forward to the backward pass.
#[derive(Clone, Copy, Debug)]
pub struct Kept<const N: usize> {
    /// Whether each input is kept.
    pub inputs: [bool; N],
    /// Whether the output is kept.
    pub output: bool,
}

/// The results of a forward pass.
#[derive(Debug)]
pub struct Forward<S> {
    /// The values of the output.
    pub output: Vec<f32>,
    /// Further outputs without gradients, each a vector (a tensor of one axis).
    pub extras: Vec<Vec<f32>>,
    /// What the backward pass needs beside the kept tensors.
    pub saved: S,
}

impl<S> Forward<S> {
    /// Creates the result of an operation that has one output only.
    pub fn new(output: Vec<f32>, saved: S) -> Self {
        Self {
            output,
            extras: Vec::new(),
            saved,
        }
    }
}

/// The arguments of a backward pass. Tensors can be dropped as soon as they are no longer needed, which frees their
/// memory for the gradients.
#[derive(Debug)]
pub struct Backward<'a, T, S, const N: usize> {
    /// The inputs that were [kept](Kept::inputs).
    pub inputs: [Option<T>; N],
    /// The output, if it was [kept](Kept::output).
    pub output: Option<T>,
    /// What the forward pass left.
    pub saved: S,
    /// The gradient of the output.
    pub gradient: Gradient<'a>,
    /// Which inputs need a gradient.
    pub wanted: [bool; N],
}

/// Panics because a backward pass got other tensors than [`Operation::kept`] says.
pub(crate) fn not_kept() -> ! {
    panic!("the backward pass lacks a tensor that the operation keeps")
}

/// The gradient of an output.
#[derive(Debug)]
pub enum Gradient<'a> {
    /// Others may read it too.
    Shared(&'a [f32]),
    /// Only this operation uses it: see [`Operation::overwrites_gradient`].
    Exclusive(&'a mut [f32]),
}

impl Gradient<'_> {
    /// Returns the gradient for overwriting, if it is exclusive.
    pub fn exclusive(&mut self) -> Option<&mut [f32]> {
        match self {
            Self::Shared(_) => None,
            Self::Exclusive(values) => Some(values),
        }
    }
}

impl Deref for Gradient<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Shared(values) => values,
            Self::Exclusive(values) => values,
        }
    }
}
