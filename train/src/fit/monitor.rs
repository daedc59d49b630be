//! The validation figure by which the best epoch is chosen, and what follows it: checkpoints and early stopping.

use std::sync::{Arc, Mutex, PoisonError};

use burn::train::EarlyStoppingStrategy;
use burn::train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::{Aggregate, Direction, EventStoreClient, Split};

use crate::fit::history::History;
use crate::fit::schedule::Plateau;

/// The validation figure by which the best epoch is chosen.
#[derive(Clone, Copy)]
pub struct Monitor {
    /// Burn's name of the metric.
    pub metric: &'static str,
    /// Which way is better.
    pub direction: Direction,
}

impl Monitor {
    /// The highest validation accuracy; the first epoch among equals.
    pub const ACCURACY: Self = Self {
        metric: "Accuracy",
        direction: Direction::Highest,
    };

    /// The lowest validation loss; the first epoch among equals.
    pub const LOSS: Self = Self {
        metric: "Loss",
        direction: Direction::Lowest,
    };
}

/// The best epoch so far, shared by checkpoints and early stopping.
#[derive(Clone)]
pub(super) struct Best {
    monitor: Monitor,
    epoch: Arc<Mutex<Option<usize>>>,
}

impl Best {
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

    pub(super) fn epoch(&self) -> Option<usize> {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps two checkpoints at most: the best by validation, and the last. (Burn's composed strategy
/// of both does the same, but cannot be asked afterwards which one was best.) It is also where the plateau
/// learns of the validation loss: after the epoch's last figure, before its checkpoint.
pub(super) struct KeepBestAndLast {
    pub(super) best: Best,
    pub(super) kept: Vec<usize>,
    pub(super) history: History,
    pub(super) plateau: Option<Plateau>,
}

impl CheckpointingStrategy for KeepBestAndLast {
    fn checkpointing(
        &mut self,
        epoch: usize,
        store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        let best = self.best.update(store).unwrap_or(epoch);
        if self.history.diverged().is_some() {
            return Vec::new(); // nothing to go on from
        }
        if let Some(plateau) = &self.plateau {
            let loss = store.find_metric("Loss", epoch, Aggregate::Mean, &Split::Valid);
            plateau.observe(loss.unwrap_or(f64::NAN));
        }
        let (keep, obsolete) = self.kept.iter().partition(|kept| **kept == best);
        self.kept = keep;
        self.kept.push(epoch);
        let obsolete: Vec<usize> = obsolete;
        obsolete
            .into_iter()
            .map(CheckpointingAction::Delete)
            .chain([CheckpointingAction::Save])
            .collect()
    }
}

/// Stops when the best epoch is so many epochs ago, or when the training has diverged. (Burn's own
/// forgets the best epoch when a run is resumed.)
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) best: Best,
    pub(super) epochs: Option<usize>,
    pub(super) history: History,
}

impl EarlyStoppingStrategy for Patience {
    fn should_stop(&mut self, epoch: usize, store: &EventStoreClient) -> bool {
        let best = self.best.update(store).unwrap_or(epoch);
        self.history.diverged().is_some()
            || self.epochs.is_some_and(|patience| epoch - best >= patience)
    }
}
