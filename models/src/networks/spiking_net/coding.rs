//! Coding of pictures and recordings as spikes or currents over time.

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::names::named;

/// Coding of an input over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coding {
    /// Each value is a current: at every step the same for a picture, the sample of the step for a recording.
    Direct,
    /// Rate coding: at each step a pixel fires with its brightness, from 0 to 1, as the probability. In training the
    /// spikes are drawn; otherwise they follow a Weyl sequence, so that a picture always has the same output.
    Rate,
    /// Latency coding: each pixel fires once, bright ones early; black pixels never fire.
    Latency,
    /// Delta coding: rises and falls of a recording by more than each of [`DELTAS`] fire in channels of their own.
    Delta,
}

/// Thresholds of delta coding: changes from one sample to the next, in standard deviations of the training data.
pub const DELTAS: [f32; 4] = [0.05, 0.15, 0.5, 1.5];

/// Smallest brightness of a pixel that fires under latency coding: five grey levels of 255.
const MIN_BRIGHTNESS: f32 = 0.02;

named!(Coding, what: "coding", choose: "direct, rate or latency for pictures, direct or delta for recordings", {
    "direct" => Self::Direct,
    "rate" => Self::Rate,
    "latency" => Self::Latency,
    "delta" => Self::Delta,
});

impl Coding {
    /// Returns whether the coded input consists of spikes.
    pub fn is_spikes(self) -> bool {
        self != Self::Direct
    }
}

/// Input coded over time.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// `[steps or 1, batch, channels, height, width]`; 1 if all steps are the same.
    pub values: Tensor<5>,
    /// Number of steps.
    pub steps: usize,
}

/// Codes pictures over `steps` steps.
///
/// # Shapes
/// - `pictures`: `[batch, channels, height, width]`, values from 0 to 1
/// - output: see [`Encoded`]
pub fn encode_pictures(pictures: Tensor<4>, coding: Coding, steps: usize) -> Encoded {
    let device = pictures.device();
    let pictures: Tensor<5> = pictures.unsqueeze_dim(0);
    let [_, batch, channels, height, width] = pictures.dims();
    let invalid = zero_or_nan(pictures.clone());
    let values = match coding {
        Coding::Direct | Coding::Delta => pictures,
        Coding::Rate => {
            let thresholds = if device.is_autodiff() {
                let shape = [steps, batch, channels, height, width];
                Tensor::random(shape, Distribution::Uniform(0.0, 1.0), &device)
            } else {
                weyl([steps, 1, channels, height, width], &device)
            };
            let shape = [steps, batch, channels, height, width];
            pictures
                .expand(shape)
                .greater(thresholds.expand(shape))
                .float()
                + invalid
        }
        Coding::Latency => {
            let last = (steps - 1) as f32;
            let moments = ((-pictures.clone() + 1.0) * last).round();
            // A moment after the last step: the pixel never fires.
            let moments = moments.mask_fill(pictures.lower_elem(MIN_BRIGHTNESS), steps as f32);
            let moment = |step: usize| moments.clone().equal_elem(step as f32).float();
            Tensor::cat((0..steps).map(moment).collect(), 0) + invalid
        }
    };
    Encoded { values, steps }
}

/// Codes recordings, whose samples are the steps.
///
/// # Shapes
/// - `recordings`: `[batch, electrodes, samples, 1]`
/// - output: see [`Encoded`]
pub fn encode_recordings(recordings: Tensor<4>, coding: Coding) -> Encoded {
    let [batch, electrodes, steps, width] = recordings.dims();
    let channels = electrodes * width;
    let values = (recordings.permute([2, 0, 1, 3])).reshape([steps, batch, channels]);
    let values = match coding {
        Coding::Delta => {
            let first = values.clone().narrow(0, 0, 1);
            let before = Tensor::cat(vec![first, values.clone().narrow(0, 0, steps - 1)], 0);
            let change = values - before;
            let (rise, fall, invalid) = (change.clone(), -change.clone(), zero_or_nan(change));
            let exceeds = |change: &Tensor<3>, threshold: f32| {
                change.clone().greater_elem(threshold).float() + invalid.clone()
            };
            let channels = DELTAS
                .iter()
                .flat_map(|&threshold| [exceeds(&rise, threshold), exceeds(&fall, threshold)]);
            Tensor::cat(channels.collect(), 2)
        }
        _ => values,
    };
    let [_, _, channels] = values.dims();
    Encoded {
        values: values.reshape([steps, batch, channels, 1, 1]),
        steps,
    }
}

/// Returns 0 for every finite value, and NaN for NaN and infinities. Added to spikes, which are the outcome of a
/// comparison, it keeps invalid inputs visible.
fn zero_or_nan<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    values.clone() - values
}

/// Returns thresholds between 0 and 1 for rate coding: for each pixel the Weyl sequence of the golden ratio, from a
/// start of its own, so that of T = 25 steps a pixel of brightness p fires at p T of them, give or take three.
fn weyl(shape: [usize; 5], device: &Device) -> Tensor<5> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    const ROOT: f64 = std::f64::consts::SQRT_2;
    let [steps, rest @ ..] = shape;
    let pixels: usize = rest.iter().product();
    let values: Vec<f32> = (0..steps)
        .flat_map(|step| {
            (0..pixels)
                .map(move |pixel| (step as f64 * GOLDEN + pixel as f64 * ROOT).fract() as f32)
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let pictures = Tensor::ones([2, 1, 4, 3], &device);
        for (coding, given) in [(Coding::Direct, 1), (Coding::Rate, 5), (Coding::Latency, 5)] {
            let coded = encode_pictures(pictures.clone(), coding, 5);
            assert_eq!(coded.values.dims(), [given, 2, 1, 4, 3], "{coding:?}");
            assert_eq!(coded.steps, 5);
        }
        let recordings = Tensor::ones([2, 3, 7, 1], &device);
        for (coding, channels) in [(Coding::Direct, 3), (Coding::Delta, 3 * 2 * DELTAS.len())] {
            let coded = encode_recordings(recordings.clone(), coding);
            assert_eq!(coded.values.dims(), [7, 2, channels, 1, 1], "{coding:?}");
            assert_eq!(coded.steps, 7);
        }
    }
}
