//! Spikes: surrogate derivatives of the threshold, and the reset of a membrane that fired.

use std::f32::consts::FRAC_PI_2;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A surrogate derivative of the Heaviside step (Neftci, Mostafa and Zenke 2019,
/// <https://doi.org/10.1109/MSP.2019.2931595>).
///
/// The forward pass is the step itself, whose derivative is zero everywhere but at the threshold; the backward pass
/// uses the surrogate instead. Below, x is the membrane potential minus the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surrogate {
    /// 1 / (1 + k |x|)^2, the derivative of a fast sigmoid (Zenke and Ganguli 2018,
    /// <https://doi.org/10.1162/neco_a_01086>).
    FastSigmoid {
        /// Slope k: the larger, the narrower.
        slope: f32,
    },
    /// (a / 2) / (1 + (pi a x / 2)^2), the derivative of an arctangent (Fang et al. 2021,
    /// <https://arxiv.org/abs/2007.05785>).
    Arctangent {
        /// Slope a: the larger, the narrower and higher.
        slope: f32,
    },
    /// max(0, 1 - |x| / w), a triangle (Esser et al. 2016, <https://doi.org/10.1073/pnas.1604850113>).
    Triangular {
        /// Half of the width of its base, w.
        width: f32,
    },
}

impl Surrogate {
    /// The fast sigmoid with slope 25, snnTorch's default.
    pub const FAST_SIGMOID: Self = Self::FastSigmoid { slope: 25.0 };
    /// The arctangent with slope 2, snnTorch's default.
    pub const ARCTANGENT: Self = Self::Arctangent { slope: 2.0 };
    /// The triangle that reaches from zero to twice a threshold of 1.
    pub const TRIANGULAR: Self = Self::Triangular { width: 1.0 };

    /// Returns the surrogate derivative at `x`; NaN at NaN.
    #[inline(always)]
    pub fn derivative(self, x: f32) -> f32 {
        match self {
            Self::FastSigmoid { slope } => {
                let root = 1.0 + slope * x.abs();
                1.0 / (root * root)
            }
            Self::Arctangent { slope } => {
                let tangent = FRAC_PI_2 * slope * x;
                0.5 * slope / (1.0 + tangent * tangent)
            }
            Self::Triangular { width } => {
                let height = 1.0 - x.abs() / width;
                // Not `max`, which would turn NaN into 0.
                if height < 0.0 { 0.0 } else { height }
            }
        }
    }

    /// Returns the surrogate derivative of every element.
    fn derivatives<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::FastSigmoid { slope } => (x.abs() * slope + 1.0).square().recip(),
            Self::Arctangent { slope } => {
                ((x * (FRAC_PI_2 * slope)).square() + 1.0).recip() * (0.5 * slope)
            }
            Self::Triangular { width } => (x.abs() / -width + 1.0).clamp_min(0.0),
        }
    }

    /// Returns 1 where `x` is above zero and 0 elsewhere, with the surrogate derivative as its gradient. NaN and
    /// infinities become NaN.
    pub fn step<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        // Burn's `detach` leaves the flag that asks for a gradient as it is.
        let fixed = x.clone().detach().set_require_grad(false);
        let spikes = (fixed.clone().greater_elem(0.0).float()).cast(fixed.dtype());
        // The last factor is zero, and its derivative one.
        spikes + self.derivatives(fixed.clone()) * (x - fixed)
    }
}

/// How a spike changes its own membrane at the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reset {
    /// The threshold is subtracted from the membrane potential.
    Subtract,
    /// The membrane potential starts from zero.
    Zero,
}

/// Threshold, reset and surrogate derivative of spiking units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeParameters {
    /// Threshold that a membrane potential must exceed to fire.
    pub threshold: f32,
    /// Reset after a spike.
    pub reset: Reset,
    /// Derivative of the step in the backward pass.
    pub surrogate: Surrogate,
}
