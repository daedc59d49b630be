//! `train EXPERIMENT`: a training or a study in a new folder.

use anyhow::Result;
use models::device::Selected;

use super::config::{Config, StudyConfig};
use super::cross_validate::cross_validate;
use crate::experiments::{Experiment, Kind, Study};
use crate::fit::console::Console;
use crate::fit::interrupt;
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
            let folder = RunFolder::create(&options.out, experiment.name, |folder| {
                folder.write_json("config.json", &config)
            })?;
            let job = Job {
                lr_find: options.lr_find,
                ..config.job(experiment.name, device, folder, console(options))
            };
            train(experiment, &config, &job).map_err(|error| job.folder.fail(error))
        }
    }
}

/// Trains once, or once for each fold.
pub(super) fn train(experiment: &Experiment, config: &Config, job: &Job) -> Result<Finished> {
    interrupt::can_resume(job.folder.path());
    match config.folds {
        Some(folds) => cross_validate(experiment, job, config, folds),
        None => experiment.training()?.train(job),
    }
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
    let config = StudyConfig {
        hebb_version: env!("CARGO_PKG_VERSION"),
        experiment: experiment.name,
        seed: options.seed,
        options: &options.given,
    };
    let job = StudyJob {
        name: experiment.name,
        options,
        device,
        folder: RunFolder::create(&options.out, experiment.name, |folder| {
            folder.write_json("config.json", &config)
        })?,
        // Several short trainings would open the dashboard again and again.
        console: Console::choose(true),
    };
    (study.run)(&job).map_err(|error| job.folder.fail(error))
}
