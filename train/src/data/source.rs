//! The interface of a source of examples.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::split::Split;
use datasets::{Dataset, Preprocessing};

use super::arguments::DataArguments;
use super::spec::DatasetSpec;

/// What a trained model takes, as its file says.
#[derive(Clone, Copy, Debug)]
pub struct ModelInputs<'a> {
    /// Preprocessing, which is not fitted anew.
    pub preprocessing: &'a Preprocessing,
    /// Names of the classes, in the order of the network's outputs; empty if it does not classify.
    pub class_names: &'a [String],
}

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

    /// Reads or generates the examples as a trained model takes them, and returns them with their groups.
    ///
    /// # Errors
    /// When the data are missing or unreadable, are of another kind than the model's, or have a class that the model does
    /// not know.
    fn load_for_model(
        &self,
        arguments: &DataArguments,
        seed: u64,
        model: &ModelInputs<'_>,
    ) -> Result<(Self::Set, Vec<usize>)>;

    /// Writes new generated examples to try `infer` on, and returns their paths. None of them was used in training.
    ///
    /// # Errors
    /// When a file cannot be written.
    fn write_samples(&self, _folder: &Path, _seed: u64) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// Returns the error of a model whose preprocessing is for other data than those of its experiment.
pub(super) fn other_kind(noun: &str) -> anyhow::Error {
    anyhow::anyhow!("the model's file describes inputs that are not {noun}; train the model again")
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
