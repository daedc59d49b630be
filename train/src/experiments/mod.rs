//! The experiments that `train` runs: one file per family, one row per experiment.

mod autoencoder;
mod brain_tumor;
mod eeg;
mod mnist;
mod neurons;
mod studies;
mod text;

use anyhow::Result;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use models::{
    Activity, Architecture, ArchitectureError, AutoencoderConfig, Choices, FromChoices, LayerTable,
    Network, NetworkConfig, SpikingNet, SpikingNetConfig, TranslatorConfig, TreeNetConfig,
};

use crate::data::{
    DataArguments, DataSource, DatasetName, DatasetSpec, Pictures, Sentences, Trees,
};
use crate::fit::recipe::Recipe;
use crate::report::finished::Finished;
use crate::tasks::classification_dataset::ClassificationDataset;
use crate::tasks::classify::classify;
use crate::tasks::job::{Job, StudyJob};
use crate::tasks::reconstruct::reconstruct;
use crate::tasks::studies::simulation;
use crate::tasks::translate::translate;
use crate::tasks::trees::classify_trees;
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

/// What trains, evaluates and writes the run folder.
type Train = dyn Fn(&Job) -> Result<Finished> + Sync;

/// What a network learns to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To tell their class.
    Classify,
    /// To give them back.
    Reconstruct,
    /// To say them in another language.
    Translate,
    /// To tell the class of sentences and of their phrases.
    ClassifyTrees,
}

/// The layers of the network that was chosen.
type Layers = dyn Fn(&Choices) -> Result<LayerTable, ArchitectureError> + Sync;

/// A network, the data it learns from, and how.
pub struct Training {
    /// What it learns to do.
    pub task: Task,
    /// What it learns from.
    pub data_config: DatasetSpec,
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
    /// The particular options that mean something to it.
    takes: Vec<&'static str>,
    layers: Box<Layers>,
    run: Box<Train>,
}

/// What every training needs.
struct Essentials {
    task: Task,
    data_config: DatasetSpec,
    recipe: Recipe,
    takes: Vec<&'static str>,
    layers: Box<Layers>,
    run: Box<Train>,
}

/// An experiment with a run of its own.
pub struct Study {
    /// The options of the command line that mean something to it, beside those of every experiment.
    pub takes: &'static [&'static str],
    /// Computes, draws and writes the run folder.
    pub run: fn(&StudyJob<'_>) -> Result<Finished>,
}

/// The configuration of a network that classifies images or recordings.
pub trait ClassifierConfig:
    NetworkConfig<
        Options: FromChoices,
        Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
    > + Into<Architecture>
    + Clone
    + 'static
{
}

impl<C> ClassifierConfig for C where
    C: NetworkConfig<
            Options: FromChoices,
            Network: Module
                         + ModuleDisplay
                         + Network<Input = Tensor<4>, Output = Tensor<2>>
                         + 'static,
        > + Into<Architecture>
        + Clone
        + 'static
{
}

/// What `--summary` shows of a network over trees, whose table of words comes from the data: the words of the
/// treebank's training part, and its classes.
const TREEBANK_WORDS: usize = 16_582;
const TREEBANK_CLASSES: usize = 5;

/// The options that every experiment takes.
const OPTIONS: [&str; 4] = ["seed", "out", "json", "no-tui"];

/// The options that mean something to some trainings only; the others are for all of them.
const PARTICULAR: [&str; 27] = [
    "activation",
    "augment",
    "classes",
    "coding",
    "dataset",
    "decay",
    "fold-models",
    "folds",
    "groups",
    "hidden",
    "initialization",
    "label-smoothing",
    "loss",
    "lr-find",
    "max-words",
    "network",
    "noise",
    "normalization",
    "penalty",
    "readout",
    "reset",
    "strict",
    "surrogate",
    "target-error",
    "teacher-forcing",
    "time-steps",
    "train-class",
];

/// Those of classifiers of pictures.
pub const OF_PICTURES: [&str; 13] = [
    "activation",
    "augment",
    "dataset",
    "fold-models",
    "folds",
    "groups",
    "hidden",
    "initialization",
    "loss",
    "lr-find",
    "normalization",
    "strict",
    "target-error",
];

/// Those of classifiers of recordings.
pub const OF_SIGNALS: [&str; 7] = [
    "classes",
    "fold-models",
    "folds",
    "groups",
    "loss",
    "lr-find",
    "target-error",
];

/// Those of autoencoders.
const OF_AUTOENCODERS: [&str; 7] = [
    "augment",
    "dataset",
    "groups",
    "noise",
    "penalty",
    "strict",
    "train-class",
];

/// Those of translators.
pub const OF_TRANSLATORS: [&str; 3] = ["label-smoothing", "max-words", "teacher-forcing"];

/// Those of networks over trees.
pub const OF_TREES: [&str; 2] = ["classes", "network"];

/// Those of spiking networks, beside those of their data.
const OF_SPIKING: [&str; 6] = [
    "coding",
    "decay",
    "readout",
    "reset",
    "surrogate",
    "time-steps",
];

/// The options that mean something to studies only, beside those of simulated neurons.
const STUDY_OPTIONS: [&str; 1] = ["csv"];

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
        S: DataSource<Set: ClassificationDataset> + Sync + 'static,
        C: ClassifierConfig,
    {
        let takes = source.takes().to_vec();
        let training = Training::classify(network, classes, source, recipe, takes, None);
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
        S: DataSource<Set: ClassificationDataset> + Sync + 'static,
    {
        let takes = [source.takes(), &OF_SPIKING].concat();
        let activity = Some(SpikingNet::activity as _);
        let training = Training::classify(network, classes, source, recipe, takes, activity);
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
        let training = Training::new(Essentials {
            task: Task::ClassifyTrees,
            data_config: source.dataset,
            recipe,
            takes: source.takes().to_vec(),
            layers: Box::new(move |choices| {
                let network = choices.apply(network(TREEBANK_WORDS, TREEBANK_CLASSES))?;
                network.validate()?;
                Ok(network.layers())
            }),
            run: Box::new(move |job| classify_trees(&source, network, job)),
        });
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
        let tokens = source.tokens;
        let training = Training::new(Essentials {
            task: Task::Translate,
            data_config: source.dataset,
            recipe,
            takes: source.takes().to_vec(),
            layers: Box::new(move |choices| Ok(choices.apply(network([tokens; 2]))?.layers())),
            run: Box::new(move |job| translate(&source, network, job)),
        });
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
        let known: Vec<_> = all.iter().map(|one| one.data_config.name.name()).collect();
        let found = all.into_iter().find(|one| one.data_config.name == set);
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

    /// A study; `takes` are the options that mean something to it.
    pub fn study(
        name: &'static str,
        about: &'static str,
        takes: &'static [&'static str],
        run: fn(&StudyJob<'_>) -> Result<Finished>,
    ) -> Self {
        Self {
            name,
            about,
            kind: Kind::Study(Study { takes, run }),
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

    /// Refuses options that mean nothing to this experiment.
    ///
    /// # Errors
    /// Names the first.
    pub fn check_options<'a>(&self, given: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let means_nothing = |option: &&str| match &self.kind {
            Kind::Training(training) => {
                STUDY_OPTIONS.contains(option)
                    || simulation::arguments::NAMES.contains(option)
                    || simulation::arguments::CHOICES.contains(option)
                    || PARTICULAR.contains(option) && !training.takes.contains(option)
            }
            Kind::Study(study) => !OPTIONS.contains(option) && !study.takes.contains(option),
        };
        let Some(option) = given.into_iter().find(means_nothing) else {
            return Ok(());
        };
        let remedy = match &self.kind {
            Kind::Training(_) => "leave it out".to_owned(),
            Kind::Study(study) => {
                let taken = [study.takes, &OPTIONS].concat();
                format!("it takes --{}", taken.join(", --"))
            }
        };
        let name = self.name;
        Err(WrongArguments::new(format!("--{option} means nothing to {name}: {remedy}")).into())
    }

    /// Trains, evaluates, writes the run folder.
    ///
    /// # Errors
    /// When the data, the device or the disk fails, or it is no training.
    pub fn train(&self, job: &Job) -> Result<Finished> {
        let training = self.training()?;
        (training.run)(job)
    }
}

impl Training {
    /// Creates the training of a classifier; a spiking one records its `activity`.
    fn classify<C, S>(
        network: fn(classes: usize) -> C,
        classes: usize,
        source: S,
        recipe: Recipe,
        takes: Vec<&'static str>,
        activity: Option<fn(&C::Network, Tensor<4>) -> Activity>,
    ) -> Self
    where
        S: DataSource<Set: ClassificationDataset> + Sync + 'static,
        C: ClassifierConfig,
    {
        Self::new(Essentials {
            task: Task::Classify,
            data_config: *source.dataset(),
            recipe,
            takes,
            layers: Box::new(move |choices| {
                let network = choices.apply(network(classes))?;
                network.validate()?;
                Ok(network.layers())
            }),
            run: Box::new(move |job| classify(&source, network, activity, job)),
        })
    }

    fn new(of: Essentials) -> Self {
        Self {
            task: of.task,
            data_config: of.data_config,
            recipe: of.recipe,
            stand_in_recipe: None,
            other_recipe: None,
            plain_recipe: None,
            elsewhere: Vec::new(),
            takes: of.takes,
            layers: of.layers,
            run: of.run,
        }
    }

    /// An autoencoder; `network` is told how it will be trained.
    pub fn reconstruct(
        network: fn(&Recipe) -> AutoencoderConfig,
        pictures: Pictures,
        recipe: Recipe,
    ) -> Self {
        let usual = recipe.clone();
        Self::new(Essentials {
            task: Task::Reconstruct,
            data_config: pictures.dataset,
            recipe,
            takes: OF_AUTOENCODERS.to_vec(),
            layers: Box::new(move |choices| Ok(choices.apply(network(&usual))?.layers())),
            run: Box::new(move |job| reconstruct(&pictures, network, job)),
        })
    }

    /// Whether generated stand-ins take the place of the data.
    ///
    /// # Errors
    /// When a folder was named that is not there.
    pub fn uses_stand_ins(&self, data: &DataArguments) -> Result<bool> {
        Ok(self.data_config.find(data)?.is_none())
    }

    /// The network's layers, as `--summary` prints them.
    ///
    /// # Errors
    /// When the network has no such choice.
    pub fn layers(&self, choices: &Choices) -> Result<LayerTable> {
        (self.layers)(choices).map_err(|error| WrongArguments::new(error.to_string()).into())
    }
}

/// The experiment of that name.
///
/// # Errors
/// When there is none; the error lists those there are.
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
