//! Files that may be pictures of a set.

use std::path::PathBuf;

use crate::dataset::Official;

/// A file that may be a picture.
pub(super) struct Candidate {
    /// Path.
    pub path: PathBuf,
    /// Path below the folder of the set, with `/` between names.
    pub relative: String,
    /// Class: the name of its folder, or its label in a table.
    pub class: String,
    /// Part of the official split.
    pub official: Option<Official>,
    /// Patient, if a table names one.
    pub patient: Option<String>,
    /// Weight in the loss, if a table names one.
    pub weight: Option<f32>,
}
