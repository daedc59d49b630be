//! One run as the command line resolved it: settings, device, folder, console.

use anyhow::Result;
use models::Choices;
use models::device::Selected;
use serde::Serialize;

use crate::data::DataArguments;
use crate::fit::cadence::Cadence;
use crate::fit::console::Console;
use crate::fit::continuation::EarlierRecipe;
use crate::fit::init::Init;
use crate::fit::interrupt;
use crate::fit::recipe::Recipe;
use crate::fit::run::Run;
use crate::options::Options;
use crate::report::finished::{Finished, RESULT_FORMAT};
use crate::report::result::StudyResult;
use crate::run_folder::RunFolder;

/// One run of a training.
#[derive(Clone)]
pub struct Job {
    /// Name of the experiment.
    pub experiment: &'static str,
    /// How to train.
    pub recipe: Recipe,
    /// The user's choices about the network.
    pub choices: Choices,
    /// The user's choices about the data.
    pub data: DataArguments,
    /// Seed of split, weights, shuffling, dropout and noise.
    pub seed: u64,
    /// Device to train on.
    pub device: Selected,
    /// Folder of the run.
    pub folder: RunFolder,
    /// Where progress is shown.
    pub console: Console,
    /// Whether to continue an earlier run.
    pub resume: bool,
    /// How often a checkpoint is written within an epoch.
    pub checkpoint_every: Cadence,
    /// Each `config.json` to write once the run has been accepted, with its folder: a run that is refused keeps its own.
    pub pending: Vec<(RunFolder, String)>,
    /// Model whose weights the training starts from.
    pub init: Option<Init>,
    /// Recipes that the run had before it was resumed with others.
    pub earlier: Vec<EarlierRecipe>,
    /// Whether to search for a learning rate first.
    pub lr_find: bool,
    /// Requested fraction of wrong predictions among the accepted ones.
    pub target_error: f64,
}

impl Job {
    /// Returns the run as the training path takes it.
    pub fn run(&self) -> Run<'_> {
        Run {
            recipe: &self.recipe,
            device: self.device.device.clone(),
            seed: self.seed,
            folder: self.folder.path(),
            console: self.console.clone(),
            resume: self.resume,
            checkpoint_every: self.checkpoint_every,
            accept: Box::new(|| self.accept()),
            earlier: &self.earlier,
        }
    }

    /// Begins to write into the folder of a resumed run: its settings change, and what a killed process left unfinished
    /// goes.
    ///
    /// To be called once everything that may refuse the run has been checked.
    ///
    /// # Errors
    /// When a file cannot be written or deleted.
    pub fn accept(&self) -> Result<()> {
        for (folder, config) in &self.pending {
            folder.remove_leftovers()?;
            folder.write("config.json", config)?;
        }
        Ok(())
    }

    /// Returns the job of a training inside this run, in the folder `name`.
    ///
    /// It resumes if this run does.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn inner(&self, name: &str) -> Result<Self> {
        let folder = self.folder.subfolder(name)?;
        Ok(Self {
            folder,
            console: self.console.fresh(),
            lr_find: false,
            ..self.clone()
        })
    }
}

/// One run of a study.
pub struct StudyJob<'a> {
    /// Name of the study.
    pub name: &'static str,
    /// Options of the command line; those that the study does not take are not given.
    pub options: &'a Options,
    /// Device to train on, if the study trains a network.
    pub device: Selected,
    /// Folder of the run.
    pub folder: RunFolder,
    /// Where progress is shown.
    pub console: Console,
}

impl StudyJob<'_> {
    /// Writes `result.json`: name and seed of the study, then its findings.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&self, summary: &str, findings: &impl Serialize) -> Result<Finished> {
        let result = StudyResult {
            format: RESULT_FORMAT,
            experiment: self.name,
            seed: self.options.seed,
            interrupted: interrupt::requested().is_some(),
            findings,
        };
        let summary = format!("{summary}\n\nrun: {}", self.folder.path().display());
        Finished::write(summary, &result, &self.folder)
    }
}
