//! The one training and validation step: a network with an objective.

use std::marker::PhantomData;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::{DisplaySettings, Module, ModuleDisplay, ModuleDisplayDefault};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use models::Network;

use crate::fit::average;
use crate::fit::batch::Batch;
use crate::fit::clipping::Clipping;
use crate::fit::objective::{HasLoss, Objective};

/// A network with its objective.
///
/// The wrapper exists because Rust's orphan rule forbids implementing Burn's [`TrainStep`] for every [`Network`]. Model
/// files hold the inner network, so the names of its tensors have no prefix.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Supervised<N: Module, O, B> {
    /// Network that is trained.
    pub network: N,
    /// Network with averaged weights, if the recipe averages them; it is validated and kept.
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

/// Nothing prints the wrapper; Burn's own format would be compiled for every layer of every network.
impl<N: Module, O, B> ModuleDisplay for Supervised<N, O, B>
where
    Self: ModuleDisplayDefault,
{
    fn format(&self, _settings: DisplaySettings) -> String {
        "Supervised".to_owned()
    }
}

impl<N: Module, O, B> Supervised<N, O, B> {
    /// Creates a network with its objective, without clipping and averaging.
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
    /// Sets the clipping of gradients.
    pub fn clipped(self, clipping: Option<Clipping>) -> Self {
        Self { clipping, ..self }
    }

    /// Averages the weights with `decay`, if there is one; `done` steps were taken before.
    pub fn averaged(self, decay: Option<f64>, done: usize) -> Self {
        Self {
            average: decay.map(|_| average::start(&self.network)),
            decay: decay.unwrap_or_default(),
            step: done,
            ..self
        }
    }

    /// Returns the network that is kept.
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
    /// Takes one training step (forward, backward, optimiser), as Burn's training loop does; returns the network after
    /// the step, and the objective's report on `batch` before it.
    pub fn take_step(
        &self,
        batch: B,
        optimizer: &mut ModuleOptimizer,
        rate: f64,
    ) -> (Self, O::Report) {
        let output = TrainStep::step(self, batch);
        let stepped = self.clone().optimize(optimizer, rate.into(), output.grads);
        (stepped, output.item)
    }

    fn evaluate(&self, network: &N, batch: B) -> O::Report {
        let (input, target) = batch.into_parts();
        self.objective.evaluate(network.forward(input), target)
    }
}

impl<N, O, B> TrainStep for Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
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
            .map(|average| average::update(average, network, decay, step));
        stepped.step += 1;
        stepped
    }
}

impl<N, O, B> InferenceStep for Supervised<N, O, B>
where
    N: Module + ModuleDisplay + Network,
    O: Objective<N::Output>,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    type Input = B;
    type Output = O::Report;

    fn step(&self, batch: B) -> O::Report {
        self.evaluate(self.average.as_ref().unwrap_or(&self.network), batch)
    }
}
