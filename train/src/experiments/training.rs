//! The training of a network: its task, its recipe, and the recipes for other cases.

use anyhow::Result;
use models::{Architecture, ArchitectureError, Choices, Composition, LayerTable};

use super::families::Families;
use crate::data::{DEFAULT_FOLDER, DataArguments, DatasetSpec, MAX_WORDS};
use crate::fit::monitor::Monitor;
use crate::fit::recipe::Recipe;
use crate::fit::schedule::Schedule;
use crate::options::{Defaults, Family, network, recipe};
use crate::report::finished::Finished;
use crate::tasks::calibrate::TARGET_ERROR;
use crate::tasks::driver::Trainable;
use crate::tasks::job::Job;
use crate::tasks::loaded::LoadedModel;
use crate::wrong_arguments::WrongArguments;

/// A task with its recipes.
pub struct Training {
    /// Recipe, unless one of the following applies.
    pub recipe: Recipe,
    /// Recipe for generated stand-ins.
    pub stand_in_recipe: Option<Recipe>,
    /// Learning rate and augmentation for another schedule: a cosine allows a higher peak than a constant rate, and
    /// needs more augmentation.
    pub other_recipe: Option<Recipe>,
    /// Recipe for `--network plain`.
    pub plain_recipe: Option<Recipe>,
    /// The same experiment on other data sets, for `--dataset`.
    pub variants: Vec<Training>,
    families: Vec<Family>,
    task: Box<dyn Trainable>,
}

impl Training {
    /// Creates the training of a task with one recipe for all cases.
    pub fn new<T: Trainable + Families + 'static>(task: T, recipe: Recipe) -> Self {
        Self {
            recipe,
            stand_in_recipe: None,
            other_recipe: None,
            plain_recipe: None,
            variants: Vec::new(),
            families: [vec![Family::Training], T::families()].concat(),
            task: Box::new(task),
        }
    }

    /// Returns the families that the training belongs to.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Returns the data set.
    pub fn dataset(&self) -> &DatasetSpec {
        self.task.dataset()
    }

    /// Returns the recipe for the network and the data that the user chose. A schedule that the user chose brings its
    /// own learning rate and augmentation, if [`other_recipe`](Self::other_recipe) has it.
    ///
    /// # Errors
    /// If the user names a data folder that is missing.
    pub fn recipe(
        &self,
        network: &Choices,
        data: &DataArguments,
        schedule: Option<Schedule>,
    ) -> Result<Recipe> {
        let recipe = match (&self.stand_in_recipe, &self.plain_recipe) {
            (Some(recipe), _) if self.dataset().find(data)?.is_none() => recipe,
            (_, Some(recipe)) if network.composition == Some(Composition::Plain) => recipe,
            _ => &self.recipe,
        };
        Ok(match &self.other_recipe {
            Some(other) if schedule == Some(other.schedule) => Recipe {
                learning_rate: other.learning_rate,
                augmentation: other.augmentation,
                ..recipe.clone()
            },
            _ => recipe.clone(),
        })
    }

    /// Returns the layers of the network that the user chose, as `--summary` prints them.
    ///
    /// # Errors
    /// If the network does not have one of the options.
    pub fn layers(&self, choices: &Choices) -> Result<LayerTable> {
        match self.architecture(choices) {
            Ok(architecture) => Ok(architecture.layers()),
            Err(error) => Err(WrongArguments::new(error.to_string()).into()),
        }
    }

    /// Returns the configuration of the network that the user chose, for a data set of the usual size.
    ///
    /// # Errors
    /// If the network does not have one of the options.
    pub fn architecture(&self, choices: &Choices) -> Result<Architecture, ArchitectureError> {
        self.task.architecture(choices, &self.recipe)
    }

    /// Returns the validation figures by which the best epoch can be chosen; the first is the default.
    pub fn monitors(&self) -> &'static [Monitor] {
        self.task.monitors()
    }

    /// Returns the values that options have unless they are given.
    pub fn defaults(&self) -> Defaults {
        let dataset = self.dataset();
        let mut defaults = vec![
            ("data", DEFAULT_FOLDER.to_owned()),
            ("fold-models", "all".to_owned()),
            ("dataset", dataset.name.name().to_owned()),
            ("split", dataset.split.kind.to_string()),
            ("stand-ins", dataset.stand_ins.to_string()),
            ("max-words", MAX_WORDS.to_string()),
            ("target-error", TARGET_ERROR.to_string()),
        ];
        let monitor = self.monitors().iter().take(1);
        defaults.extend(monitor.map(|monitor| ("monitor", monitor.metric.to_owned())));
        defaults.extend(recipe::defaults(&self.recipe));
        if let Ok(architecture) = self.architecture(&Choices::default()) {
            if !self.families.contains(&Family::Images) && architecture.classes() > 0 {
                defaults.push(("classes", architecture.classes().to_string()));
            }
            defaults.extend(network::defaults(&architecture));
        }
        defaults
    }

    /// Evaluates a model file of this experiment, and writes the report into the job's folder.
    ///
    /// # Errors
    /// If the model or the data cannot be used, or the device or the disk fails.
    pub fn evaluate(&self, model: &LoadedModel<'_>, job: &Job) -> Result<Finished> {
        self.task.evaluate_model(model, job)
    }

    /// Trains and evaluates the network, and writes the run folder.
    ///
    /// # Errors
    /// If an option does not fit the network, or the data, the device or the disk fails.
    pub fn train(&self, job: &Job) -> Result<Finished> {
        self.task.train(job)
    }
}
