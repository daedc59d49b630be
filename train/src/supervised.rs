//! The only training and validation step: a network with an objective.

use std::marker::PhantomData;

use burn::module::{Module, ModuleDisplay};
use burn::train::{InferenceStep, ItemLazy, TrainOutput, TrainStep};
use models::Network;

use crate::objective::{HasLoss, Objective};

/// One batch as the training path sees it: what goes in, and what should come out.
pub trait Batch: Send + Clone + std::fmt::Debug + 'static {
    /// What the network takes.
    type Input;
    /// What the objective compares with.
    type Target;

    /// Takes the batch apart.
    fn into_parts(self) -> (Self::Input, Self::Target);
}

impl Batch for datasets::ImageBatch {
    type Input = burn::tensor::Tensor<4>;
    type Target = datasets::Labels;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        (self.images, self.targets)
    }
}

impl Batch for datasets::ReconstructionBatch {
    type Input = burn::tensor::Tensor<4>;
    type Target = burn::tensor::Tensor<4>;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        (self.inputs, self.targets)
    }
}

/// A network together with what it minimises. The wrapper exists because Rust's orphan rule
/// forbids implementing Burn's [`TrainStep`] for every [`Network`] at once. Only the inner network
/// is saved, so the names of its tensors carry no prefix.
#[derive(Module, Debug)]
pub struct Supervised<N: Module, O, B> {
    /// The network that learns.
    pub network: N,
    #[module(skip)]
    objective: O,
    #[module(skip)]
    batch: PhantomData<fn(B)>,
}

impl<N: Module, O, B> Supervised<N, O, B> {
    /// Binds a network to its objective.
    pub fn new(network: N, objective: O) -> Self {
        Self {
            network,
            objective,
            batch: PhantomData,
        }
    }
}

impl<N, O, B> Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    fn evaluate(&self, batch: B) -> O::Report {
        let (input, target) = batch.into_parts();
        self.objective.evaluate(self.network.forward(input), target)
    }
}

impl<N, O, B> TrainStep for Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
    O::Report: ItemLazy + 'static,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    type Input = B;
    type Output = O::Report;

    fn step(&self, batch: B) -> TrainOutput<O::Report> {
        let report = self.evaluate(batch);
        let gradients = report.loss().backward();
        TrainOutput::new(self, gradients, report)
    }
}

impl<N, O, B> InferenceStep for Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
    O::Report: ItemLazy + 'static,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    type Input = B;
    type Output = O::Report;

    fn step(&self, batch: B) -> O::Report {
        self.evaluate(batch)
    }
}
