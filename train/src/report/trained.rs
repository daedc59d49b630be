//! A finished training, as the reports of tasks draw it.

use std::sync::Arc;

use burn::tensor::Device;
use datasets::split::Split;

use crate::fit::recipe::Recipe;
use crate::fit::run::Fitted;
use crate::run_folder::RunFolder;

/// A finished training on examples of type `S`, of a network of type `N`.
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
    /// Network of the best epoch, and the history of the training.
    pub fitted: &'a Fitted<N>,
}
