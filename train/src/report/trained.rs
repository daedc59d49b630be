//! A trained network, as the reports of tasks draw it, and the history of its training.

use std::sync::Arc;

use burn::tensor::Device;
use datasets::split::Split;

use crate::fit::history::Epoch;
use crate::fit::recipe::Recipe;
use crate::fit::run::Fitted;
use crate::run_folder::RunFolder;

/// A trained network of type `N`, and the examples of type `S` that it is measured on.
pub struct Trained<'a, S, N> {
    /// Folder of the run.
    pub folder: &'a RunFolder,
    /// Device that the network is on.
    pub device: &'a Device,
    /// Seed of the run.
    pub seed: u64,
    /// Recipe of the training.
    pub recipe: &'a Recipe,
    /// Examples.
    pub set: &'a Arc<S>,
    /// Training, validation and test part of the examples.
    pub split: &'a Split,
    /// Network of the best epoch.
    pub network: &'a N,
    /// Epochs of its training; empty if they are not known.
    pub epochs: &'a [Epoch],
}

/// History of a training. A model file does not hold it.
#[derive(Clone, Debug)]
pub struct History {
    /// Every finished epoch.
    pub epochs: Vec<Epoch>,
    /// Epoch of the network; 0 if the training was interrupted in its first epoch.
    pub best_epoch: usize,
    /// Whether the training was interrupted before its last epoch.
    pub interrupted: bool,
}

impl History {
    /// Returns the history of a training that has just ended.
    pub fn of<N>(fitted: &Fitted<N>) -> Self {
        Self {
            epochs: fitted.epochs.clone(),
            best_epoch: fitted.best_epoch,
            interrupted: fitted.interrupted,
        }
    }

    /// Returns a metric over the training batches of the best epoch, if that epoch finished.
    pub fn figure(&self, name: &str) -> Option<f64> {
        let mut epochs = self.epochs.iter();
        let best = epochs.find(|epoch| epoch.epoch == self.best_epoch)?;
        best.train.get(name).copied()
    }
}
