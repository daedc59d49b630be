//! One call of [`Run::fit`](super::run::Run::fit) from start to end: where it starts, what it keeps, how it ends.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use burn::store::ModuleRecord;
use burn::train::{Interrupter, TrainingError};

use super::checkpoint::{Checkpoints, Saved};
use super::clipping::Clipping;
use super::history::{Epoch, EpochListener};
use super::monitor::Monitor;
use super::progress::{Position, Progress};
use super::recipe::Recipe;
use super::recorder::{Divergence, Hooks, Recorder};

/// What a training shares with its loop over the epochs.
pub(super) struct Session {
    folder: PathBuf,
    recipe: Recipe,
    monitor: Monitor,
    /// Epochs whose networks were not kept, so that none of them can be the best.
    lost: Vec<usize>,
    /// Where the training starts.
    pub(super) start: Position,
    pub(super) checkpoints: Checkpoints,
    pub(super) recorder: Recorder,
    pub(super) interrupter: Interrupter,
    pub(super) clipping: Option<Clipping>,
    /// Set by the loop if the training is interrupted. Burn's dashboard resets the interrupter when a training ends.
    pub(super) interrupted: OnceLock<()>,
}

/// What remains of a training.
pub(super) struct Outcome {
    pub(super) epochs: Vec<Epoch>,
    /// Best epoch, 0 if none finished.
    pub(super) best_epoch: usize,
    /// The best network, unless it is the current one.
    pub(super) record: Option<ModuleRecord>,
    pub(super) interrupted: bool,
    /// Seconds of training and validation.
    pub(super) seconds: f64,
}

/// Where a training starts: at the newest checkpoint in its folder, or at the beginning.
#[derive(Default)]
pub(super) struct Start {
    pub(super) position: Position,
    pub(super) saved: Option<Saved>,
}

impl Start {
    /// Loads the newest checkpoint in `folder`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or training cannot go on from it.
    pub(super) fn find(folder: &Path, recipe: &Recipe, batches: usize) -> Result<Self> {
        let checkpoints = Checkpoints::of(folder);
        let Some(position) = checkpoints.last() else {
            return Ok(Self::default());
        };
        ensure!(
            position.epochs <= recipe.epochs,
            "{}: {} epochs are done, more than --epochs {}; ask for as many at least",
            folder.display(),
            position.epochs,
            recipe.epochs
        );
        let saved = checkpoints.load(position)?;
        let before = saved.progress.batches;
        ensure!(
            position.batches == 0 || before == batches,
            "{}: the checkpoint is within an epoch of {before} batches, and now there would be {batches}; keep --batch-size until the epoch has ended",
            folder.display()
        );
        Ok(Self {
            position,
            saved: Some(saved),
        })
    }
}

impl Session {
    /// Starts a training in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn begin(
        folder: &Path,
        recipe: &Recipe,
        start: &Start,
        monitor: Monitor,
        listener: Option<EpochListener>,
    ) -> Result<Self> {
        let checkpoints = Checkpoints::of(folder);
        checkpoints.prepare().with_context(|| {
            format!(
                "{}: cannot be written; choose another place with --out",
                folder.display()
            )
        })?;
        if let Some(saved) = &start.saved {
            // Its process may have been killed before it could.
            let best = monitor.best(&saved.progress.epochs);
            let discarded = checkpoints.discard_others(start.position, best);
            discarded.with_context(|| {
                format!("{}: old checkpoints cannot be deleted", folder.display())
            })?;
        }
        let empty = Progress::default();
        let progress = (start.saved.as_ref()).map_or(&empty, |saved| &saved.progress);
        let lost = lost(&checkpoints, &progress.epochs, monitor);
        let clipping = recipe.clip_norm;
        let clipping = clipping.map(|limit| Clipping::new(limit, progress.norms));
        let interrupter = Interrupter::new();
        let hooks = Hooks {
            listener,
            interrupter: Some(interrupter.clone()),
            clipping: clipping.clone(),
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            recipe: recipe.clone(),
            monitor,
            lost,
            start: start.position,
            recorder: Recorder::new(folder, progress, hooks)?,
            checkpoints,
            interrupter,
            clipping,
            interrupted: OnceLock::new(),
        })
    }

    /// Returns the best epoch so far.
    pub(super) fn best(&self) -> Option<usize> {
        let mut epochs = self.recorder.epochs();
        epochs.retain(|epoch| !self.lost.contains(&epoch.epoch));
        self.monitor.best(&epochs)
    }

    /// Returns whether the training is complete: its last epoch is done, or too many were not better than the best.
    pub(super) fn is_complete(&self) -> bool {
        let epochs = self.recorder.epochs();
        let last = epochs.len();
        let waited = last - self.best().unwrap_or(last);
        last >= self.recipe.epochs
            || self
                .recipe
                .patience
                .is_some_and(|patience| waited >= patience)
    }

    /// Ends the training: checks how it went, and finds the best epoch.
    ///
    /// # Errors
    /// When the training failed or diverged, or the history or the best checkpoint is not readable.
    pub(super) fn finish(&self, error: Option<&TrainingError>) -> Result<Outcome> {
        self.check(error)?;
        let epochs = self.recorder.epochs();
        let best_epoch = self.best().unwrap_or(0);
        let interrupted = self.interrupted.get().is_some();
        let ends_with_epoch = !interrupted && epochs.len() > self.start.epochs;
        let is_current = best_epoch == 0 || best_epoch == epochs.len() && ends_with_epoch;
        let record = match is_current {
            true => None,
            false => Some(self.best_network(best_epoch)?),
        };
        let seconds = epochs.iter().map(|epoch| epoch.seconds).sum::<f64>();
        Ok(Outcome {
            seconds: seconds + self.recorder.progress().seconds,
            epochs,
            best_epoch,
            record,
            interrupted,
        })
    }

    /// Loads the network of the best epoch.
    fn best_network(&self, epoch: usize) -> Result<ModuleRecord> {
        self.checkpoints.network(epoch).map_err(|error| {
            let folder = self.folder.display();
            match self.checkpoints.failure() {
                Some(failure) => anyhow!(
                    "{folder}/checkpoint: cannot be written ({failure}); make room, then go on with `train --resume {folder}`"
                ),
                None => anyhow!("{folder}: {error}"),
            }
        })
    }

    /// Returns the error of a training that failed or diverged.
    fn check(&self, error: Option<&TrainingError>) -> Result<()> {
        if let Some(error) = error {
            return Err(anyhow!("training stopped: {error}"));
        }
        let folder = self.folder.display();
        if let Some(error) = self.recorder.take_failure() {
            return Err(error.into());
        }
        let Some(Divergence { epoch, batch, part }) = self.recorder.divergence() else {
            return Ok(());
        };
        let checkpoint = match self.checkpoints.last() {
            Some(last) => format!("the last good checkpoint is {folder}/checkpoint/{last}"),
            None => "there is no checkpoint yet".to_owned(),
        };
        Err(anyhow!(
            "epoch {epoch}, {part} batch {batch}: the loss is no longer a finite number; {checkpoint}; train with a --learning-rate below {}",
            self.recipe.learning_rate
        ))
    }
}

/// Returns the epochs of which no checkpoint was kept, if the best one is among them: the run was resumed with another
/// monitor.
fn lost(checkpoints: &Checkpoints, epochs: &[Epoch], monitor: Monitor) -> Vec<usize> {
    let kept = checkpoints.positions();
    let is_kept = |epoch: usize| kept.contains(&Position::end_of(epoch));
    match monitor.best(epochs) {
        Some(best) if !is_kept(best) => {
            eprintln!(
                "best epoch: the network of epoch {best}, the best by {}, was not kept; the best is chosen among the networks that were, and those of the coming epochs",
                monitor.metric
            );
            let epochs = epochs.iter().map(|epoch| epoch.epoch);
            epochs.filter(|epoch| !is_kept(*epoch)).collect()
        }
        _ => Vec::new(),
    }
}
