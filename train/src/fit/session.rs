//! One call of [`Run::fit`](super::run::Run::fit) from start to end: where it starts, what it records, how it ends.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use burn::store::ModuleRecord;
use burn::train::{Interrupter, TrainingError};

use crate::fit::checkpoint::Checkpoints;
use crate::fit::clipping::Clipping;
use crate::fit::history::{Epoch, EpochListener};
use crate::fit::interrupt;
use crate::fit::monitor::{BestEpoch, KeepBestAndLast, Monitor, Patience};
use crate::fit::recipe::Recipe;
use crate::fit::recorder::{Divergence, Hooks, Recorder};
use crate::fit::schedule::Plateau;

/// What a training shares with Burn's training loop.
pub(super) struct Session<'a> {
    folder: &'a Path,
    recipe: &'a Recipe,
    pub(super) checkpoints: Checkpoints,
    /// Last epoch of the earlier run, if one is continued.
    pub(super) resumed: Option<usize>,
    pub(super) recorder: Recorder,
    pub(super) interrupter: Interrupter,
    pub(super) clipping: Option<Clipping>,
    best: BestEpoch,
}

/// What remains of a training.
pub(super) struct Outcome {
    pub(super) epochs: Vec<Epoch>,
    /// Best epoch, 0 if none finished.
    pub(super) best_epoch: usize,
    /// The best network, unless it is the current one.
    pub(super) record: Option<ModuleRecord>,
}

impl<'a> Session<'a> {
    /// Starts a training in `folder`, or continues the one there.
    ///
    /// # Errors
    /// When the folder cannot be written, or an earlier run cannot be continued.
    pub(super) fn begin(
        folder: &'a Path,
        recipe: &'a Recipe,
        resume: bool,
        monitor: Monitor,
        steps_per_epoch: usize,
        listener: Option<EpochListener>,
    ) -> Result<Self> {
        let checkpoints = Checkpoints::new(folder)
            .with_context(|| format!("{}: cannot be written", folder.display()))?;
        let resumed = match resume {
            true => Some(last_epoch(folder, recipe, &checkpoints)?),
            false => None,
        };
        let clipping = recipe.clip_norm;
        let clipping = clipping
            .map(|limit| Clipping::new(limit, steps_per_epoch, resumed.unwrap_or_default()));
        let interrupter = Interrupter::new();
        interrupt::listen(&interrupter);
        let hooks = Hooks {
            listener,
            interrupter: Some(interrupter.clone()),
            clipping: clipping.clone(),
        };
        let recorder = match resumed {
            Some(epoch) => Recorder::resume(folder, epoch, hooks)?,
            None => Recorder::new(folder, hooks),
        };
        Ok(Self {
            folder,
            recipe,
            checkpoints,
            resumed,
            recorder,
            interrupter,
            clipping,
            best: BestEpoch::new(monitor),
        })
    }

    pub(super) fn checkpointing(&self, plateau: Option<Plateau>) -> KeepBestAndLast {
        KeepBestAndLast {
            best: self.best.clone(),
            kept: self.checkpoints.epochs(),
            recorder: self.recorder.clone(),
            plateau,
        }
    }

    pub(super) fn early_stopping(&self) -> Patience {
        Patience {
            best: self.best.clone(),
            epochs: self.recipe.patience,
            recorder: self.recorder.clone(),
        }
    }

    /// Ends the training: checks how it went, and finds the best epoch.
    ///
    /// # Errors
    /// When the training failed or diverged, or the history or the best checkpoint is not readable.
    pub(super) fn finish(
        &self,
        error: Option<&TrainingError>,
        is_interrupted: bool,
    ) -> Result<Outcome> {
        self.check(error)?;
        if is_interrupted {
            let last = self.checkpoints.last();
            self.recorder.truncate(last.unwrap_or(0))?;
        }
        let epochs = self.recorder.epochs();
        let best_epoch = self.best.get().unwrap_or(0);
        let is_current = best_epoch == 0 || best_epoch == epochs.len() && !is_interrupted;
        let record = match is_current {
            true => None,
            false => Some(self.checkpoints.network(best_epoch)?),
        };
        Ok(Outcome {
            epochs,
            best_epoch,
            record,
        })
    }

    /// Returns the error of a training that failed or diverged.
    fn check(&self, error: Option<&TrainingError>) -> Result<()> {
        if let Some(error) = error {
            return Err(anyhow!("training stopped: {error}"));
        }
        let folder = self.folder.display();
        if let Some(error) = self.recorder.take_failure() {
            return Err(error).context(format!("{folder}: the log cannot be written"));
        }
        let Some(Divergence { epoch, batch, part }) = self.recorder.divergence() else {
            return Ok(());
        };
        let checkpoint = match self.checkpoints.last() {
            Some(last) => {
                format!("the last good checkpoint is of epoch {last}, in {folder}/checkpoint")
            }
            None => "there is no checkpoint yet".to_owned(),
        };
        Err(anyhow!(
            "epoch {epoch}, {part} batch {batch}: the loss is no longer a finite number; {checkpoint}; train with a --learning-rate below {}",
            self.recipe.learning_rate
        ))
    }
}

/// Returns the epoch from which a run can be resumed.
fn last_epoch(folder: &Path, recipe: &Recipe, checkpoints: &Checkpoints) -> Result<usize> {
    let folder = folder.display();
    let last = checkpoints
        .last()
        .with_context(|| format!("{folder}: has no complete checkpoint; start the run again"))?;
    anyhow::ensure!(
        last < recipe.epochs,
        "{folder}: epoch {last} of {} is done; ask for more with --epochs",
        recipe.epochs
    );
    checkpoints.check(last).map_err(|error| {
        anyhow!("{folder}/checkpoint/epoch-{last}: cannot be read ({error}); start a new run")
    })?;
    Ok(last)
}
