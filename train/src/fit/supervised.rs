//! The only training and validation step: a network with an objective.

use std::marker::PhantomData;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::{Module, ModuleDisplay};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::train::{InferenceStep, ItemLazy, TrainOutput, TrainStep};
use models::Network;
use models::translator::{Sentences, TranslationInput};

use crate::fit::average::{begin, follow};
use crate::fit::clipping::Clipping;
use crate::fit::objective::translate::Wanted;
use crate::fit::objective::{HasLoss, Objective};

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

impl Batch for datasets::PairBatch {
    type Input = TranslationInput;
    type Target = Wanted;

    fn into_parts(self) -> (TranslationInput, Wanted) {
        let input = TranslationInput {
            source: Sentences {
                tokens: self.source,
                lengths: self.source_lengths,
            },
            previous: self.before,
            sampled: self.replaced,
        };
        let wanted = Wanted {
            tokens: self.after.flatten(0, 1),
            count: self.said,
        };
        (input, wanted)
    }
}

impl Batch for datasets::TreeBatch {
    type Input = models::Forest;
    type Target = datasets::trees::TreeTargets;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        let forest = models::Forest {
            words: self.words,
            leaves: self.leaves,
            children: self.children,
        };
        (forest, self.targets)
    }
}

/// A network together with what it minimises. The wrapper exists because Rust's orphan rule
/// forbids implementing Burn's [`TrainStep`] for every [`Network`] at once. Only the inner network
/// is saved, so the names of its tensors carry no prefix.
#[derive(Module, Debug)]
pub struct Supervised<N: Module, O, B> {
    /// The network that learns.
    pub network: N,
    /// Its weights averaged over the last steps, where they are: this one is validated and kept.
    average: Option<N>,
    #[module(skip)]
    decay: f64,
    #[module(skip)]
    step: usize,
    #[module(skip)]
    clipping: Option<Clipping>,
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
            average: None,
            decay: 0.0,
            step: 0,
            clipping: None,
            objective,
            batch: PhantomData,
        }
    }
}

impl<N: Module, O, B> Supervised<N, O, B> {
    /// With clipped gradients.
    pub fn clipped(self, clipping: Option<Clipping>) -> Self {
        Self { clipping, ..self }
    }

    /// With weights averaged over steps, of which `done` were taken before.
    pub fn averaged(self, decay: Option<f64>, done: usize) -> Self {
        Self {
            average: decay.map(|_| begin(&self.network)),
            decay: decay.unwrap_or_default(),
            step: done,
            ..self
        }
    }

    /// The network that is kept.
    pub fn into_network(self) -> N {
        self.average.unwrap_or(self.network)
    }
}

impl<N, O, B> Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    fn evaluate(&self, network: &N, batch: B) -> O::Report {
        let (input, target) = batch.into_parts();
        self.objective.evaluate(network.forward(input), target)
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
        let report = self.evaluate(&self.network, batch);
        let gradients = report.loss().backward();
        TrainOutput::new(self, gradients, report)
    }

    fn optimize(
        self,
        optimizer: &mut ModuleOptimizer,
        rate: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        let gradients = match &self.clipping {
            Some(clipping) => clipping.clip(&self, gradients),
            None => gradients,
        };
        let mut stepped = optimizer.step(rate, self, gradients);
        let (network, decay, step) = (&stepped.network, stepped.decay, stepped.step);
        stepped.average = stepped
            .average
            .map(|average| follow(average, network, decay, step));
        stepped.step += 1;
        stepped
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
        self.evaluate(self.average.as_ref().unwrap_or(&self.network), batch)
    }
}
