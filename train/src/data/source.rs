//! The interface of a source of examples.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::Dataset;
use datasets::split::Split;

use super::arguments::DataArguments;
use super::spec::DatasetSpec;

/// A reader of one kind of data set: real data, or generated stand-ins.
pub trait DataSource {
    /// Examples.
    type Set: Dataset;

    /// Returns which data set it reads, and how it is split.
    fn dataset(&self) -> &DatasetSpec;

    /// Reads or generates the examples, and splits them.
    ///
    /// # Errors
    /// When the data are missing or unreadable, or a part would be empty.
    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(Self::Set, Split)>;

    /// Writes new generated examples to try `infer` on, and returns their paths. None of them was used in training.
    ///
    /// # Errors
    /// When a file cannot be written.
    fn write_samples(&self, _folder: &Path, _seed: u64) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// Writes generated examples into one file, and returns its path.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_sample(folder: &Path, name: &str, text: &str) -> Result<Vec<PathBuf>> {
    files::create_folder(folder)?;
    let path = folder.join(name);
    files::write(&path, text)?;
    Ok(vec![path])
}
