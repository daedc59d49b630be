//! How numbers become spikes, or currents, over time.

use std::str::FromStr;

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How an input is told to a network over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coding {
    /// Each value is a current: the same at every step for a picture, that of the moment for a recording.
    Direct,
    /// Each pixel fires at a step with its brightness of 0 to 1 as the probability. While training each step is
    /// drawn; in an answer the thresholds are Weyl's sequence, so that one picture gets one answer.
    Rate,
    /// Each pixel fires once, the brighter the earlier; black ones never.
    Latency,
    /// A recording's rises and falls fire, on lines of their own for each of [`DELTAS`].
    Delta,
}

/// How much a recording must rise or fall from one sample to the next for a spike, in deviations of the training
/// data.
pub const DELTAS: [f32; 4] = [0.05, 0.15, 0.5, 1.5];

/// The darkest pixel that fires at all under latency coding.
const DARKEST: f32 = 0.02;

impl FromStr for Coding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "direct" => Ok(Self::Direct),
            "rate" => Ok(Self::Rate),
            "latency" => Ok(Self::Latency),
            "delta" => Ok(Self::Delta),
            _ => Err(format!(
                "{text}: no such coding; choose direct, rate or latency for pictures, direct or delta for recordings"
            )),
        }
    }
}

impl Coding {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Rate => "rate",
            Self::Latency => "latency",
            Self::Delta => "delta",
        }
    }

    /// Whether what it gives are spikes.
    pub fn is_spikes(self) -> bool {
        self != Self::Direct
    }
}

/// What goes into a network over time.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// `[given, batch, channels, height, width]`, where `given` is the number of steps, or 1 where each step is
    /// the same.
    pub values: Tensor<5>,
    /// How many steps there are.
    pub steps: usize,
}

/// Pictures over `steps` steps.
///
/// # Shapes
/// - `pictures`: `[batch, channels, height, width]`, of values from 0 to 1
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
            // Later than every step: never.
            let moments = moments.mask_fill(pictures.lower_elem(DARKEST), steps as f32);
            let moment = |step: usize| moments.clone().equal_elem(step as f32).float();
            Tensor::cat((0..steps).map(moment).collect(), 0) + invalid
        }
    };
    Encoded { values, steps }
}

/// Recordings, whose samples are the steps.
///
/// # Shapes
/// - `recordings`: `[batch, electrodes, samples, 1]`
pub fn encode_recordings(recordings: Tensor<4>, coding: Coding) -> Encoded {
    let [batch, electrodes, steps, width] = recordings.dims();
    let lines = electrodes * width;
    let values = (recordings.permute([2, 0, 1, 3])).reshape([steps, batch, lines]);
    let values = match coding {
        Coding::Delta => {
            let first = values.clone().narrow(0, 0, 1);
            let before = Tensor::cat(vec![first, values.clone().narrow(0, 0, steps - 1)], 0);
            let change = values - before;
            let (rise, fall, invalid) = (change.clone(), -change.clone(), zero_or_nan(change));
            let of = |change: &Tensor<3>, by: f32| {
                change.clone().greater_elem(by).float() + invalid.clone()
            };
            let lines = DELTAS.iter().flat_map(|&by| [of(&rise, by), of(&fall, by)]);
            Tensor::cat(lines.collect(), 2)
        }
        _ => values,
    };
    let [_, _, lines] = values.dims();
    Encoded {
        values: values.reshape([steps, batch, lines, 1, 1]),
        steps,
    }
}

/// Returns 0 for every finite value, and NaN for NaN and infinities. Added to spikes, which are the outcome of a
/// comparison, it keeps invalid inputs visible.
fn zero_or_nan<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    values.clone() - values
}

/// Thresholds between 0 and 1: over time each pixel's are those of Weyl's sequence of the golden ratio, from a start
/// of its own, so that of T = 25 steps a pixel of brightness p fires at p T of them, give or take three.
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
