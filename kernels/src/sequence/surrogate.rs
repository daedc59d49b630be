//! What stands for the derivative of a threshold, and how a membrane is reset.

use std::f32::consts::FRAC_PI_2;
use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A threshold's step has no useful derivative: it is zero but for one place. A surrogate takes its place in the
/// backward pass (Neftci, Mostafa and Zenke 2019, <https://doi.org/10.1109/MSP.2019.2931595>); the forward pass
/// stays the step. Below, x is the membrane above the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Surrogate {
    /// 1 / (1 + k |x|)^2, the derivative of a fast sigmoid (Zenke and Ganguli 2018,
    /// <https://doi.org/10.1162/neco_a_01086>).
    FastSigmoid {
        /// k, how narrow it is.
        slope: f32,
    },
    /// (a / 2) / (1 + (pi a x / 2)^2), that of an arctangent (Fang et al. 2021,
    /// <https://arxiv.org/abs/2007.05785>).
    Arctangent {
        /// a, how narrow and how high it is.
        slope: f32,
    },
    /// max(0, 1 - |x| / w), a triangle (Esser et al. 2016, <https://doi.org/10.1073/pnas.1604850113>).
    Triangular {
        /// w, where it ends.
        width: f32,
    },
}

impl Surrogate {
    /// The fast sigmoid of the usual slope.
    pub const FAST_SIGMOID: Self = Self::FastSigmoid { slope: 25.0 };
    /// The arctangent of the usual slope.
    pub const ARCTANGENT: Self = Self::Arctangent { slope: 2.0 };
    /// The triangle as wide as the threshold is high.
    pub const TRIANGULAR: Self = Self::Triangular { width: 1.0 };

    /// What stands for the derivative at `x` above the threshold.
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
                if height > 0.0 { height } else { 0.0 }
            }
        }
    }

    /// The same of a tensor.
    fn derivatives<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::FastSigmoid { slope } => (x.abs() * slope + 1.0).square().recip(),
            Self::Arctangent { slope } => {
                ((x * (FRAC_PI_2 * slope)).square() + 1.0).recip() * (0.5 * slope)
            }
            Self::Triangular { width } => (x.abs() / -width + 1.0).clamp_min(0.0),
        }
    }

    /// 1 where `x` is above zero, else 0; its gradient is the surrogate's.
    pub fn step<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        // Burn's `detach` leaves a leaf's wish for a gradient as it is.
        let fixed = x.clone().detach().set_require_grad(false);
        let spikes = fixed.clone().greater_elem(0.0).float();
        // The last factor is zero, and its derivative one.
        spikes + self.derivatives(fixed.clone()) * (x - fixed)
    }
}

impl fmt::Display for Surrogate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FastSigmoid { slope } => write!(f, "fast-sigmoid:{slope}"),
            Self::Arctangent { slope } => write!(f, "arctangent:{slope}"),
            Self::Triangular { width } => write!(f, "triangular:{width}"),
        }
    }
}

impl FromStr for Surrogate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let number = (number.map(|number| {
            let parsed = number.parse::<f32>().ok();
            let taken = parsed.filter(|parsed| (1e-3..=1e3).contains(parsed));
            taken.ok_or_else(|| format!("{text}: give a number from 0.001 to 1000 after the colon"))
        }))
        .transpose()?;
        match (name, number) {
            ("fast-sigmoid", None) => Ok(Self::FAST_SIGMOID),
            ("fast-sigmoid", Some(slope)) => Ok(Self::FastSigmoid { slope }),
            ("arctangent", None) => Ok(Self::ARCTANGENT),
            ("arctangent", Some(slope)) => Ok(Self::Arctangent { slope }),
            ("triangular", None) => Ok(Self::TRIANGULAR),
            ("triangular", Some(width)) => Ok(Self::Triangular { width }),
            _ => Err(format!(
                "{text}: no such surrogate gradient; choose fast-sigmoid[:SLOPE], arctangent[:SLOPE] or \
                 triangular[:WIDTH]"
            )),
        }
    }
}

impl TryFrom<String> for Surrogate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Surrogate> for String {
    fn from(surrogate: Surrogate) -> Self {
        surrogate.to_string()
    }
}

/// What a spike does to the membrane at the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reset {
    /// The threshold is taken off.
    Subtract,
    /// It starts from zero.
    Zero,
}

impl FromStr for Reset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "subtract" => Ok(Self::Subtract),
            "zero" => Ok(Self::Zero),
            _ => Err(format!("{text}: no such reset; choose subtract or zero")),
        }
    }
}

/// How membranes become spikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// What a membrane must exceed.
    pub threshold: f32,
    /// What follows a spike.
    pub reset: Reset,
    /// What stands for the step's derivative.
    pub surrogate: Surrogate,
}
