//! The model that a training starts from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The model whose weights a training starts from. Stored in `config.json` and `result.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    /// Path of its file.
    pub model: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Experiment that trained it.
    pub experiment: String,
    /// Name of the data that it was trained on.
    pub data: String,
}
