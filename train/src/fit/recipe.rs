//! How a network is trained: optimiser, learning rate and its schedule, batch size, epochs.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use clap::ValueEnum;
use datasets::{Augmentation, Noise};
use serde::{Deserialize, Serialize};

use crate::fit::adam::Adam;
use crate::fit::adamax::AdaMax;
use crate::fit::nadam::NAdam;
use crate::fit::objective::{Loss, Penalty};
use crate::fit::schedule::{Rates, Schedule};

/// Everything about the training that is not the network or the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The rule that turns gradients into steps.
    pub optimizer: Optimizer,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// The (peak) learning rate.
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    pub schedule: Schedule,
    /// Examples per step.
    pub batch_size: usize,
    /// Passes over the training part.
    pub epochs: usize,
    /// How training pictures are altered in every pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<Augmentation>,
    /// How the pictures that go into an autoencoder are disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// What an active code of an autoencoder costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<Penalty>,
    /// The norm above which the gradients of a step are scaled down to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The share of each weight that AdamW takes away in a step at a rate of 1; without it 1e-4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// The decay of the exponential moving average of the weights, which is then what is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// The share of the target that is spread over all tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// How often a decoder hears the known token, not its own guess, in the last epoch; always in the first.
    #[serde(default = "always", skip_serializing_if = "is_always")]
    pub teacher_forcing: f64,
    /// Stop after this many epochs without a better validation figure.
    pub patience: Option<usize>,
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

/// The optimisers of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd,
    /// SGD with momentum 0.9.
    Momentum,
    /// SGD with Nesterov momentum 0.9.
    Nesterov,
    /// Adam (Kingma and Ba, 2015), epsilon 1e-7 as Keras has it.
    Adam,
    /// Adam with Nesterov's momentum (Dozat, 2016).
    Nadam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    Adamw,
    /// Adam with the largest gradient so far instead of the mean square (Kingma and Ba, 2015).
    Adamax,
    /// AdaGrad (Duchi et al., 2011).
    Adagrad,
    /// RMSprop (Tieleman and Hinton, 2012), with a mean over 10 steps as Keras has it.
    Rmsprop,
}

impl Optimizer {
    /// The learning rate it is usually started with: the default of PyTorch or Keras, and the chapter's 0.1
    /// for plain gradient descent. A momentum of 0.9 makes ten steps of one, hence a tenth of that.
    pub fn usual_rate(self) -> f64 {
        match self {
            Self::Sgd => 0.1,
            Self::Momentum | Self::Nesterov | Self::Adagrad => 0.01,
            Self::Nadam | Self::Adamax => 2e-3,
            Self::Adam | Self::Adamw | Self::Rmsprop => 1e-3,
        }
    }

    /// As on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What the command line says about altered training pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Augment {
    /// As they are.
    None,
    /// Mirrored, turned, moved, resized, with other contrast and noise, as slices of a head may be.
    Scans,
    /// Turned, moved and resized a little, as another hand would.
    Digits,
}

impl Augment {
    /// How far.
    pub fn augmentation(self) -> Option<Augmentation> {
        match self {
            Self::None => None,
            Self::Scans => Some(Augmentation::SCANS),
            Self::Digits => Some(Augmentation::DIGITS),
        }
    }
}

/// A number that the command line may also switch off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switch(pub Option<f64>);

/// The decay of AdamW's weights where none is given.
const USUAL_DECAY: f64 = 1e-4;

/// The learning rates that are accepted: above 0, at most 1.
pub const LEARNING_RATES: RangeInclusive<f64> = f64::MIN_POSITIVE..=1.0;

impl Recipe {
    /// Adam at a constant rate, as the chapter's Keras programs train.
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
        }
    }

    /// Plain gradient descent at a constant rate.
    pub fn sgd(learning_rate: f64, batch_size: usize, epochs: usize) -> Self {
        Self {
            optimizer: Optimizer::Sgd,
            ..Self::adam(learning_rate, batch_size, epochs)
        }
    }

    /// The same recipe with a cosine schedule.
    pub fn cosine(self) -> Self {
        Self {
            schedule: Schedule::Cosine,
            ..self
        }
    }

    /// The same recipe on pictures that are altered in every pass.
    pub fn augmented(self, augmentation: Augmentation) -> Self {
        Self {
            augmentation: Some(augmentation),
            ..self
        }
    }

    /// The same recipe on disturbed pictures.
    pub fn disturbed(self, noise: Noise) -> Self {
        Self {
            noise: Some(noise),
            ..self
        }
    }

    /// The same recipe with gradients of at most this norm.
    pub fn clipped(self, norm: f64) -> Self {
        Self {
            clip_norm: Some(norm),
            ..self
        }
    }

    /// The same recipe with AdamW and this decay of the weights.
    pub fn decayed(self, decay: f64) -> Self {
        Self {
            optimizer: Optimizer::Adamw,
            weight_decay: Some(decay),
            ..self
        }
    }

    /// The same recipe with averaged weights.
    pub fn averaged(self, decay: f64) -> Self {
        Self {
            average: Some(decay),
            ..self
        }
    }

    /// The same recipe with a cost of activity.
    pub fn penalized(self, penalty: Penalty) -> Self {
        Self {
            penalty: Some(penalty),
            ..self
        }
    }

    /// Checks what came from a file.
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
            "the batch size is 0, but must be 1 at least"
        );
        ensure!(
            self.epochs > 0,
            "the number of epochs is 0, but must be 1 at least"
        );
        if let Some(norm) = self.clip_norm {
            ensure!(
                norm.is_finite() && norm > 0.0,
                "the largest norm of the gradients is {norm}, but must be above 0"
            );
        }
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

    /// The optimiser, ready to step.
    pub fn optimizer(&self) -> ModuleOptimizer {
        let momentum = |nesterov| {
            let momentum = MomentumConfig::new()
                .with_momentum(0.9)
                .with_nesterov(nesterov);
            SgdConfig::new()
                .with_momentum(Some(momentum.with_dampening(0.0)))
                .init()
        };
        match self.optimizer {
            Optimizer::Sgd => SgdConfig::new().init(),
            Optimizer::Momentum => momentum(false),
            Optimizer::Nesterov => momentum(true),
            Optimizer::Adam => Adam { weight_decay: 0.0 }.into(),
            Optimizer::Adamw => {
                let weight_decay = self.weight_decay.unwrap_or(USUAL_DECAY) as f32;
                Adam { weight_decay }.into()
            }
            Optimizer::Nadam => NAdam.into(),
            Optimizer::Adamax => AdaMax.into(),
            Optimizer::Adagrad => AdaGradConfig::new().with_epsilon(1e-10).init(),
            // Burn's own has a momentum of 0.9 by default, which makes the rate ten times as large.
            Optimizer::Rmsprop => RmsPropConfig::new()
                .with_alpha(0.9)
                .with_momentum(0.0)
                .with_epsilon(1e-7)
                .init(),
        }
    }

    /// The learning rate for each of `steps` steps.
    ///
    /// # Errors
    /// When Burn's scheduler refuses the rate.
    pub fn rates(&self, steps: usize) -> Result<Rates> {
        (self.schedule.rates(self.learning_rate, steps))
            .map_err(|reason| anyhow!("learning rate {}: {reason}", self.learning_rate))
    }
}
