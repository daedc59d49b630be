//! `train check`: duplicates, leaks, conflicting labels and unreadable files of a folder of images.
//!
//! The findings are written to `check-<set>-<number>/`: `check.json`, `duplicates.csv` (a row for each image that has
//! copies) and `groups.png`, a contact sheet of the worst groups.

mod findings;
mod grouped;
mod sheet;
mod summary;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use datasets::duplicates;
use datasets::images::folder::{self, FolderOptions};
use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSource, Scaling};

use self::findings::Findings;
use self::grouped::Grouped;
use super::output::present;
use crate::data::DatasetName;
use crate::options::classes::ClassArguments;
use crate::run_folder::RunFolder;

/// Arguments of `train check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// brain-tumor-mri, brain-tumor-2class, or a folder with a folder of images per class
    #[arg(value_name = "NAME|DIR")]
    pub set: PathBuf,

    /// Folder that holds NAME/
    #[arg(
        long,
        value_name = "DIR",
        env = "HEBB_DATA",
        hide_env_values = true,
        default_value = "data"
    )]
    pub data: PathBuf,

    #[command(flatten)]
    pub classes: ClassArguments,

    /// Folder for the findings, in check-NAME-NUMBER/
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print check.json to standard output
    #[arg(long)]
    pub json: bool,
}

/// Checks a data set and prints the findings.
///
/// # Errors
/// When there is no such folder, it has no folders of classes, or the findings cannot be written.
pub fn check(arguments: &CheckArguments) -> Result<()> {
    let findings = examine(arguments)?;
    let json = serde_json::to_string_pretty(&findings)?;
    present(&summary::summary(&findings), &json, arguments.json)
}

/// Checks a data set and writes the findings to a new folder.
///
/// # Errors
/// When there is no such folder, it has no folders of classes, or the findings cannot be written.
pub fn examine(arguments: &CheckArguments) -> Result<Findings> {
    let dir = find(&arguments.set, &arguments.data)?;
    let set_name = dir.canonicalize().unwrap_or_else(|_| dir.clone());
    let set_name = set_name
        .file_name()
        .unwrap_or(dir.as_os_str())
        .to_string_lossy()
        .into_owned();
    let set = folder::load(&dir, &options(&set_name, &arguments.classes))?;
    let groups = duplicates::groups(&set, true)?;
    let grouped = Grouped::new(&set, &groups);

    let name = format!("check-{}", file_safe_name(&set_name));
    let run = RunFolder::create(&arguments.out, &name, |_| Ok(()))?;
    let worst = grouped.worst();
    let mut findings = grouped.findings(&dir)?;
    findings.table = run.file("duplicates.csv").display().to_string();
    run.write("duplicates.csv", grouped.table()?)?;
    if !worst.is_empty() {
        run.write("groups.png", sheet::png(&dir, &grouped, &worst)?)?;
        findings.sheet = Some(run.file("groups.png").display().to_string());
    }
    run.write_json("check.json", &findings)?;
    Ok(findings)
}

/// Returns the folder of a data set.
fn find(name: &Path, data: &Path) -> Result<PathBuf> {
    let inside = data.join(name);
    match [&inside, name].into_iter().find(|dir| dir.is_dir()) {
        Some(dir) if dir.ends_with(DatasetName::Mnist.name()) => bail!(
            "{}: holds no image files; `train check` takes a folder of images per class",
            dir.display()
        ),
        Some(dir) => Ok(dir.to_path_buf()),
        None => bail!(
            "{}: no such folder, nor {}; name a folder of class folders, or one of {}, {} below --data",
            name.display(),
            inside.display(),
            DatasetName::BrainTumorMri.name(),
            DatasetName::BrainTumor2Class.name()
        ),
    }
}

/// Replaces the characters of a name that some file systems do not allow.
fn file_safe_name(name: &str) -> String {
    let replaced = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    name.chars().map(replaced).collect()
}

/// Returns options that load images as single pixels: only their fingerprints are needed.
fn options(name: &str, classes: &ClassArguments) -> FolderOptions {
    FolderOptions {
        name: name.to_owned(),
        preprocessing: ImagePreprocessing {
            width: 1,
            height: 1,
            channels: Channels::Grey,
            filter: Filter::Box,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Picture,
        },
        strict: false,
        classes: None,
        labels: classes.labels.clone(),
        choice: classes.choice(),
        progress: true,
    }
}
