//! How weights start.

use std::str::FromStr;

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::Initializer;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::layers::activation::Activation;

/// He's initialisation, uniform: within +-sqrt(6 / fan_in), so that the spread of the values stays
/// the same from one layer with a ReLU to the next (He et al. 2015,
/// <https://arxiv.org/abs/1502.01852>).
pub fn he_uniform() -> Initializer {
    Initializer::KaimingUniform {
        gain: std::f64::consts::SQRT_2,
        fan_out_only: false,
    }
}

/// Glorot's initialisation, uniform: within +-sqrt(6 / (fan_in + fan_out)), Keras's default
/// (Glorot and Bengio 2010, <https://proceedings.mlr.press/v9/glorot10a.html>).
pub fn glorot_uniform() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

/// Small normal weights for the output of a deep network, N(0, 0.01) as Krizhevsky et al. 2012 have it
/// (<https://papers.nips.cc/paper/4824>): every class starts about equally probable, so that the first
/// steps are not spent on unlearning what the other layers' larger weights and the dropout make up.
pub fn small_normal() -> Initializer {
    Initializer::Normal {
        mean: 0.0,
        std: 0.01,
    }
}

/// How weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initialization {
    /// Glorot and Bengio's: for activations that are about linear around zero.
    Xavier,
    /// He's: for those that are zero on one side.
    He,
}

impl Initialization {
    /// That which goes with an activation.
    pub fn suiting(activation: Activation) -> Self {
        match activation {
            Activation::Identity
            | Activation::Sigmoid
            | Activation::LogSigmoid
            | Activation::Tanh
            | Activation::Selu => Self::Xavier,
            _ => Self::He,
        }
    }

    /// As Burn draws it.
    pub fn initializer(self) -> Initializer {
        match self {
            Self::Xavier => glorot_uniform(),
            Self::He => he_uniform(),
        }
    }
}

impl FromStr for Initialization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "xavier" => Ok(Self::Xavier),
            "he" => Ok(Self::He),
            _ => Err(format!(
                "{text}: no such initialisation; choose xavier or he"
            )),
        }
    }
}

/// Draws every parameter of a module that waits for its first use.
pub(crate) fn draw_parameters(module: &impl Module) {
    module.visit(&mut Draw);
}

struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let _ = parameter.val();
    }
}
