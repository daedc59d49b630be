//! `split.csv`: the part of the data that each example is in.

use anyhow::{Context, Result, ensure};
use datasets::Dataset;
use datasets::split::{Split, record};

use crate::run_folder::RunFolder;

/// Writes `split.csv`: path, class, SHA-256, group and part of each example.
///
/// # Errors
/// When the file cannot be written, or a resumed run finds other examples or another split than it began with.
pub fn write(folder: &RunFolder, set: &dyn Dataset, split: &Split, is_resumed: bool) -> Result<()> {
    let path = folder.file("split.csv");
    let record = record::to_csv(set, split)?;
    if is_resumed && path.exists() {
        let before = std::fs::read(&path).with_context(|| path.display().to_string())?;
        ensure!(
            before == record,
            "{}: the data are no longer those that this run began with; resume it with the same data, or start a new run",
            path.display()
        );
    }
    folder.write("split.csv", record)
}
