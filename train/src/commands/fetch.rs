//! `train fetch`: downloads a public data set.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use datasets::fetch::{self, FetchOptions};

use super::output::print;

/// Arguments of `train fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    /// Data set: mnist, brain-tumor-mri or eeg-bonn
    #[arg(value_name = "NAME", value_parser = data_set)]
    pub name: String,

    /// Folder for the data sets; the files go to its folder NAME
    #[arg(
        long,
        value_name = "DIR",
        env = "HEBB_DATA",
        hide_env_values = true,
        default_value = "data"
    )]
    pub data: PathBuf,

    /// Address to download from instead of the public sources
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,

    /// Replace existing files
    #[arg(long)]
    pub force: bool,
}

/// Downloads the data set and checks it by SHA-256.
///
/// # Errors
/// If the download fails, a file has another fingerprint, or a file cannot be written.
pub fn fetch(arguments: &FetchArguments) -> Result<()> {
    let options = FetchOptions {
        base_url: arguments.mirror.clone(),
        force: arguments.force,
        ..FetchOptions::default()
    };
    let fetched = fetch::fetch(&arguments.name, &arguments.data, &options)?;
    print(&fetched.to_string())
}

fn data_set(text: &str) -> Result<String, String> {
    let names: Vec<_> = fetch::DATASETS.iter().map(|set| set.name).collect();
    if names.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("choose one of {}", names.join(", ")))
    }
}
