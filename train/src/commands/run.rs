//! `train EXPERIMENT`: a training or a study in a new folder.

use anyhow::Result;
use models::device::Selected;

use super::config::{Config, StudyConfig};
use super::cross_validate::cross_validate;
use crate::experiments::{Experiment, Kind, Study};
use crate::fit::console::Console;
use crate::options::Options;
use crate::report::finished::Finished;
use crate::run_folder::RunFolder;
use crate::tasks::job::{Job, StudyJob};

/// Runs an experiment.
///
/// # Errors
/// If an option cannot be used, or the data, the device or the disk fails.
pub fn run(experiment: &Experiment, options: &Options, device: Selected) -> Result<Finished> {
    match &experiment.kind {
        Kind::Study(study) => run_study(experiment, study, options, device),
        Kind::Training(_) => {
            let config = Config::new(experiment, options)?;
            let folder = RunFolder::create(&options.out, experiment.name)?;
            let job = Job {
                lr_find: options.lr_find,
                ..config.job(experiment.name, device, folder, console(options))
            };
            train(experiment, &config, &job).inspect_err(|_| {
                job.folder.remove_without_checkpoint();
            })
        }
    }
}

/// Trains, and makes the run the latest.
pub(super) fn train(experiment: &Experiment, config: &Config, job: &Job) -> Result<Finished> {
    job.folder.write_json("config.json", config)?;
    let finished = match config.folds {
        Some(folds) => cross_validate(experiment, job, config, folds)?,
        None => experiment.training()?.train(job)?,
    };
    // Only trainings: a study leaves no model for `infer`.
    job.folder.make_latest()?;
    Ok(finished)
}

/// Returns where a training shows its progress.
pub(super) fn console(options: &Options) -> Console {
    Console::choose(options.no_tui || options.json)
}

fn run_study(
    experiment: &Experiment,
    study: &Study,
    options: &Options,
    device: Selected,
) -> Result<Finished> {
    let job = StudyJob {
        name: experiment.name,
        options,
        device,
        folder: RunFolder::create(&options.out, experiment.name)?,
        // Several short trainings would open the dashboard again and again.
        console: Console::choose(true),
    };
    let config = StudyConfig {
        hebb_version: env!("CARGO_PKG_VERSION"),
        experiment: experiment.name,
        seed: options.seed,
        options: &options.given,
    };
    (job.folder.write_json("config.json", &config))
        .and_then(|()| (study.run)(&job))
        .inspect_err(|_| job.folder.remove_without_checkpoint())
}
