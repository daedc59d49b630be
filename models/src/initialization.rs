//! Initialisers of weights.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::Initializer;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::layers::activation::Activation;
use crate::names::named;

/// Returns He's uniform initialiser, within +-sqrt(6 / fan_in): the variance of the values stays the same from one layer
/// with a ReLU to the next (He et al. 2015, <https://arxiv.org/abs/1502.01852>).
pub fn he_uniform() -> Initializer {
    Initializer::KaimingUniform {
        gain: std::f64::consts::SQRT_2,
        fan_out_only: false,
    }
}

/// Returns Glorot's uniform initialiser, within +-sqrt(6 / (fan_in + fan_out)), Keras's default (Glorot and Bengio 2010,
/// <https://proceedings.mlr.press/v9/glorot10a.html>).
pub fn glorot_uniform() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

/// Returns the initialiser of the last layer of a deep network, N(0, 0.01) as in Krizhevsky et al. 2012
/// (<https://papers.nips.cc/paper/4824>): all classes start about equally probable, so that the first steps are not spent
/// on unlearning random confident predictions.
pub fn small_normal() -> Initializer {
    Initializer::Normal {
        mean: 0.0,
        std: 0.01,
    }
}

/// Divides the variance of He's weights by `mean_square`, so that values of that mean square are brought back to 1.
/// Other initialisers stay as they are.
pub(crate) fn scaled(initializer: &Initializer, mean_square: f64) -> Initializer {
    match initializer.clone() {
        Initializer::KaimingUniform { gain, fan_out_only } => Initializer::KaimingUniform {
            gain: gain / mean_square.sqrt(),
            fan_out_only,
        },
        other => other,
    }
}

/// Initialisation that a user may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initialization {
    /// Glorot's, for activations that are about linear around zero.
    Xavier,
    /// He's, for activations that are zero on one side.
    He,
}

impl Initialization {
    /// Returns the initialisation that suits layers with this activation.
    pub fn suited_to(activation: Activation) -> Self {
        match activation {
            Activation::Identity
            | Activation::Sigmoid
            | Activation::LogSigmoid
            | Activation::Tanh
            | Activation::Selu => Self::Xavier,
            _ => Self::He,
        }
    }

    /// Returns Burn's initialiser.
    pub fn initializer(self) -> Initializer {
        match self {
            Self::Xavier => glorot_uniform(),
            Self::He => he_uniform(),
        }
    }
}

named!(Initialization, what: "initialisation", {
    "xavier" => Self::Xavier,
    "he" => Self::He,
});

/// Draws the parameters of a module that would be drawn when they are first used, in the order of its fields.
pub(crate) fn draw_parameters(module: &impl Module) {
    module.visit(&mut Draw);
}

struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let _ = parameter.val();
    }
}
