//! `config.json`: everything a run resolved to, enough to run it again.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use models::{Choices, Composition};
use serde::{Deserialize, Serialize};

use crate::cli::{Arguments, DataOptions, RecipeArguments};
use crate::commands::cross_validate::Folds;
use crate::data::DataArguments;
use crate::experiments::{Experiment, Training};
use crate::fit::recipe::{Augment, Recipe, Switch};
use crate::run_folder::RunFolder;
use crate::tasks::calibrate::TARGET_ERROR;

/// The resolved settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Which version of Hebb.
    pub hebb_version: String,
    /// Which experiment.
    pub experiment: String,
    /// What was chosen of its network.
    #[serde(default)]
    pub network: Choices,
    /// How it is trained.
    pub recipe: Recipe,
    /// On what.
    pub data: DataArguments,
    /// With which seed.
    pub seed: u64,
    /// On which device, as asked for.
    pub device: String,
    /// Cross-validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// The share of wrong answers among those that the model shall give.
    #[serde(default = "target_error")]
    pub target_error: f64,
}

/// That of runs from before it could be chosen.
fn target_error() -> f64 {
    TARGET_ERROR
}

/// The experiment's defaults with the command line's changes.
///
/// # Errors
/// When the named data folder is not there.
pub fn from_arguments(experiment: &Experiment, arguments: &Arguments) -> Result<Config> {
    let training = experiment.training()?;
    let network = arguments.network.choices();
    training.layers(&network)?;
    let data = data(&arguments.data);
    let usual = match (&training.plain_recipe, network.composition) {
        (Some(recipe), Some(Composition::Plain)) => recipe,
        _ => &training.recipe,
    };
    let recipe = match &training.stand_in_recipe {
        Some(recipe) if training.uses_stand_ins(&data)? => recipe.clone(),
        _ => usual.clone(),
    };
    let recipe = with_schedule(recipe, training, &arguments.recipe);
    let recipe = changed(recipe, &arguments.recipe);
    recipe.check()?;
    Ok(Config {
        hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: experiment.name.to_owned(),
        network,
        recipe,
        data,
        seed: arguments.seed,
        device: arguments.device.clone(),
        folds: Folds::from_arguments(&arguments.data)?,
        target_error: arguments.target_error.unwrap_or(TARGET_ERROR),
    })
}

/// What the command line says about the data.
pub fn data(options: &DataOptions) -> DataArguments {
    DataArguments {
        // An empty HEBB_DATA is an unset one.
        folder: (options.data.clone()).filter(|folder| !folder.as_os_str().is_empty()),
        generated: options.generated,
        stand_ins: options.stand_ins.map(|count| count as usize),
        strict: options.strict,
        split: options.split.clone(),
        groups: options.groups.clone(),
        train_class: options.train_class.clone(),
        dataset: options.dataset,
        classes: options.classes.map(|classes| classes as usize),
        max_words: options.max_words.map(|words| words as usize),
        fold: None,
    }
}

/// `config.json` of a study: enough to run it again.
#[derive(Debug, Serialize)]
pub struct StudyConfig<'a> {
    /// Which version of Hebb.
    pub hebb_version: &'static str,
    /// Which experiment.
    pub experiment: &'static str,
    /// With which seed.
    pub seed: u64,
    /// The options that were given, and what with; a switch is given with nothing.
    pub options: &'a BTreeMap<String, String>,
}

/// The settings of an earlier run.
///
/// # Errors
/// When `config.json` is missing or broken.
pub fn read(folder: &RunFolder) -> Result<Config> {
    let path = folder.file("config.json");
    let useless = || {
        format!(
            "{}: is no configuration of a run that could go on; start a new run",
            path.display()
        )
    };
    let text = std::fs::read_to_string(&path).with_context(useless)?;
    let config: Config = serde_json::from_str(&text).with_context(useless)?;
    config.recipe.check().with_context(useless)?;
    let target_error = config.target_error;
    ensure!(target_error > 0.0 && target_error <= 0.5, useless());
    Ok(config)
}

impl Config {
    /// What may change when a run goes on. Its data stays its own, whatever `HEBB_DATA` says, unless the
    /// command line names another folder.
    ///
    /// # Errors
    /// When the changes do not go together.
    pub fn adjust(&mut self, arguments: &Arguments) -> Result<()> {
        self.recipe = changed(self.recipe.clone(), &arguments.recipe);
        if arguments.given.contains_key("data") {
            self.data.folder.clone_from(&arguments.data.data);
        }
        self.device.clone_from(&arguments.device);
        self.target_error = arguments.target_error.unwrap_or(self.target_error);
        self.recipe.check()
    }
}

/// A schedule asked for brings the experiment's own rate and alterations for it.
fn with_schedule(recipe: Recipe, training: &Training, changes: &RecipeArguments) -> Recipe {
    match &training.other_recipe {
        Some(other) if changes.schedule == Some(other.schedule) => Recipe {
            learning_rate: other.learning_rate,
            augmentation: other.augmentation,
            ..recipe
        },
        _ => recipe,
    }
}

/// The recipe with the command line's changes. An optimiser that is usually started with another rate than the
/// recipe's brings its own.
pub fn changed(recipe: Recipe, changes: &RecipeArguments) -> Recipe {
    let optimizer = changes.optimizer.unwrap_or(recipe.optimizer);
    let learning_rate = if optimizer.usual_rate() == recipe.optimizer.usual_rate() {
        recipe.learning_rate
    } else {
        optimizer.usual_rate()
    };
    let weight_decay = (recipe.weight_decay).filter(|_| optimizer == recipe.optimizer);
    Recipe {
        optimizer,
        loss: changes.loss.unwrap_or(recipe.loss),
        learning_rate: changes.learning_rate.unwrap_or(learning_rate),
        schedule: changes.schedule.unwrap_or(recipe.schedule),
        augmentation: changes
            .augment
            .map_or(recipe.augmentation, Augment::augmentation),
        noise: changes.noise.or(recipe.noise),
        penalty: changes
            .penalty
            .or(recipe.penalty)
            .filter(|penalty| !penalty.is_none()),
        clip_norm: changes
            .clip_norm
            .map_or(recipe.clip_norm, |Switch(norm)| norm),
        weight_decay: changes.weight_decay.or(weight_decay),
        average: (changes.average_weights).map_or(recipe.average, |Switch(decay)| decay),
        batch_size: changes
            .batch_size
            .map_or(recipe.batch_size, |size| size as usize),
        epochs: changes
            .epochs
            .map_or(recipe.epochs, |epochs| epochs as usize),
        label_smoothing: changes.label_smoothing.unwrap_or(recipe.label_smoothing),
        teacher_forcing: changes.teacher_forcing.unwrap_or(recipe.teacher_forcing),
        patience: changes
            .early_stop
            .map_or(recipe.patience, |epochs| Some(epochs as usize)),
    }
}
