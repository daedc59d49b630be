//! `config.json`: the settings of a run, enough to run it again.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use models::Choices;
use models::device::Selected;
use serde::{Deserialize, Serialize};

use super::model_file::{self, model_file};
use crate::data::DataArguments;
use crate::experiments::Experiment;
use crate::fit::cadence::Cadence;
use crate::fit::console::Console;
use crate::fit::continuation::{self, EarlierRecipe};
use crate::fit::init::Init;
use crate::fit::progress::Position;
use crate::fit::recipe::Recipe;
use crate::options::Options;
use crate::options::data::Folds;
use crate::run_folder::RunFolder;
use crate::tasks::calibrate::TARGET_ERROR;
use crate::tasks::job::Job;
use crate::tasks::start;
use crate::wrong_arguments::WrongArguments;

/// Settings of a training: the experiment's, with the options that were given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Version of Hebb.
    pub hebb_version: String,
    /// Name of the experiment.
    pub experiment: String,
    /// Options of its network.
    #[serde(default)]
    pub network: Choices,
    /// Recipe.
    pub recipe: Recipe,
    /// Data.
    pub data: DataArguments,
    /// Seed of split, weights, shuffling and dropout.
    pub seed: u64,
    /// Device, as the user named it.
    pub device: String,
    /// Cross-validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// How often a checkpoint is written within an epoch.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub checkpoint_every: Cadence,
    /// Model whose weights the training starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<Init>,
    /// Recipes that the run had before it was resumed with others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_recipes: Vec<EarlierRecipe>,
    /// Error rate among accepted predictions that the model is calibrated to.
    #[serde(default = "default_target_error")]
    pub target_error: f64,
}

fn is_usual(cadence: &Cadence) -> bool {
    *cadence == Cadence::default()
}

/// The target of runs that do not record one.
fn default_target_error() -> f64 {
    TARGET_ERROR
}

/// Settings of a study: enough to run it again.
#[derive(Debug, Serialize)]
pub struct StudyConfig<'a> {
    /// Version of Hebb.
    pub hebb_version: &'static str,
    /// Name of the study.
    pub experiment: &'static str,
    /// Seed.
    pub seed: u64,
    /// The options that were given, with their values as written; the value of a switch is `true`.
    pub options: &'a BTreeMap<String, String>,
}

impl Config {
    /// Resolves the options of a new run.
    ///
    /// # Errors
    /// If the experiment trains no network, the network does not have one of the options, the recipe cannot be trained
    /// with, or the data folder is missing.
    pub fn new(experiment: &Experiment, options: &Options) -> Result<Self> {
        let training = experiment.training()?;
        let network = options.network.choices();
        let layers = training.layers(&network)?;
        if let Some(last) = &options.recipe.freeze {
            start::frozen(&layers, last).map_err(WrongArguments::new)?;
        }
        let mut data = options.data.arguments();
        let mut init = None;
        if let Some(named) = &options.init {
            let path = model_file(&model_file::find(named, &options.out)?);
            let architecture = training.architecture(&network)?;
            let (model, preprocessing) = start::open(&path, &architecture, experiment.name)?;
            (init, data.preprocessing) = (Some(model), Some(preprocessing));
        }
        let recipe = training.recipe(&network, &data, options.recipe.schedule)?;
        let recipe = options.recipe.apply(recipe);
        recipe.check()?;
        Ok(Self {
            hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
            experiment: experiment.name.to_owned(),
            network,
            recipe,
            data,
            seed: options.seed,
            device: options.device.clone(),
            folds: options.data.folds()?,
            checkpoint_every: options.checkpoint_every.unwrap_or_default(),
            init,
            earlier_recipes: Vec::new(),
            target_error: options.target_error.unwrap_or(TARGET_ERROR),
        })
    }

    /// Reads the settings of an earlier run.
    ///
    /// # Errors
    /// If `config.json` is missing or broken.
    pub fn read(folder: &RunFolder) -> Result<Self> {
        let path = folder.file("config.json");
        let unusable = || {
            format!(
                "{}: is not the configuration of a run that can be resumed; start a new run",
                path.display()
            )
        };
        let text = std::fs::read_to_string(&path).with_context(unusable)?;
        let config: Self = serde_json::from_str(&text).with_context(unusable)?;
        config.recipe.check().with_context(unusable)?;
        let target_error = config.target_error;
        ensure!(target_error > 0.0 && target_error <= 0.5, unusable());
        Ok(config)
    }

    /// Applies the options that a resumed run, which has come to `position`, accepts. It keeps its data folder and its device, whatever `HEBB_DATA` and
    /// `HEBB_DEVICE` are, unless `--data` or `--device` names another.
    ///
    /// # Errors
    /// If the changed recipe cannot be trained with, the checkpoints of the run do not fit it, or it would be that of some
    /// folds only.
    pub fn adjust(&mut self, options: &Options, position: Position) -> Result<()> {
        let before = self.recipe.clone();
        let recipe = options.recipe.apply(before.clone());
        match (before.average, recipe.average) {
            (None, Some(decay)) => bail!(
                "--average-weights {decay}: this run has no average of its weights to continue; leave it out, or start a new run"
            ),
            (Some(decay), None) => bail!(
                "--average-weights none: this run keeps an average of its weights, with decay {decay}; leave it out, or start a new run"
            ),
            _ => {}
        }
        let changes = continuation::differences(&recipe, &before);
        ensure!(
            self.folds.is_none() || changes.is_empty(),
            "{}: the folds of a cross-validation are trained by one recipe; leave it out, or start a new run",
            changes.join(", ")
        );
        continuation::note(&mut self.earlier_recipes, position, before, &recipe);
        self.recipe = recipe;
        if options.given.contains_key("data") {
            self.data.folder.clone_from(&options.data.data);
        }
        if options.given.contains_key("device") {
            self.device.clone_from(&options.device);
        }
        self.checkpoint_every = options.checkpoint_every.unwrap_or(self.checkpoint_every);
        self.target_error = options.target_error.unwrap_or(self.target_error);
        self.recipe.check()
    }

    /// Returns the text of `config.json`.
    ///
    /// # Errors
    /// None in practice: every setting can be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Returns the job of a new training with these settings.
    pub fn job(
        &self,
        experiment: &'static str,
        device: Selected,
        folder: RunFolder,
        console: Console,
    ) -> Job {
        Job {
            experiment,
            recipe: self.recipe.clone(),
            choices: self.network.clone(),
            data: self.data.clone(),
            seed: self.seed,
            device,
            folder,
            console,
            resume: false,
            checkpoint_every: self.checkpoint_every,
            pending: Vec::new(),
            init: self.init.clone(),
            earlier: self.earlier_recipes.clone(),
            lr_find: false,
            target_error: self.target_error,
        }
    }
}
