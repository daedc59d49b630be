//! The recipe of a training: optimiser, learning rate and its schedule, batch size, epochs, regularisation.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};
use burn::optim::ModuleOptimizer;
use datasets::{Augmentation, Noise};
use serde::{Deserialize, Serialize};

use crate::fit::class_weights::{ClassWeights, Sampling};
use crate::fit::objective::{Loss, Penalty};
use crate::fit::optimizers::Optimizer;
use crate::fit::schedule::{Rates, Schedule};

/// Settings of a training, beside the network and the data. Stored in `config.json` and `result.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Optimiser.
    pub optimizer: Optimizer,
    /// Loss of classifiers.
    #[serde(default)]
    pub loss: Loss,
    /// Learning rate at the peak of the schedule.
    pub learning_rate: f64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// Number of examples per step.
    pub batch_size: usize,
    /// Number of passes over the training part.
    pub epochs: usize,
    /// Augmentation of the training pictures, drawn anew in every epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<Augmentation>,
    /// Noise on the input of an autoencoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// Sparsity penalty on the activity of an autoencoder's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<Penalty>,
    /// Largest norm of the gradients of a step; larger gradients are scaled down to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Weight decay of AdamW, 1e-4 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Decay of the exponential moving average of the weights; the averaged network is validated and kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Fraction of the target probability that is spread over all tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// Probability in the last epoch that a decoder is fed the reference token instead of its own prediction; it falls
    /// from 1 in the first epoch.
    #[serde(default = "always", skip_serializing_if = "is_always")]
    pub teacher_forcing: f64,
    /// Number of epochs without a better validation figure after which training stops early.
    pub patience: Option<usize>,
    /// Validation figure by which the best epoch is chosen, instead of the task's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<String>,
    /// Weights of the classes in the loss of a classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
    /// Which examples an epoch of a classifier draws.
    #[serde(default, skip_serializing_if = "Sampling::is_usual")]
    pub sampling: Sampling,
    /// Last of the frozen layers, which are not trained: a name of the layer table, or `features`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<String>,
}

fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

fn always() -> f64 {
    1.0
}

fn is_always(share: &f64) -> bool {
    *share == 1.0
}

/// Accepted learning rates: above 0, at most 1.
pub const LEARNING_RATES: RangeInclusive<f64> = f64::MIN_POSITIVE..=1.0;

impl Recipe {
    /// Creates a recipe with Adam at a constant rate, as in the chapter's Keras programs.
    pub fn adam(learning_rate: f64, batch_size: usize, epochs: usize) -> Self {
        Self {
            optimizer: Optimizer::Adam,
            loss: Loss::CrossEntropy,
            learning_rate,
            schedule: Schedule::Constant,
            batch_size,
            epochs,
            augmentation: None,
            noise: None,
            penalty: None,
            clip_norm: None,
            weight_decay: None,
            average: None,
            label_smoothing: 0.0,
            teacher_forcing: 1.0,
            patience: None,
            monitor: None,
            class_weights: None,
            sampling: Sampling::Once,
            freeze: None,
        }
    }

    /// Creates a recipe with plain gradient descent at a constant rate.
    pub fn sgd(learning_rate: f64, batch_size: usize, epochs: usize) -> Self {
        Self {
            optimizer: Optimizer::Sgd,
            ..Self::adam(learning_rate, batch_size, epochs)
        }
    }

    /// Sets a cosine schedule.
    pub fn cosine(self) -> Self {
        Self {
            schedule: Schedule::Cosine,
            ..self
        }
    }

    /// Sets the augmentation of the training pictures.
    pub fn augmented(self, augmentation: Augmentation) -> Self {
        Self {
            augmentation: Some(augmentation),
            ..self
        }
    }

    /// Sets the noise on the input.
    pub fn disturbed(self, noise: Noise) -> Self {
        Self {
            noise: Some(noise),
            ..self
        }
    }

    /// Sets the largest norm of the gradients.
    pub fn clipped(self, norm: f64) -> Self {
        Self {
            clip_norm: Some(norm),
            ..self
        }
    }

    /// Sets AdamW with a weight decay.
    pub fn decayed(self, decay: f64) -> Self {
        Self {
            optimizer: Optimizer::Adamw,
            weight_decay: Some(decay),
            ..self
        }
    }

    /// Sets the decay of averaged weights.
    pub fn averaged(self, decay: f64) -> Self {
        Self {
            average: Some(decay),
            ..self
        }
    }

    /// Sets the sparsity penalty.
    pub fn penalized(self, penalty: Penalty) -> Self {
        Self {
            penalty: Some(penalty),
            ..self
        }
    }

    /// Checks values that come from the command line or a file.
    ///
    /// # Errors
    /// When a value cannot be trained with; the error names it.
    pub fn check(&self) -> Result<()> {
        ensure!(
            LEARNING_RATES.contains(&self.learning_rate),
            "the learning rate is {}, but must be above 0 and at most 1",
            self.learning_rate
        );
        ensure!(
            self.batch_size > 0,
            "the batch size is 0, but must be at least 1"
        );
        ensure!(
            self.epochs > 0,
            "the number of epochs is 0, but must be at least 1"
        );
        if let Some(norm) = self.clip_norm {
            ensure!(
                norm.is_finite() && norm > 0.0,
                "the largest norm of the gradients is {norm}, but must be above 0"
            );
        }
        self.check_weights()?;
        for (what, share) in [
            ("label smoothing", self.label_smoothing),
            ("teacher forcing", self.teacher_forcing),
        ] {
            ensure!(
                (0.0..=1.0).contains(&share),
                "the {what} is {share}, but must be from 0 to 1"
            );
        }
        if let Some(noise) = &self.noise {
            noise.validate()?;
        }
        if let Some(penalty) = &self.penalty {
            penalty.check()?;
        }
        Ok(())
    }

    /// Checks weight decay and averaging.
    fn check_weights(&self) -> Result<()> {
        if let Some(decay) = self.weight_decay {
            ensure!(
                (0.0..=1.0).contains(&decay),
                "the weight decay is {decay}, but must be from 0 to 1"
            );
            ensure!(
                self.optimizer == Optimizer::Adamw,
                "the weight decay is {decay}, but {} has none: train with --optimizer adamw, or leave \
                 --weight-decay out",
                self.optimizer.name()
            );
        }
        if let Some(decay) = self.average {
            ensure!(
                decay > 0.0 && decay < 1.0,
                "the decay of the averaged weights is {decay}, but must be between 0 and 1"
            );
        }
        Ok(())
    }

    /// Returns the name of the figure by which the best epoch is chosen; `usual` is that of the task.
    pub fn monitored(&self, usual: &str) -> String {
        match &self.monitor {
            Some(name) => format!("validation {name}"),
            None => usual.to_owned(),
        }
    }

    /// Creates the optimiser.
    pub fn optimizer(&self) -> ModuleOptimizer {
        self.optimizer.init(self.weight_decay)
    }

    /// Returns the learning rate of each of `steps` steps.
    ///
    /// # Errors
    /// When Burn's scheduler refuses the rate.
    pub fn rates(&self, steps: usize) -> Result<Rates> {
        (self.schedule.rates(self.learning_rate, steps))
            .map_err(|reason| anyhow!("learning rate {}: {reason}", self.learning_rate))
    }
}
