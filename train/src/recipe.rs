//! How a network is trained: optimiser, learning rate and its schedule, batch size, epochs.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};
use burn::lr_scheduler::LrSchedulerConfig;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use clap::ValueEnum;
use datasets::{Augmentation, Noise};
use serde::{Deserialize, Serialize};

use crate::adam::Adam;
use crate::objective::Penalty;

/// Everything about the training that is not the network or the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The rule that turns gradients into steps.
    pub optimizer: Optimizer,
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
    /// Stop after this many epochs without a better validation figure.
    pub patience: Option<usize>,
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
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), decay 1e-4.
    Adamw,
    /// AdaGrad (Duchi et al., 2011).
    Adagrad,
    /// RMSprop (Tieleman and Hinton, 2012).
    Rmsprop,
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

/// Learning-rate schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// The same rate throughout.
    Constant,
    /// A linear warm-up over the first 5 % of the steps, then half a cosine down to zero
    /// (Loshchilov and Hutter, 2017).
    Cosine,
}

/// The learning rates that are accepted: above 0, at most 1.
pub const LEARNING_RATES: RangeInclusive<f64> = f64::MIN_POSITIVE..=1.0;

/// Share of the steps that `Schedule::Cosine` warms up over.
const WARM_UP: f64 = 0.05;

impl Recipe {
    /// Adam at a constant rate, as the chapter's Keras programs train.
    pub fn adam(learning_rate: f64, batch_size: usize, epochs: usize) -> Self {
        Self {
            optimizer: Optimizer::Adam,
            learning_rate,
            schedule: Schedule::Constant,
            batch_size,
            epochs,
            augmentation: None,
            noise: None,
            penalty: None,
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
            Optimizer::Adamw => Adam { weight_decay: 1e-4 }.into(),
            Optimizer::Adagrad => AdaGradConfig::new().init(),
            Optimizer::Rmsprop => RmsPropConfig::new().init(),
        }
    }

    /// The learning rate for each of `steps` steps.
    ///
    /// # Errors
    /// When Burn's scheduler refuses the rate.
    pub fn scheduler(&self, steps: usize) -> Result<ModuleLrScheduler> {
        match self.schedule {
            Schedule::Constant => Ok(self.learning_rate.into()),
            Schedule::Cosine => cosine_with_warm_up(self.learning_rate, steps)
                .map_err(|reason| anyhow!("learning rate {}: {reason}", self.learning_rate)),
        }
    }
}

fn cosine_with_warm_up(peak: f64, steps: usize) -> Result<ModuleLrScheduler, String> {
    let warm_up = ((steps as f64 * WARM_UP) as usize).max(1);
    let rest = steps.saturating_sub(warm_up).max(1);
    let rise = LinearLrSchedulerConfig::new(peak / warm_up as f64, peak, warm_up);
    let fall = CosineAnnealingLrSchedulerConfig::new(peak, rest);
    SequentialLrSchedulerConfig::new(
        vec![
            LrSchedulerConfig::Linear(rise),
            LrSchedulerConfig::Cosine(fall),
        ],
        vec![warm_up],
    )
    .init()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_to_the_peak_then_falls_to_nearly_zero() {
        let recipe = Recipe::adam(0.01, 32, 1).cosine();
        let mut scheduler = recipe.scheduler(1000).unwrap();
        let rates: Vec<f64> = (0..1000).map(|_| scheduler.step().base()).collect();
        assert!(rates[0] < 0.001);
        assert!((rates[50] - 0.01).abs() < 1e-4, "{}", rates[50]);
        // Half way down the cosine: step 50 + 475 of 950.
        assert!((rates[525] - 0.005).abs() < 1e-4, "{}", rates[525]);
        assert!(rates[999] < 1e-5, "{}", rates[999]);
        assert!(rates.windows(2).skip(50).all(|pair| pair[1] <= pair[0]));
    }
}
