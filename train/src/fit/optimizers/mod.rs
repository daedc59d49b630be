//! Optimisers of the command line: Burn's, and those that Burn lacks or that are faster here.

mod adam;
mod adamax;
mod nadam;
#[cfg(test)]
mod reference;

use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use adam::Adam;
use adamax::AdaMax;
use nadam::NAdam;

/// An optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd,
    /// SGD with momentum 0.9.
    Momentum,
    /// SGD with Nesterov momentum 0.9.
    Nesterov,
    /// Adam (Kingma and Ba, 2015), with Keras's epsilon of 1e-7.
    Adam,
    /// Adam with Nesterov's momentum (Dozat, 2016).
    Nadam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    Adamw,
    /// Adam with a weighted maximum of the gradients in place of the mean square (Kingma and Ba, 2015).
    Adamax,
    /// AdaGrad (Duchi et al., 2011).
    Adagrad,
    /// RMSprop (Tieleman and Hinton, 2012), with a mean over about 10 steps, as in Keras.
    Rmsprop,
}

/// Weight decay of AdamW by default.
const DEFAULT_WEIGHT_DECAY: f64 = 1e-4;

impl Optimizer {
    /// Returns the learning rate that it is usually started with.
    ///
    /// Most are the defaults of PyTorch or Keras; 0.1 for plain gradient descent is the chapter's. A momentum of 0.9 makes
    /// steps ten times as long, hence a tenth of that.
    pub fn usual_rate(self) -> f64 {
        match self {
            Self::Sgd => 0.1,
            Self::Momentum | Self::Nesterov | Self::Adagrad => 0.01,
            Self::Nadam | Self::Adamax => 2e-3,
            Self::Adam | Self::Adamw | Self::Rmsprop => 1e-3,
        }
    }

    /// Returns its name on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Creates the optimiser; `weight_decay` is AdamW's.
    pub fn init(self, weight_decay: Option<f64>) -> ModuleOptimizer {
        let momentum = |nesterov| {
            let momentum = MomentumConfig::new()
                .with_momentum(0.9)
                .with_nesterov(nesterov);
            SgdConfig::new()
                .with_momentum(Some(momentum.with_dampening(0.0)))
                .init()
        };
        match self {
            Self::Sgd => SgdConfig::new().init(),
            Self::Momentum => momentum(false),
            Self::Nesterov => momentum(true),
            Self::Adam => Adam { weight_decay: 0.0 }.into(),
            Self::Adamw => {
                let weight_decay = weight_decay.unwrap_or(DEFAULT_WEIGHT_DECAY) as f32;
                Adam { weight_decay }.into()
            }
            Self::Nadam => NAdam.into(),
            Self::Adamax => AdaMax.into(),
            Self::Adagrad => AdaGradConfig::new().with_epsilon(1e-10).init(),
            // Burn's default momentum of 0.9 would multiply the rate by ten.
            Self::Rmsprop => RmsPropConfig::new()
                .with_alpha(0.9)
                .with_momentum(0.0)
                .with_epsilon(1e-7)
                .init(),
        }
    }
}
