//! The rectifier, which convolutions, dense layers and normalisations apply in the same pass.

use burn::tensor::{Tensor, activation};
use pulp::{Simd, WithSimd};

use crate::simd::Level;

/// A rectifier that an operation applies to its sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// The identity.
    #[default]
    None,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
}

impl Rectifier {
    /// Returns the lowest and the highest output.
    #[inline(always)]
    pub(crate) fn bounds(self) -> (f32, f32) {
        match self {
            Self::None => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }

    /// Returns the output for a sum. NaN stays NaN.
    #[inline(always)]
    pub(crate) fn apply(self, sum: f32) -> f32 {
        let (low, high) = self.bounds();
        let sum = if sum < low { low } else { sum };
        if sum > high { high } else { sum }
    }

    /// Returns the derivative for the sum of an output, 0 or 1, as a stop: a gradient is stopped where it is 0.
    pub(crate) fn stop(self) -> Stop {
        match self {
            Self::None => Stop {
                low: f32::NAN,
                high: f32::NAN,
            },
            Self::Relu => Stop {
                low: 0.0,
                high: f32::NAN,
            },
            Self::Relu6 => Stop {
                low: 0.0,
                high: 6.0,
            },
        }
    }
}

/// Where the derivative of a rectifier is zero. A bound that a rectifier lacks is NaN, which no comparison finds;
/// so an output of NaN lets gradients pass, as in Burn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    low: f32,
    high: f32,
}

impl Stop {
    /// Returns the gradient of a sum, from its output and the output's gradient.
    #[inline(always)]
    pub(crate) fn gradient(self, output: f32, gradient: f32) -> f32 {
        let is_stopped = (output <= self.low) | (output >= self.high);
        if is_stopped { 0.0 } else { gradient }
    }
}

/// Applies a rectifier with Burn's own operations.
pub(crate) fn rectify<const D: usize>(sums: Tensor<D>, rectifier: Rectifier) -> Tensor<D> {
    match rectifier {
        Rectifier::None => sums,
        Rectifier::Relu => activation::relu(sums),
        Rectifier::Relu6 => activation::relu(sums).clamp_max(6.0),
    }
}

/// Turns the gradients of outputs into those of the sums, in place.
pub(crate) fn stop_gradients(
    level: Level,
    rectifier: Rectifier,
    output: &[f32],
    gradient: &mut [f32],
) {
    level.run(StopGradients {
        output,
        gradient,
        stop: rectifier.stop(),
    });
}

struct StopGradients<'a> {
    output: &'a [f32],
    gradient: &'a mut [f32],
    stop: Stop,
}

impl WithSimd for StopGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (gradient, output) in self.gradient.iter_mut().zip(self.output) {
            *gradient = self.stop.gradient(*output, *gradient);
        }
    }
}
