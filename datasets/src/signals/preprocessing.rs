//! Preprocessing of segments of recordings.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Maximum number of samples of a segment.
pub const MAX_SAMPLES: usize = 1 << 20;

/// How a segment of a recording becomes the input of a network: one electrode and `samples` values, standardised as
/// `(x - mean) / std`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPreprocessing {
    /// Number of values of a segment.
    pub samples: usize,
    /// Sampling rate, in hertz.
    pub rate_hz: f64,
    /// Mean of the training part, in the unit of the recording.
    pub mean: f32,
    /// Standard deviation of the training part.
    pub std: f32,
}

impl SignalPreprocessing {
    /// Returns the shape of a preprocessed segment, `[electrodes, samples, 1]`: a picture one value wide.
    pub fn shape(&self) -> [usize; 3] {
        [1, self.samples, 1]
    }

    /// Checks all values, because a model's file may come from anywhere.
    ///
    /// # Errors
    /// [`Error::Preprocessing`] with the first field out of range.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field, value: String, expected: &str| Error::Preprocessing {
            field,
            value,
            expected: expected.to_owned(),
        };
        if !(1..=MAX_SAMPLES).contains(&self.samples) {
            let expected = format!("1 to {MAX_SAMPLES}");
            return Err(wrong("samples", self.samples.to_string(), &expected));
        }
        if !(self.rate_hz.is_finite() && self.rate_hz > 0.0) {
            return Err(wrong("rate_hz", self.rate_hz.to_string(), "above 0"));
        }
        if !self.mean.is_finite() {
            return Err(wrong("mean", self.mean.to_string(), "a finite number"));
        }
        if !(self.std.is_finite() && self.std > 0.0) {
            return Err(wrong("std", self.std.to_string(), "above 0"));
        }
        Ok(())
    }

    /// Standardises segments and returns them as one tensor.
    ///
    /// # Shapes
    /// `n` segments of `samples` values each → `[n, 1, samples, 1]`
    pub fn tensor<'a>(
        &self,
        segments: impl IntoIterator<Item = &'a [f32]>,
        device: &Device,
    ) -> Tensor<4> {
        let mut values = Vec::new();
        for segment in segments {
            values.extend(segment.iter().map(|value| (value - self.mean) / self.std));
        }
        let count = values.len() / self.samples;
        Tensor::from_data(TensorData::new(values, [count, 1, self.samples, 1]), device)
    }
}
