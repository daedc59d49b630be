//! Selective prediction: calibrated probabilities, and two reasons to give no answer.
//!
//! A network abstains when no class is probable enough ([`Abstention::Uncertain`]), or when the input's statistics
//! are unlike those of the training data ([`Abstention::OutOfDistribution`]). What an input is compared with is part
//! of the model file, so the keys of [`Calibration`] and [`OodDetector`] in JSON never change: a field that was
//! renamed here keeps its key.

mod calibration;
mod error;
mod ood;

pub use calibration::{Abstention, Calibration, largest_probability, softmax};
pub use error::CalibrationError;
pub use ood::OodDetector;
