//! How a piece of a recording becomes a network's input.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most samples of one piece.
pub const MAX_SAMPLES: usize = 1 << 20;

/// How a piece of a recording becomes a network's input: one electrode, `samples` values, each
/// (x - mean) / std.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPreprocessing {
    /// Values of one piece.
    pub samples: usize,
    /// Samples a second, in hertz.
    pub rate_hz: f64,
    /// The mean of the training part, in the unit of the recording.
    pub mean: f32,
    /// Its standard deviation.
    pub std: f32,
}

impl SignalPreprocessing {
    /// The shape of one prepared piece, `[electrodes, samples, 1]`: a picture one value wide.
    pub fn shape(&self) -> [usize; 3] {
        [1, self.samples, 1]
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// [`Error::Preprocessing`] names the first value that cannot be used.
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

    /// Pieces as a network takes them.
    ///
    /// # Shapes
    /// `n` pieces of `samples` values each → `[n, 1, samples, 1]`
    pub fn tensor<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [f32]>,
        device: &Device,
    ) -> Tensor<4> {
        let mut values = Vec::new();
        for piece in pieces {
            values.extend(piece.iter().map(|value| (value - self.mean) / self.std));
        }
        let count = values.len() / self.samples;
        Tensor::from_data(TensorData::new(values, [count, 1, self.samples, 1]), device)
    }
}
