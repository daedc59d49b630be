//! What a model file says about its network.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::FileError;
use crate::abstention::Calibration;
use crate::zoo::Architecture;

/// Name of an autoencoder's [`Metric`]: the 95th percentile of the mean squared error of a part's pictures.
pub const USUAL_ERROR: &str = "usual_error";

/// Description of a model: its network, its origin and its quality.
///
/// `P` is the type of the preprocessing, which the caller knows and this crate does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card<P> {
    /// Version of the layout, [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub format_version: u32,
    /// Version of Hebb that wrote the file.
    pub hebb_version: String,
    /// Experiment that trained the network, for example `mnist-mlp`.
    pub experiment: String,
    /// Network and its sizes.
    pub architecture: Architecture,
    /// Preprocessing of an input before it reaches the network.
    pub preprocess: P,
    /// Names of the classes, in the order of the logits.
    pub class_names: Vec<String>,
    /// Data that the network was trained on.
    pub data: DataCard,
    /// Seed of the run.
    pub seed: u64,
    /// Number of epochs of the training.
    pub epochs: usize,
    /// Device that trained the network, for example `flex (CPU, SIMD)`.
    pub device: String,
    /// Time of the training, RFC 3339 in UTC.
    pub trained_at: String,
    /// Figures of the network's quality.
    pub metrics: Vec<Metric>,
    /// Correction of the probabilities, if they were calibrated.
    pub calibration: Option<Calibration>,
    /// Notice that every answer must carry, for example [`MEDICAL_NOTICE`](super::MEDICAL_NOTICE).
    pub notice: Option<String>,
}

/// Data set and split that a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataCard {
    /// Name of the data set.
    pub name: String,
    /// Hash of the examples and labels.
    pub fingerprint: String,
    /// Whether the data were generated instead of recorded.
    pub generated: bool,
    /// Kind of split, for example `random` or `official`.
    pub split: String,
    /// The one class that the network was trained and validated on, if it was restricted to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Number of training examples.
    pub train: usize,
    /// Number of validation examples, which choose the best epoch.
    pub valid: usize,
    /// Number of test examples.
    pub test: usize,
}

/// One figure of a model's quality on one part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name of the figure, for example `accuracy`.
    pub name: String,
    /// Part of the data: `train`, `valid` or `test`.
    pub split: String,
    /// Value of the figure.
    pub value: f64,
    /// Confidence interval, if it was computed.
    pub interval: Option<[f64; 2]>,
    /// Number of examples.
    pub n: usize,
}

impl<P> Card<P> {
    /// Checks all that can be checked without the weights.
    ///
    /// # Errors
    /// Names the first value that does not fit, and the file `path`.
    pub(super) fn check(&self, path: &Path) -> Result<(), FileError> {
        let path = || path.to_path_buf();
        let bad = |reason: String| FileError::BadCard {
            path: path(),
            reason,
        };
        self.architecture
            .validate()
            .map_err(|source| FileError::BadArchitecture {
                path: path(),
                source,
            })?;
        let classes = self.architecture.classes();
        if self.class_names.len() != classes {
            let names = self.class_names.len();
            return Err(bad(format!(
                "it names {names} classes for a network of {classes}"
            )));
        }
        match &self.calibration {
            Some(calibration) => calibration.check().map_err(|error| bad(error.to_string())),
            None => Ok(()),
        }
    }
}
