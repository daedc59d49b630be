//! The only training path: Burn's supervised training around any network and objective.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Device;
use burn::train::metric::{Adaptor, LearningRateMetric, LossInput, LossMetric};
use burn::train::{
    Interrupter, ItemLazy, Learner, MetricRegistration, SupervisedTraining, TrainingError,
};
use models::Network;

use crate::fit::checkpoint::Checkpoints;
use crate::fit::clipping::Clipping;
use crate::fit::console::Console;
use crate::fit::history::{Diverged, Epoch, Events, History};
use crate::fit::interrupt;
use crate::fit::monitor::{Best, KeepBestAndLast, Monitor, Patience};
use crate::fit::objective::Objective;
use crate::fit::recipe::Recipe;
use crate::fit::supervised::{Batch, Supervised};

/// A training run: what is needed beside network, objective and data.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// How to train.
    pub recipe: &'a Recipe,
    /// Where to train.
    pub device: Device,
    /// The run's folder.
    pub folder: &'a Path,
    /// Where progress is shown.
    pub console: Console,
    /// Go on from the last whole checkpoint in the folder.
    pub resume: bool,
}

/// The two parts that training sees.
pub struct Loaders<B> {
    /// To learn from.
    pub train: Arc<dyn DataLoader<B>>,
    /// To choose with.
    pub valid: Arc<dyn DataLoader<B>>,
}

/// What training gave.
pub struct Fitted<N> {
    /// The network of the best epoch, ready for inference.
    pub network: N,
    /// Every finished epoch.
    pub epochs: Vec<Epoch>,
    /// The epoch the network is of; 0 if it was interrupted in the first.
    pub best_epoch: usize,
    /// Whether it was stopped before its last epoch.
    pub interrupted: bool,
}

impl<N> Fitted<N> {
    /// A running figure of the kept epoch's training batches, if it finished.
    pub fn figure(&self, name: &str) -> Option<f64> {
        let epoch = self
            .epochs
            .iter()
            .find(|epoch| epoch.epoch == self.best_epoch);
        epoch?.train.get(name).copied()
    }
}

impl Run<'_> {
    /// Trains `network`, writes checkpoints and the log, and returns the network of the best epoch.
    ///
    /// # Errors
    /// When the disk, the device or the data fails.
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
        O::Report: ItemLazy + Adaptor<LossInput> + Adaptor<()> + 'static,
        B: Batch<Input = N::Input, Target = O::Target>,
        M: MetricRegistration<Supervised<N, O, B>>,
    {
        let steps_per_epoch = data.train.num_items().div_ceil(self.recipe.batch_size);
        let rates = self.recipe.rates(steps_per_epoch * self.recipe.epochs)?;
        let checkpoints = Checkpoints::new(self.folder)
            .with_context(|| format!("{}: cannot be written", self.folder.display()))?;
        let resumed = self.resumed_epoch(&checkpoints)?;
        let done = resumed.unwrap_or(0);
        let clipping = self.recipe.clip_norm;
        let clipping = clipping.map(|limit| Clipping::new(limit, steps_per_epoch, done));
        let learner = Learner::new(
            Supervised::new(network, objective)
                .clipped(clipping.clone())
                .averaged(self.recipe.average, done * steps_per_epoch),
            self.recipe.optimizer(),
            rates.scheduler,
        );
        let interrupter = Interrupter::new();
        interrupt::listen(&interrupter);
        let events = Events {
            listener: self.console.listener(self.recipe.epochs),
            interrupter: Some(interrupter.clone()),
            clipping,
        };
        let history = match resumed {
            Some(epoch) => History::resume(self.folder, epoch, events)?,
            None => History::new(self.folder, events),
        };

        let best = Best::new(monitor);
        let [network_part, optimizer_part, schedule_part] = checkpoints.parts();
        let mut training = SupervisedTraining::new(self.folder, data.train, data.valid)
            .with_application_logger(None)
            .with_metric_logger(history.clone())
            .with_interrupter(interrupter.clone())
            .with_checkpointing_strategy(KeepBestAndLast {
                best: best.clone(),
                kept: checkpoints.epochs(),
                history: history.clone(),
                plateau: rates.plateau,
            })
            .with_custom_checkpointers(network_part, optimizer_part, schedule_part)
            .early_stopping(Patience {
                best: best.clone(),
                epochs: self.recipe.patience,
                history: history.clone(),
            })
            .renderer(self.console.renderer(&interrupter, resumed))
            .num_epochs(self.recipe.epochs)
            .metrics((LossMetric::new(),))
            .metrics(metrics)
            .metric_train_numeric(LearningRateMetric::new());
        if let Some(epoch) = resumed {
            training = training.checkpoint(epoch);
        }
        history.start();
        let result = training.launch(learner);
        // The dashboard leaves the terminal's second screen here; only then may anything be printed.
        drop(result.renderer);

        let interrupted = result.interrupted.is_some();
        self.check(result.error.as_deref(), &history, &checkpoints)?;
        if interrupted {
            history.keep(checkpoints.last().unwrap_or(0))?;
        }
        let epochs = history.epochs();
        let best_epoch = best.epoch().unwrap_or(0);
        let is_at_hand = best_epoch == 0 || best_epoch == epochs.len() && !interrupted;
        let model = if is_at_hand {
            result.model
        } else {
            result.model.load_record(checkpoints.network(best_epoch)?)
        };
        Ok(Fitted {
            network: model.into_network(),
            epochs,
            best_epoch,
            interrupted,
        })
    }

    /// Whether training ended as it should.
    fn check(
        &self,
        error: Option<&TrainingError>,
        history: &History,
        checkpoints: &Checkpoints,
    ) -> Result<()> {
        if let Some(error) = error {
            return Err(anyhow!("training stopped: {error}"));
        }
        if let Some(error) = history.take_failure() {
            let folder = self.folder.display();
            return Err(error).context(format!("{folder}: the log cannot be written"));
        }
        match history.diverged() {
            Some(Diverged { epoch, batch, part }) => {
                let good = match checkpoints.last() {
                    Some(last) => format!(
                        "the last good checkpoint is of epoch {last}, in {}/checkpoint",
                        self.folder.display()
                    ),
                    None => "there is no checkpoint yet".to_owned(),
                };
                Err(anyhow!(
                    "epoch {epoch}, {part} batch {batch}: the loss is no longer a finite number; {good}; train with a --learning-rate below {}",
                    self.recipe.learning_rate
                ))
            }
            None => Ok(()),
        }
    }

    fn resumed_epoch(&self, checkpoints: &Checkpoints) -> Result<Option<usize>> {
        if !self.resume {
            return Ok(None);
        }
        let folder = self.folder.display();
        let last = checkpoints
            .last()
            .with_context(|| format!("{folder}: has no whole checkpoint; start the run again"))?;
        anyhow::ensure!(
            last < self.recipe.epochs,
            "{folder}: epoch {last} of {} is done; ask for more with --epochs",
            self.recipe.epochs
        );
        checkpoints.check(last).map_err(|error| {
            anyhow!("{folder}/checkpoint/epoch-{last}: cannot be read ({error}); start a new run")
        })?;
        Ok(Some(last))
    }
}
