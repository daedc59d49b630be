//! `train --resume RUN`: continues a training from its last checkpoint.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use models::device;
use serde_json::Value;

use super::config::Config;
use super::run::{console, train};
use crate::experiments::{self, Experiment};
use crate::fit::checkpoint::Checkpoints;
use crate::fit::progress::Position;
use crate::options::Options;
use crate::report::finished::Finished;
use crate::run_folder::RunFolder;
use crate::tasks::job::Job;

/// Continues a run with the options that were given. Unlike a new run, it is kept when it fails.
///
/// # Errors
/// If a run keeps an option that was given, or the run, its data, the device or the disk fails.
pub fn resume(run: &Path, options: &Options) -> Result<Finished> {
    check_options(options)?;
    let folder = RunFolder::open(&options.out, run)?.lock()?;
    let (experiment, mut config) = read(&folder)?;
    experiment.check_options(options)?;
    let position = Checkpoints::of(folder.path()).last().unwrap_or_default();
    config.adjust(options, position)?;
    refuse_complete(&config, &folder)?;
    let device = device::select(&config.device.parse()?)?;
    let job = Job {
        resume: true,
        pending: vec![(folder.clone(), config.to_json()?)],
        ..config.job(experiment.name, device, folder, console(options))
    };
    train(&experiment, &config, &job).map_err(|error| job.folder.explain(error))
}

/// Refuses a run that was trained and measured as its settings say.
fn refuse_complete(config: &Config, folder: &RunFolder) -> Result<()> {
    let Ok(text) = fs::read_to_string(folder.file("result.json")) else {
        return Ok(());
    };
    let result: Value = serde_json::from_str(&text).unwrap_or_default();
    let is_settled = config.folds.is_none()
        && result["interrupted"] == false
        && result["recipe"] == serde_json::to_value(&config.recipe)?;
    let last = Checkpoints::of(folder.path()).last();
    let is_measured = last.is_some_and(|last| Some(last) == position(&result));
    ensure!(
        !(is_settled && is_measured),
        "{}: is complete, with {} epochs; ask for more with --epochs",
        folder.path().display(),
        result["epochs"]
    );
    Ok(())
}

/// Returns the position at which a run was measured.
fn position(result: &Value) -> Option<Position> {
    let epochs = result["epochs"].as_u64()?;
    Some(Position::end_of(usize::try_from(epochs).ok()?))
}

/// Reads which experiment a run trains, and its settings.
///
/// # Errors
/// If its `config.json` cannot be used.
pub fn read(folder: &RunFolder) -> Result<(Experiment, Config)> {
    let config = Config::read(folder)?;
    let experiment = experiments::find(&config.experiment)?.on(config.data.dataset)?;
    Ok((experiment, config))
}

/// Refuses what a resumed run keeps as it began.
fn check_options(options: &Options) -> Result<()> {
    let reason = |option: &str| {
        format!(
            "--resume keeps {option} of the run; leave it out, or start a new run \
             (`train --resume RUN --help` lists what may change)"
        )
    };
    Ok(options.refuse_unless(|row| row.is_resumed, reason)?)
}
