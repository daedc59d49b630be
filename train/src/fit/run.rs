//! The one training path: Burn's supervised training of any network with any objective.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow};
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Device;
use burn::train::metric::{LearningRateMetric, LossMetric};
use burn::train::{
    Learner, LearnerModel, MetricRegistration, SupervisedTraining, TrainingStrategy,
};
use datasets::TrainingLoader;
use models::Network;

use crate::fit::batch::Batch;
use crate::fit::cadence::Cadence;
use crate::fit::checkpoint::Saved;
use crate::fit::console::Console;
use crate::fit::continuation::{Continuation, EarlierRecipe, changed_at};
use crate::fit::epochs::{EpochLoop, writers};
use crate::fit::history::Epoch;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Objective;
use crate::fit::progress::Position;
use crate::fit::recipe::Recipe;
use crate::fit::schedule::{Rates, Schedule};
use crate::fit::session::{Outcome, Session, Start};
use crate::fit::supervised::Supervised;

/// Settings of a training, beside network, objective and data.
pub struct Run<'a> {
    /// How to train.
    pub recipe: &'a Recipe,
    /// Device to train on.
    pub device: Device,
    /// Seed of order, augmentation, noise and dropout.
    pub seed: u64,
    /// Folder of the run.
    pub folder: &'a Path,
    /// Where progress is shown.
    pub console: Console,
    /// Whether to go on from the newest checkpoint in the folder, if there is one.
    pub resume: bool,
    /// How often a checkpoint is written within an epoch.
    pub checkpoint_every: Cadence,
    /// Called once nothing can refuse the training any more, before anything changes in its folder.
    pub accept: Box<dyn Fn() -> Result<()> + 'a>,
    /// Recipes that the run had before it was resumed with others.
    pub earlier: &'a [EarlierRecipe],
}

/// Loaders of the two parts of the data that a training uses.
pub struct Loaders<B> {
    /// Training part.
    pub train: Arc<dyn TrainingLoader<B>>,
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
    /// Seconds of training and validation, in all processes that worked on it.
    pub seconds: f64,
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
        let batches = data.train.batches();
        let rates = recipe.rates(batches * recipe.epochs)?;
        let start = self.start(batches)?;
        let (epochs, steps) = (start.position.epochs, start.position.steps(batches));
        let supervised = Supervised::new(network, objective).averaged(recipe.average, steps);
        let supervised = self.with_weights(supervised, &start)?;
        (self.accept)()?;
        let session = Arc::new(self.begin(&start, monitor)?);
        let supervised = supervised.clipped(session.clipping.clone());
        if session.is_complete() {
            // Without dropout, as Burn returns the network of a training.
            return Ok(fitted(supervised.valid(), session.finish(None)?));
        }
        let Rates { scheduler, plateau } = rates.after(steps);
        let mut learner = Learner::new(supervised, recipe.optimizer(), scheduler);
        if let Some(saved) = start.saved {
            self.restore(&mut learner, saved, start.position, batches)?;
        }
        let epoch_loop = EpochLoop {
            loader: data.train.clone(),
            device: self.device.clone(),
            seed: self.seed,
            cadence: self.checkpoint_every,
            batches,
            plateau,
            writers: Mutex::new(Some(writers(&session))),
            session: session.clone(),
        };
        let training = SupervisedTraining::new(self.folder, data.train, data.valid)
            .with_application_logger(None)
            .with_metric_logger(session.recorder.clone())
            .with_interrupter(session.interrupter.clone())
            .with_training_strategy(TrainingStrategy::Custom(Arc::new(epoch_loop)))
            .renderer((self.console).renderer(&session.interrupter, (epochs > 0).then_some(epochs)))
            .num_epochs(recipe.epochs)
            .checkpoint(epochs)
            .metrics((LossMetric::new(),))
            .metrics(metrics)
            .metric_train_numeric(LearningRateMetric::new());
        let result = training.launch(learner);
        // The dashboard leaves the terminal's alternate screen here; nothing may be printed before.
        drop(result.renderer);
        let outcome = session.finish(result.error.as_deref())?;
        Ok(fitted(result.model, outcome))
    }

    fn start(&self, batches: usize) -> Result<Start> {
        match self.resume {
            true => Start::find(self.folder, self.recipe, batches),
            false => Ok(Start::default()),
        }
    }

    fn begin(&self, start: &Start, monitor: Monitor) -> Result<Session> {
        let listener = self.console.listener(self.recipe.epochs);
        Session::begin(self.folder, self.recipe, start, monitor, listener)
    }

    /// Returns the network with the weights of the checkpoint that training goes on from, if there is one.
    fn with_weights<M: Module>(&self, network: M, start: &Start) -> Result<M> {
        let Some(saved) = &start.saved else {
            return Ok(network);
        };
        let loaded = network.try_load_record(saved.network.clone());
        loaded.map_err(|_| {
            let folder = self.folder.display();
            anyhow!(
                "{folder}/checkpoint/{}: holds another network than {folder}/config.json describes; start a new run",
                start.position
            )
        })
    }

    /// Restores what a checkpoint holds beside the network, as far as the recipe goes on from it, and says what changes.
    fn restore<M: LearnerModel>(
        &self,
        learner: &mut Learner<M>,
        saved: Saved,
        start: Position,
        batches: usize,
    ) -> Result<()> {
        let continuation = changed_at(self.earlier, start).map(|before| Continuation {
            before,
            recipe: self.recipe,
            start,
            progress: &saved.progress,
            batches,
        });
        if let Some(continuation) = &continuation {
            for line in continuation.lines()? {
                eprintln!("{line}");
            }
        }
        learner.load_optim(saved.optimizer);
        // The other schedules follow from the number of steps.
        let observes_loss = self.recipe.schedule == Schedule::Plateau;
        if observes_loss
            && continuation
                .as_ref()
                .is_none_or(Continuation::keeps_plateau)
        {
            learner.load_scheduler(saved.schedule);
        }
        Ok(())
    }
}

/// Returns the best network of a training, whose last one is `model`.
fn fitted<N: Module, O, B>(model: Supervised<N, O, B>, outcome: Outcome) -> Fitted<N>
where
    Supervised<N, O, B>: Module,
{
    let Outcome {
        epochs,
        best_epoch,
        record,
        interrupted,
        seconds,
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
        seconds,
    }
}
