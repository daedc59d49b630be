//! Description of a loaded model, shared by all kinds.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use datasets::Preprocessing;
use models::InputShape;
use models::file::{Card, MEDICAL_NOTICE, Metric};

use crate::error::{Error, Result};

/// Notice of a model that never saw real data.
const GENERATED_ONLY: &str = "Trained on generated stand-ins, not on real data: its answers about real pictures mean nothing.";

/// Description of a loaded model.
pub(crate) struct ModelInfo {
    /// Path of its file.
    pub path: PathBuf,
    /// Its card.
    pub card: Card<Preprocessing>,
    /// Notice that every answer must carry.
    pub notice: Option<String>,
    /// Device that it is on.
    pub device: Device,
    /// Name of the device.
    pub device_name: String,
}

impl ModelInfo {
    /// Creates the description of the model in the file `path`.
    ///
    /// # Errors
    /// If two of its classes have the same name.
    pub fn new(
        path: PathBuf,
        card: Card<Preprocessing>,
        device: Device,
        device_name: String,
    ) -> Result<Self> {
        let info = Self {
            path,
            notice: notice(&card),
            card,
            device,
            device_name,
        };
        let mut names: Vec<_> = info.card.class_names.iter().collect();
        names.sort();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                Err(info.contradiction(format!("its card names the class {} twice", pair[0])))
            }
            None => Ok(info),
        }
    }

    /// Checks that the preprocessing is valid and fits the network, and that the out-of-distribution detector is one of
    /// the `statistics` that can be computed.
    ///
    /// # Errors
    /// Describes the first contradiction.
    pub fn check(
        &self,
        is_valid: datasets::Result<()>,
        prepared: InputShape,
        statistics: &[&str],
    ) -> Result<()> {
        is_valid.map_err(|error| self.contradiction(error.to_string()))?;
        let expected = self.card.architecture.input();
        if prepared != expected {
            return Err(self.contradiction(format!(
                "its preprocessing gives {}, but its network expects {}",
                describe(prepared),
                describe(expected)
            )));
        }
        let calibration = self.card.calibration.as_ref();
        match calibration.and_then(|calibration| calibration.ood_detector.as_ref()) {
            Some(detector) if detector.statistics != statistics => {
                Err(self.contradiction(format!(
                    "its card measures inputs by {} statistics that this version of Hebb does not know",
                    detector.statistics.len()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Returns the logits of `count` examples, one row after the other.
    ///
    /// # Errors
    /// If the device fails, or the network does not give one finite number for each class.
    pub fn logits(&self, output: Tensor<2>, count: usize) -> Result<Vec<f32>> {
        let (shape, expected) = (output.dims(), [count, self.card.class_names.len()]);
        if shape != expected {
            return Err(self.contradiction(format!(
                "its network gives {shape:?} numbers where {expected:?} are needed"
            )));
        }
        self.finite(output)
    }

    /// Returns the values of a tensor.
    ///
    /// # Errors
    /// If the device fails, or one of them is not finite.
    pub fn finite<const D: usize>(&self, output: Tensor<D>) -> Result<Vec<f32>> {
        let values = output
            .try_into_vec_as::<f32>()
            .map_err(|error| Error::Compute(error.to_string()))?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(self.diverged())
        }
    }

    /// Creates the error of a network whose outputs are not finite.
    pub fn diverged(&self) -> Error {
        let reason = "its network gives numbers that are not finite: its training diverged";
        self.contradiction(reason.to_owned())
    }

    /// Creates an error about this model.
    pub fn contradiction(&self, reason: String) -> Error {
        Error::Contradiction {
            path: self.path.clone(),
            reason,
        }
    }

    /// Returns a figure of the model's quality on one part of the data.
    pub fn metric(&self, name: &str, split: &str) -> Option<&Metric> {
        let mut metrics = self.card.metrics.iter();
        metrics.find(|metric| metric.name == name && metric.split == split)
    }

    /// Returns `columns`, and the column of the notice if there is one.
    pub fn with_notice_column(&self, columns: &[&str]) -> Vec<String> {
        let notice = self.notice.as_ref().map(|_| "notice");
        let columns = columns.iter().copied().chain(notice);
        columns.map(str::to_owned).collect()
    }
}

/// Describes the shape of an input for a message.
fn describe(shape: InputShape) -> String {
    match shape {
        InputShape::Picture(shape) => format!("inputs of shape {shape:?}"),
        InputShape::Words(size) => format!("a vocabulary of {size}"),
    }
}

/// Joins the sentences that every answer of a model must carry.
fn notice(card: &Card<Preprocessing>) -> Option<String> {
    let own = card
        .notice
        .as_deref()
        .map(str::trim)
        .filter(|notice| !notice.is_empty());
    let is_medical = [&card.experiment, &card.data.name]
        .iter()
        .any(|name| name.starts_with("brain-tumor"))
        || card.architecture.notice().is_some();
    let says_so = own.is_some_and(|own| own.to_lowercase().contains("not a medical device"));
    let sentences: Vec<_> = [
        own,
        (is_medical && !says_so).then_some(MEDICAL_NOTICE),
        card.data.generated.then_some(GENERATED_ONLY),
    ]
    .into_iter()
    .flatten()
    .map(|sentence| sentence.trim_end_matches('.'))
    .collect();
    (!sentences.is_empty()).then(|| sentences.join(". ") + ".")
}
