//! Activation functions (chapter, section on activation functions).
//!
//! Burn's own [`burn::nn::activation::Activation`] has no ReLU6 and no log-sigmoid. The chapter prints the sigmoid, its
//! equation 10.3, as 1 / (1 + e^x); it is 1 / (1 + e^-x).

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Tensor, activation};
use kernels::Rectifier;
use serde::{Deserialize, Serialize};

use crate::error::ArchitectureError;
use crate::names::named;

/// Default slope of `leaky-relu`: that of PyTorch and Burn. Keras's `LeakyReLU` uses 0.3.
const LEAKY_SLOPE: f64 = 0.01;

/// Activation function, applied to each value.
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
        /// Slope below zero.
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
    /// The scaled exponential linear unit (<https://arxiv.org/abs/1706.02515>)
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

    /// Returns every activation with its name, leaky ReLU with its default slope.
    pub fn named() -> impl Iterator<Item = (&'static str, Self)> {
        Self::NAMES.iter().copied()
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

/// Splits an activation into the part that `kernels` computes with the sum, and the part that is left after it.
pub(crate) fn split_rectifier(activation: Activation) -> (Rectifier, Activation) {
    match activation {
        Activation::Relu => (Rectifier::Relu, Activation::Identity),
        Activation::Relu6 => (Rectifier::Relu6, Activation::Identity),
        other => (Rectifier::None, other),
    }
}

/// Activation of all hidden layers, or one for each of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Activations {
    /// One for all layers.
    Same(Activation),
    /// One for each layer, from the input on.
    Each(Vec<Activation>),
}

impl Activations {
    /// Returns the activation of each of `layers` layers, or `None` if their number differs.
    pub fn for_layers(&self, layers: usize) -> Option<Vec<Activation>> {
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

    /// Parses `relu`, or a list such as `relu,tanh`.
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

named!(Activation, {
    "relu" => Self::Relu,
    "leaky-relu" => Self::LeakyRelu { slope: LEAKY_SLOPE },
    "relu6" => Self::Relu6,
    "sigmoid" => Self::Sigmoid,
    "tanh" => Self::Tanh,
    "gelu" => Self::Gelu,
    "selu" => Self::Selu,
    "elu" => Self::Elu,
    "swish" => Self::Swish,
    "log-sigmoid" => Self::LogSigmoid,
    "identity" => Self::Identity,
});

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeakyRelu { slope } => write!(f, "leaky-relu:{slope}"),
            named => f.write_str(named.name()),
        }
    }
}

/// Error of parsing an unknown activation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("unknown activation '{given}': give one of {known}, leaky-relu:SLOPE")]
pub struct UnknownActivation {
    given: String,
    known: String,
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    /// Parses a name such as `relu`, or `leaky-relu:SLOPE`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownActivation {
            given: text.to_string(),
            known: Self::named()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
                .join(", "),
        };
        if let Some(slope) = text.strip_prefix("leaky-relu:") {
            return match slope.parse::<f64>() {
                Ok(slope) if slope.is_finite() => Ok(Self::LeakyRelu { slope }),
                _ => Err(unknown()),
            };
        }
        Self::from_name(text).ok_or_else(unknown)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_what_they_name() {
        for (name, activation) in Activation::named() {
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
        assert_eq!(one.for_layers(2), Some(vec![Activation::Tanh; 2]));
        let each: Activations = "relu,leaky-relu:0.2".parse().unwrap();
        assert_eq!(each.to_string(), "relu,leaky-relu:0.2");
        assert_eq!(each.for_layers(3), None);
        assert_eq!(each.for_layers(2).unwrap()[0], Activation::Relu);
        assert!("relu,,tanh".parse::<Activations>().is_err());
        // Models of before there were lists hold one name.
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
