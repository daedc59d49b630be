//! The one training path: Burn's supervised training of any network with any objective.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Device;
use burn::train::metric::{LearningRateMetric, LossMetric};
use burn::train::{Learner, MetricRegistration, SupervisedTraining};
use models::Network;

use crate::fit::batch::Batch;
use crate::fit::console::Console;
use crate::fit::history::Epoch;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Objective;
use crate::fit::recipe::Recipe;
use crate::fit::session::{Outcome, Session};
use crate::fit::supervised::Supervised;

/// Settings of a training, beside network, objective and data.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// How to train.
    pub recipe: &'a Recipe,
    /// Device to train on.
    pub device: Device,
    /// Folder of the run.
    pub folder: &'a Path,
    /// Where progress is shown.
    pub console: Console,
    /// Whether to continue from the last complete checkpoint in the folder.
    pub resume: bool,
}

/// Loaders of the two parts of the data that a training uses.
pub struct Loaders<B> {
    /// Training part.
    pub train: Arc<dyn DataLoader<B>>,
    /// Validation part.
    pub valid: Arc<dyn DataLoader<B>>,
}

/// Result of a training.
pub struct Fitted<N> {
    /// Network of the best epoch, ready for inference.
    pub network: N,
    /// Every finished epoch.
    pub epochs: Vec<Epoch>,
    /// Epoch of the network; 0 if the training was interrupted in its first epoch.
    pub best_epoch: usize,
    /// Whether the training was interrupted before its last epoch.
    pub interrupted: bool,
}

impl<N> Fitted<N> {
    /// Returns a metric over the training batches of the best epoch, if that epoch finished.
    pub fn figure(&self, name: &str) -> Option<f64> {
        let epoch = self
            .epochs
            .iter()
            .find(|epoch| epoch.epoch == self.best_epoch);
        epoch?.train.get(name).copied()
    }
}

impl Run<'_> {
    /// Trains `network`, writes checkpoints and the history, and returns the network of the best epoch.
    ///
    /// # Errors
    /// When the data, the device or the disk fails, or the training diverges.
    pub fn fit<N, O, B, M>(
        &self,
        network: N,
        objective: O,
        metrics: M,
        monitor: Monitor,
        data: Loaders<B>,
    ) -> Result<Fitted<N>>
    where
        N: Module + ModuleDisplay + Network + 'static,
        O: Objective<N::Output> + Sync + 'static,
        B: Batch<Input = N::Input, Target = O::Target>,
        M: MetricRegistration<Supervised<N, O, B>>,
    {
        let recipe = self.recipe;
        let steps_per_epoch = data.train.num_items().div_ceil(recipe.batch_size);
        let rates = recipe.rates(steps_per_epoch * recipe.epochs)?;
        let session = self.begin(monitor, steps_per_epoch)?;
        let steps_before = session.resumed.unwrap_or(0) * steps_per_epoch;
        let supervised = Supervised::new(network, objective)
            .clipped(session.clipping.clone())
            .averaged(recipe.average, steps_before);
        let [network_part, optimizer_part, schedule_part] = session.checkpoints.parts();
        let mut training = SupervisedTraining::new(self.folder, data.train, data.valid)
            .with_application_logger(None)
            .with_metric_logger(session.recorder.clone())
            .with_interrupter(session.interrupter.clone())
            .with_checkpointing_strategy(session.checkpointing(rates.plateau))
            .with_custom_checkpointers(network_part, optimizer_part, schedule_part)
            .early_stopping(session.early_stopping())
            .renderer((self.console).renderer(&session.interrupter, session.resumed))
            .num_epochs(recipe.epochs)
            .metrics((LossMetric::new(),))
            .metrics(metrics)
            .metric_train_numeric(LearningRateMetric::new());
        if let Some(epoch) = session.resumed {
            training = training.checkpoint(epoch);
        }
        session.recorder.start();
        let learner = Learner::new(supervised, recipe.optimizer(), rates.scheduler);
        let result = training.launch(learner);
        // The dashboard leaves the terminal's alternate screen here; nothing may be printed before.
        drop(result.renderer);

        let interrupted = result.interrupted.is_some();
        let outcome = session.finish(result.error.as_deref(), interrupted)?;
        Ok(fitted(result.model, outcome, interrupted))
    }

    fn begin(&self, monitor: Monitor, steps_per_epoch: usize) -> Result<Session<'_>> {
        Session::begin(
            self.folder,
            self.recipe,
            self.resume,
            monitor,
            steps_per_epoch,
            self.console.listener(self.recipe.epochs),
        )
    }
}

/// Returns the best network of a training, whose last one is `model`.
fn fitted<N: Module, O, B>(
    model: Supervised<N, O, B>,
    outcome: Outcome,
    interrupted: bool,
) -> Fitted<N>
where
    Supervised<N, O, B>: Module,
{
    let Outcome {
        epochs,
        best_epoch,
        record,
    } = outcome;
    let model = match record {
        Some(record) => model.load_record(record),
        None => model,
    };
    Fitted {
        network: model.into_network(),
        epochs,
        best_epoch,
        interrupted,
    }
}
