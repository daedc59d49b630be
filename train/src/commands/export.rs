//! `train export`: copies a model with half the bytes.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use models::file;

use super::model_file::model_file;
use super::output::print;

/// Arguments of `train export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Model file, or folder of a run
    #[arg(value_name = "FILE|RUN")]
    pub model: PathBuf,

    /// File to write; an existing one is replaced
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
}

/// Copies a model with its weights as 16-bit floats.
///
/// # Errors
/// If the model cannot be read or the copy cannot be written.
pub fn export(arguments: &ExportArguments) -> Result<()> {
    let model = model_file(&arguments.model);
    file::halve(&model, &arguments.out)?;
    let bytes = std::fs::metadata(&arguments.out)?.len();
    print(&format!(
        "{}: {} kB of 16-bit floats, from {}",
        arguments.out.display(),
        bytes.div_ceil(1000),
        model.display()
    ))
}
