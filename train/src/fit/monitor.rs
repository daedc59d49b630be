//! The validation metric by which the best epoch is chosen, and what depends on it: checkpoints and early stopping.

use std::sync::{Arc, Mutex, PoisonError};

use burn::train::EarlyStoppingStrategy;
use burn::train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::{Aggregate, Direction, EventStoreClient, Split};

use crate::fit::recorder::Recorder;
use crate::fit::schedule::Plateau;

/// The validation metric by which the best epoch is chosen; the first epoch among equals.
#[derive(Clone, Copy)]
pub struct Monitor {
    /// Burn's name of the metric.
    pub metric: &'static str,
    /// Whether higher or lower is better.
    pub direction: Direction,
}

impl Monitor {
    /// Highest validation accuracy.
    pub const ACCURACY: Self = Self {
        metric: "Accuracy",
        direction: Direction::Highest,
    };

    /// Lowest validation loss.
    pub const LOSS: Self = Self {
        metric: "Loss",
        direction: Direction::Lowest,
    };
}

/// The best epoch so far, shared by checkpoints and early stopping.
#[derive(Clone)]
pub(super) struct BestEpoch {
    monitor: Monitor,
    epoch: Arc<Mutex<Option<usize>>>,
}

impl BestEpoch {
    pub(super) fn new(monitor: Monitor) -> Self {
        Self {
            monitor,
            epoch: Arc::default(),
        }
    }

    fn update(&self, store: &EventStoreClient) -> Option<usize> {
        let Monitor { metric, direction } = self.monitor;
        let found = store.find_epoch(metric, Aggregate::Mean, direction, &Split::Valid);
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = found;
        found
    }

    /// Returns the best epoch; `None` before the first one has finished.
    pub(super) fn get(&self) -> Option<usize> {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps at most two checkpoints: the best by validation, and the last.
///
/// Burn's composed strategy does the same, but cannot be asked afterwards which epoch was the best. This is also where
/// the plateau schedule observes the validation loss: after the epoch's last metric, before its checkpoint.
pub(super) struct KeepBestAndLast {
    pub(super) best: BestEpoch,
    /// Epochs of the existing checkpoints.
    pub(super) kept: Vec<usize>,
    pub(super) recorder: Recorder,
    pub(super) plateau: Option<Plateau>,
}

impl CheckpointingStrategy for KeepBestAndLast {
    fn checkpointing(
        &mut self,
        epoch: usize,
        store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        let best = self.best.update(store).unwrap_or(epoch);
        if self.recorder.divergence().is_some() {
            return Vec::new(); // Nothing to resume from.
        }
        if let Some(plateau) = &self.plateau {
            let loss = store.find_metric("Loss", epoch, Aggregate::Mean, &Split::Valid);
            plateau.observe(loss.unwrap_or(f64::NAN));
        }
        let (keep, obsolete): (_, Vec<usize>) = self.kept.iter().partition(|kept| **kept == best);
        self.kept = keep;
        self.kept.push(epoch);
        (obsolete.into_iter().map(CheckpointingAction::Delete))
            .chain([CheckpointingAction::Save])
            .collect()
    }
}

/// Stops when a number of epochs brought no better one, or when the training has diverged.
///
/// Burn's strategy forgets the best epoch when a run is resumed.
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) best: BestEpoch,
    pub(super) epochs: Option<usize>,
    pub(super) recorder: Recorder,
}

impl EarlyStoppingStrategy for Patience {
    fn should_stop(&mut self, epoch: usize, store: &EventStoreClient) -> bool {
        let best = self.best.update(store).unwrap_or(epoch);
        self.recorder.divergence().is_some()
            || self.epochs.is_some_and(|patience| epoch - best >= patience)
    }
}
