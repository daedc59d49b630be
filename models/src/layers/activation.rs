//! The activation functions to choose from (chapter, section on activation functions).
//!
//! Burn's own [`burn::nn::activation::Activation`] has no ReLU6 and no log-sigmoid, hence this
//! list over Burn's functions. The chapter prints its equation 10.3 as 1 / (1 + e^x); the sigmoid
//! is 1 / (1 + e^-x), and that is what is computed here.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Tensor, activation};
use kernels::Rectifier;
use serde::{Deserialize, Serialize};

use crate::error::ArchitectureError;

/// The slope that `leaky-relu` has where none is given: Keras's `LeakyReLU` uses 0.3, PyTorch and
/// Burn 0.01.
const LEAKY_SLOPE: f64 = 0.01;

/// An activation function, applied value by value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Activation {
    /// x
    Identity,
    /// max(0, x)
    Relu,
    /// min(max(0, x), 6)
    Relu6,
    /// x where x > 0, slope * x elsewhere
    LeakyRelu {
        /// The slope below zero.
        slope: f64,
    },
    /// 1 / (1 + e^-x)
    Sigmoid,
    /// ln(1 / (1 + e^-x))
    LogSigmoid,
    /// tanh x
    Tanh,
    /// x * Phi(x), Phi the standard normal distribution function (<https://arxiv.org/abs/1606.08415>)
    Gelu,
    /// Scaled exponential linear unit (<https://arxiv.org/abs/1706.02515>)
    Selu,
    /// x where x > 0, e^x - 1 elsewhere (<https://arxiv.org/abs/1511.07289>)
    Elu,
    /// x * sigmoid(x), also called SiLU (<https://arxiv.org/abs/1710.05941>)
    Swish,
}

impl Activation {
    /// Applies the function.
    ///
    /// # Shapes
    /// - input and output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        match *self {
            Self::Identity => input,
            Self::Relu => activation::relu(input),
            Self::Relu6 => activation::relu6(input),
            Self::LeakyRelu { slope } => activation::leaky_relu(input, slope),
            Self::Sigmoid => activation::sigmoid(input),
            Self::LogSigmoid => activation::log_sigmoid(input),
            Self::Tanh => activation::tanh(input),
            Self::Gelu => activation::gelu(input),
            Self::Selu => activation::selu(input),
            Self::Elu => activation::elu(input, 1.0),
            Self::Swish => activation::silu(input),
        }
    }

    /// Every activation with its name, leaky ReLU with its usual slope.
    pub fn named() -> impl Iterator<Item = (&'static str, Self)> {
        NAMES.into_iter()
    }

    pub(crate) fn validate(&self) -> Result<(), ArchitectureError> {
        match *self {
            Self::LeakyRelu { slope } if !slope.is_finite() => Err(ArchitectureError::BadNumber {
                what: "the slope of leaky-relu".to_string(),
                value: slope,
                range: "such as 0.01",
            }),
            _ => Ok(()),
        }
    }
}

/// What of an activation is computed with the sum, and what after it.
pub(crate) fn split(activation: Activation) -> (Rectifier, Activation) {
    match activation {
        Activation::Relu => (Rectifier::Relu, Activation::Identity),
        Activation::Relu6 => (Rectifier::Relu6, Activation::Identity),
        other => (Rectifier::None, other),
    }
}

/// One activation for every layer that has a choice, or one for each of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Activations {
    /// The same for all.
    Same(Activation),
    /// One for each, from the input on.
    Each(Vec<Activation>),
}

impl Activations {
    /// That of each of so many layers; `None` when there are not so many.
    pub fn of(&self, layers: usize) -> Option<Vec<Activation>> {
        match self {
            Self::Same(activation) => Some(vec![*activation; layers]),
            Self::Each(each) => (each.len() == layers).then(|| each.clone()),
        }
    }
}

impl From<Activation> for Activations {
    fn from(activation: Activation) -> Self {
        Self::Same(activation)
    }
}

impl fmt::Display for Activations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(activation) => activation.fmt(f),
            Self::Each(each) => {
                let names: Vec<_> = each.iter().map(Activation::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl FromStr for Activations {
    type Err = UnknownActivation;

    /// Reads `relu`, or `relu,tanh` and so on.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut each = text
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match each.len() {
            1 => Self::Same(each.remove(0)),
            _ => Self::Each(each),
        })
    }
}

/// The names `--activation` takes, in the order they are listed.
const NAMES: [(&str, Activation); 11] = [
    ("relu", Activation::Relu),
    ("leaky-relu", Activation::LeakyRelu { slope: LEAKY_SLOPE }),
    ("relu6", Activation::Relu6),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("gelu", Activation::Gelu),
    ("selu", Activation::Selu),
    ("elu", Activation::Elu),
    ("swish", Activation::Swish),
    ("log-sigmoid", Activation::LogSigmoid),
    ("identity", Activation::Identity),
];

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::LeakyRelu { slope } = self {
            return write!(f, "leaky-relu:{slope}");
        }
        let name = NAMES.iter().find(|(_, activation)| activation == self);
        f.write_str(name.map_or("identity", |(name, _)| name))
    }
}

/// An activation that is not in the list.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("unknown activation '{given}': give one of {known}, leaky-relu:SLOPE")]
pub struct UnknownActivation {
    given: String,
    known: String,
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    /// Reads `relu`, `leaky-relu`, `leaky-relu:0.2` and so on.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownActivation {
            given: text.to_string(),
            known: NAMES.map(|(name, _)| name).join(", "),
        };
        if let Some(slope) = text.strip_prefix("leaky-relu:") {
            return match slope.parse::<f64>() {
                Ok(slope) if slope.is_finite() => Ok(Self::LeakyRelu { slope }),
                _ => Err(unknown()),
            };
        }
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, activation)| *activation)
            .ok_or_else(unknown)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_what_they_name() {
        for (name, activation) in NAMES {
            assert_eq!(name.parse::<Activation>().unwrap(), activation);
            assert_eq!(
                activation.to_string().parse::<Activation>().unwrap(),
                activation
            );
        }
        let leaky = "leaky-relu:0.2".parse::<Activation>().unwrap();
        assert_eq!(leaky, Activation::LeakyRelu { slope: 0.2 });
    }

    #[test]
    fn lists_read_back_and_fit_their_layers() {
        let one: Activations = "tanh".parse().unwrap();
        assert_eq!(one, Activation::Tanh.into());
        assert_eq!(one.of(2), Some(vec![Activation::Tanh; 2]));
        let each: Activations = "relu,leaky-relu:0.2".parse().unwrap();
        assert_eq!(each.to_string(), "relu,leaky-relu:0.2");
        assert_eq!(each.of(3), None);
        assert_eq!(each.of(2).unwrap()[0], Activation::Relu);
        assert!("relu,,tanh".parse::<Activations>().is_err());
        // A model from before there were lists says `"relu"`.
        for activations in [one, each] {
            let text = serde_json::to_string(&activations).unwrap();
            assert_eq!(
                serde_json::from_str::<Activations>(&text).unwrap(),
                activations
            );
        }
        let old: Activations = serde_json::from_str("\"relu6\"").unwrap();
        assert_eq!(old, Activation::Relu6.into());
    }

    #[test]
    fn unknown_names_are_refused_with_the_list() {
        for bad in ["", "ReLU", "leaky-relu:", "leaky-relu:nan", "softmax"] {
            let message = bad.parse::<Activation>().unwrap_err().to_string();
            assert!(message.contains(&format!("'{bad}'")), "{message}");
            assert!(message.contains("gelu"), "{message}");
        }
    }

    /// Closed forms in f64 at -7, -1, 0, 0.5 and 7; GELU's Phi by erf(1/sqrt 2) = 0.682689492137.
    #[test]
    fn values_agree_with_the_closed_forms() {
        let xs = [-7.0f64, -1.0, 0.0, 0.5, 7.0];
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (alpha, scale) = (1.673_263_242_354_377_2, 1.050_700_987_355_480_5);
        let cases: [(Activation, [f64; 5]); 10] = [
            (Activation::Identity, xs),
            (Activation::Relu, xs.map(|x| x.max(0.0))),
            (Activation::Relu6, xs.map(|x| x.clamp(0.0, 6.0))),
            (
                Activation::LeakyRelu { slope: 0.2 },
                xs.map(|x| if x > 0.0 { x } else { 0.2 * x }),
            ),
            (Activation::Sigmoid, xs.map(sigmoid)),
            (Activation::LogSigmoid, xs.map(|x| sigmoid(x).ln())),
            (Activation::Tanh, xs.map(f64::tanh)),
            (
                Activation::Elu,
                xs.map(|x| if x > 0.0 { x } else { x.exp_m1() }),
            ),
            (
                Activation::Selu,
                xs.map(|x| scale * if x > 0.0 { x } else { alpha * x.exp_m1() }),
            ),
            (Activation::Swish, xs.map(|x| x * sigmoid(x))),
        ];
        let device = burn::tensor::Device::flex();
        let input = Tensor::<1>::from_floats(xs.map(|x| x as f32), &device);
        for (activation, expected) in cases {
            let got = activation
                .forward(input.clone())
                .into_data()
                .try_to_vec::<f32>()
                .unwrap();
            for (got, expected) in got.iter().zip(expected) {
                let error = (f64::from(*got) - expected).abs();
                assert!(error < 1e-5, "{activation}: {got} for {expected}");
            }
        }
        let gelu = Activation::Gelu.forward(Tensor::<1>::from_floats([-1.0, 1.0], &device));
        let gelu = gelu.into_data().try_to_vec::<f32>().unwrap();
        assert!(
            (gelu[0] + (1.0 - 0.682_689_5) / 2.0).abs() < 1e-5,
            "{gelu:?}"
        );
        assert!(
            (gelu[1] - (1.0 + 0.682_689_5) / 2.0).abs() < 1e-5,
            "{gelu:?}"
        );
    }
}
