//! The experiments that `train` runs: one file per family, one row per experiment.

mod autoencoder;
mod brain_tumor;
mod eeg;
pub mod families;
mod mnist;
mod neurons;
mod studies;
mod text;

use anyhow::Result;
use burn::tensor::Tensor;
use models::{
    Activity, AutoencoderConfig, Choices, Composition, LayerTable, SpikingNet, SpikingNetConfig,
    TranslatorConfig, TreeNetConfig,
};

use families::Families;

use crate::data::{
    DataArguments, DataSource, DatasetName, DatasetSpec, Pictures, Sentences, Trees,
};
use crate::fit::recipe::Recipe;
use crate::fit::schedule::Schedule;
use crate::options::{Defaults, Family, OptionRow, Options, TABLE, recipe};
use crate::report::finished::Finished;
use crate::tasks::classification_dataset::ClassificationDataset;
use crate::tasks::classify::{ClassificationTask, ClassifierConfig};
use crate::tasks::driver::Trainable;
use crate::tasks::job::{Job, StudyJob};
use crate::tasks::reconstruct::ReconstructionTask;
use crate::tasks::translate::TranslationTask;
use crate::tasks::trees::TreeTask;
use crate::wrong_arguments::WrongArguments;

/// Every experiment, in the order of `train --list`.
pub fn all() -> Vec<Experiment> {
    [
        brain_tumor::experiments(),
        mnist::experiments(),
        eeg::experiments(),
        mnist::spiking(),
        vec![eeg::spiking()],
        studies::rules(),
        autoencoder::experiments(),
        studies::networks(),
        text::experiments(),
        neurons::experiments(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The experiment of `train` alone.
pub const DEFAULT: &str = "brain-tumor";

/// One line of the table: a name, and what happens under it.
pub struct Experiment {
    /// As on the command line.
    pub name: &'static str,
    /// One line for `--list`.
    pub about: &'static str,
    /// What it does.
    pub kind: Kind,
}

/// What an experiment does.
pub enum Kind {
    /// It trains a network by gradient, tests it and keeps it as a model.
    Training(Box<Training>),
    /// It computes, draws and reports in a way of its own.
    Study(Study),
}

/// A network, the data it learns from, and how.
pub struct Training {
    /// What its network learns to do, and from which data.
    task: Box<dyn Trainable>,
    /// How it is trained unless the command line says otherwise.
    pub recipe: Recipe,
    /// The recipe for generated stand-ins, where it differs.
    pub stand_in_recipe: Option<Recipe>,
    /// How it is trained with the schedule that is not the recipe's own: a cosine bears a higher peak
    /// than a constant rate, and learns more of altered pictures.
    pub other_recipe: Option<Recipe>,
    /// The recipe for `--network plain`, where it differs.
    pub plain_recipe: Option<Recipe>,
    /// The same experiment on other data, `--dataset`.
    elsewhere: Vec<Training>,
    families: Vec<Family>,
}

/// An experiment with a run of its own.
pub struct Study {
    /// The families that it belongs to.
    pub families: &'static [Family],
    /// Computes, draws and writes the run folder.
    pub run: fn(&StudyJob<'_>) -> Result<Finished>,
}

impl Experiment {
    /// Creates a classifier. `network` gets the number of classes, which is `classes` for the chapter's data.
    pub fn classify<C, S>(
        name: &'static str,
        about: &'static str,
        network: fn(classes: usize) -> C,
        classes: usize,
        source: S,
        recipe: Recipe,
    ) -> Self
    where
        S: DataSource<Set: ClassificationDataset> + Families + Sync + 'static,
        C: ClassifierConfig<Options: Families>,
    {
        let training = Training::classify(network, classes, source, recipe, None);
        Self::training_of(name, about, training)
    }

    /// Creates a classifier whose units spike, as [`classify`](Self::classify) does.
    pub fn classify_spiking<S>(
        name: &'static str,
        about: &'static str,
        network: fn(classes: usize) -> SpikingNetConfig,
        classes: usize,
        source: S,
        recipe: Recipe,
    ) -> Self
    where
        S: DataSource<Set: ClassificationDataset> + Families + Sync + 'static,
    {
        let activity = Some(SpikingNet::activity as _);
        let training = Training::classify(network, classes, source, recipe, activity);
        Self::training_of(name, about, training)
    }

    /// A network over parse trees; `network` is told how many words are known and how many classes there are.
    pub fn of_trees(
        name: &'static str,
        about: &'static str,
        network: fn(vocabulary: usize, classes: usize) -> TreeNetConfig,
        source: Trees,
        recipe: Recipe,
    ) -> Self {
        let families = vec![Family::Training, Family::Trees];
        let task = TreeTask { source, network };
        let training = Training::new(task, recipe, families);
        Self::training_of(name, about, training)
    }

    /// An autoencoder; `network` is told how it will be trained.
    pub fn reconstruct(
        name: &'static str,
        about: &'static str,
        network: fn(&Recipe) -> AutoencoderConfig,
        pictures: Pictures,
        recipe: Recipe,
    ) -> Self {
        let training = Training::reconstruct(network, pictures, recipe);
        Self::training_of(name, about, training)
    }

    /// A translator; `network` is told the number of tokens of both languages.
    pub fn translate(
        name: &'static str,
        about: &'static str,
        network: fn([usize; 2]) -> TranslatorConfig,
        source: Sentences,
        recipe: Recipe,
    ) -> Self {
        let families = vec![Family::Training, Family::Translation];
        let task = TranslationTask { source, network };
        let training = Training::new(task, recipe, families);
        Self::training_of(name, about, training)
    }

    fn training_of(name: &'static str, about: &'static str, training: Training) -> Self {
        Self {
            name,
            about,
            kind: Kind::Training(Box::new(training)),
        }
    }

    /// The same on other data, in the way of this training.
    pub fn or_on(mut self, other: Training) -> Self {
        if let Kind::Training(training) = &mut self.kind {
            training.elsewhere.push(other);
        }
        self
    }

    /// The experiment on the data that was asked for.
    ///
    /// # Errors
    /// When it has no such data.
    pub fn on(self, dataset: Option<DatasetName>) -> Result<Self> {
        let Some(set) = dataset else { return Ok(self) };
        let Self { name, about, kind } = self;
        let Kind::Training(mut training) = kind else {
            return Ok(Self { name, about, kind });
        };
        let mut all = std::mem::take(&mut training.elsewhere);
        all.insert(0, *training);
        let known: Vec<_> = all.iter().map(|one| one.dataset().name.name()).collect();
        let found = all.into_iter().find(|one| one.dataset().name == set);
        let found = found.ok_or_else(|| {
            let known = known.join(" or ");
            WrongArguments::new(format!(
                "--dataset {}: {name} learns from {known}",
                set.name()
            ))
        })?;
        Ok(Self {
            name,
            about,
            kind: Kind::Training(Box::new(found)),
        })
    }

    /// Creates a study, which takes the options of these families.
    pub fn study(
        name: &'static str,
        about: &'static str,
        families: &'static [Family],
        run: fn(&StudyJob<'_>) -> Result<Finished>,
    ) -> Self {
        Self {
            name,
            about,
            kind: Kind::Study(Study { families, run }),
        }
    }

    /// Another recipe for generated stand-ins.
    pub fn with_stand_in_recipe(mut self, recipe: Recipe) -> Self {
        if let Kind::Training(training) = &mut self.kind {
            training.stand_in_recipe = Some(recipe);
        }
        self
    }

    /// The learning rate and the altered pictures when this recipe's schedule is asked for, and nothing
    /// else about them.
    pub fn with_other_recipe(mut self, recipe: Recipe) -> Self {
        if let Kind::Training(training) = &mut self.kind {
            training.other_recipe = Some(recipe);
        }
        self
    }

    /// Another recipe for the plain network.
    pub fn with_plain_recipe(mut self, recipe: Recipe) -> Self {
        if let Kind::Training(training) = &mut self.kind {
            training.plain_recipe = Some(recipe);
        }
        self
    }

    /// The network that is trained.
    ///
    /// # Errors
    /// When the experiment trains none.
    pub fn training(&self) -> Result<&Training> {
        match &self.kind {
            Kind::Training(training) => Ok(training),
            Kind::Study(_) => Err(WrongArguments::new(format!(
                "{}: trains no network of layers; choose another experiment of --list",
                self.name
            ))
            .into()),
        }
    }

    /// Returns the families that the experiment belongs to.
    pub fn families(&self) -> &[Family] {
        match &self.kind {
            Kind::Training(training) => &training.families,
            Kind::Study(study) => study.families,
        }
    }

    /// Returns whether the experiment takes an option.
    pub fn takes(&self, row: &OptionRow) -> bool {
        row.is_taken_by(self.families())
    }

    /// Returns the experiment's own values of options.
    pub fn defaults(&self) -> Defaults {
        match &self.kind {
            Kind::Training(training) => recipe::defaults(&training.recipe),
            Kind::Study(_) => Vec::new(),
        }
    }

    /// Refuses the first given option that the experiment does not take.
    ///
    /// # Errors
    /// Names the option, its value and the remedy.
    pub fn check_options(&self, options: &Options) -> Result<(), WrongArguments> {
        let remedy = match &self.kind {
            Kind::Training(_) => format!(
                "leave it out (`train {} --help` lists its options)",
                self.name
            ),
            Kind::Study(_) => {
                let taken = TABLE.iter().filter(|row| self.takes(row));
                let taken: Vec<_> = taken.map(|row| format!("--{}", row.name)).collect();
                format!("leave it out; it takes {}", taken.join(", "))
            }
        };
        options.refuse_unless(
            |row| self.takes(row),
            |option| format!("{} does not take {option}: {remedy}", self.name),
        )
    }

    /// Trains, evaluates, writes the run folder.
    ///
    /// # Errors
    /// When the data, the device or the disk fails, or it is no training.
    pub fn train(&self, job: &Job) -> Result<Finished> {
        self.training()?.task.train(job)
    }
}

impl Training {
    /// Creates the training of a classifier; a spiking one records its `activity`.
    fn classify<C, S>(
        network: fn(classes: usize) -> C,
        classes: usize,
        source: S,
        recipe: Recipe,
        activity: Option<fn(&C::Network, Tensor<4>) -> Activity>,
    ) -> Self
    where
        S: DataSource<Set: ClassificationDataset> + Families + Sync + 'static,
        C: ClassifierConfig<Options: Families>,
    {
        let families = [&[Family::Training], S::FAMILIES, C::Options::FAMILIES].concat();
        let task = ClassificationTask {
            source,
            network,
            classes,
            activity,
        };
        Self::new(task, recipe, families)
    }

    fn new(task: impl Trainable + 'static, recipe: Recipe, families: Vec<Family>) -> Self {
        Self {
            task: Box::new(task),
            recipe,
            stand_in_recipe: None,
            other_recipe: None,
            plain_recipe: None,
            elsewhere: Vec::new(),
            families,
        }
    }

    /// An autoencoder; `network` is told how it will be trained.
    pub fn reconstruct(
        network: fn(&Recipe) -> AutoencoderConfig,
        pictures: Pictures,
        recipe: Recipe,
    ) -> Self {
        let families = vec![Family::Training, Family::Autoencoder];
        let task = ReconstructionTask {
            source: pictures,
            network,
        };
        Self::new(task, recipe, families)
    }

    /// Returns the data set that it learns from.
    pub fn dataset(&self) -> &DatasetSpec {
        self.task.dataset()
    }

    /// Whether generated stand-ins take the place of the data.
    ///
    /// # Errors
    /// When a folder was named that is not there.
    pub fn uses_stand_ins(&self, data: &DataArguments) -> Result<bool> {
        Ok(self.dataset().find(data)?.is_none())
    }

    /// Returns the recipe for the network and the data that were asked for. A schedule that was asked for brings its own
    /// learning rate and augmentation, if it is that of [`other_recipe`](Self::other_recipe).
    ///
    /// # Errors
    /// If a data folder was named that is missing.
    pub fn recipe(
        &self,
        network: &Choices,
        data: &DataArguments,
        schedule: Option<Schedule>,
    ) -> Result<Recipe> {
        let recipe = match (&self.stand_in_recipe, &self.plain_recipe) {
            (Some(recipe), _) if self.uses_stand_ins(data)? => recipe,
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

    /// The network's layers, as `--summary` prints them.
    ///
    /// # Errors
    /// When the network has no such choice.
    pub fn layers(&self, choices: &Choices) -> Result<LayerTable> {
        let layers = self.task.layers(choices, &self.recipe);
        layers.map_err(|error| WrongArguments::new(error.to_string()).into())
    }
}

/// Returns the list of all experiments, one line each.
pub fn list() -> String {
    let lines = all().into_iter().map(|experiment| {
        let default = if experiment.name == DEFAULT {
            " (default)"
        } else {
            ""
        };
        format!("{:25}{}{default}", experiment.name, experiment.about)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Checks the name of an experiment while the command line is parsed.
///
/// # Errors
/// If there is no such experiment.
pub fn parse_name(text: &str) -> Result<String, String> {
    match find(text) {
        Ok(experiment) => Ok(experiment.name.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Finds an experiment by name.
///
/// # Errors
/// If there is no such experiment; the error lists all names.
pub fn find(name: &str) -> Result<Experiment> {
    let all = all();
    let names = all
        .iter()
        .map(|experiment| experiment.name)
        .collect::<Vec<_>>()
        .join(", ");
    all.into_iter()
        .find(|experiment| experiment.name == name)
        .ok_or_else(|| anyhow::anyhow!("{name}: no such experiment; there are {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_default_is_there() {
        let mut names: Vec<_> = all().iter().map(|experiment| experiment.name).collect();
        assert!(names.contains(&DEFAULT));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    /// CHAPTER.md's parameter counts.
    #[test]
    fn every_network_has_the_parameters_of_the_chapter() {
        for (name, parameters) in [
            ("mnist-mlp", 101_770),
            ("mnist-dropout", 101_770),
            ("mnist-cnn", 2_770_634),
            ("brain-tumor-cnn", 4_447_044),
            ("brain-tumor-mlp", 1_591_002),
        ] {
            assert_eq!(
                find(name)
                    .unwrap()
                    .training()
                    .unwrap()
                    .layers(&Choices::default())
                    .unwrap()
                    .parameters(),
                parameters,
                "{name}"
            );
        }
    }
}
