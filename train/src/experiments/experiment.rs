//! A row of the tables: an experiment's name, and what it runs.

use anyhow::Result;

use super::families::Families;
use super::training::Training;
use crate::data::DatasetName;
use crate::fit::monitor::Monitor;
use crate::fit::recipe::Recipe;
use crate::options::classes::Classes;
use crate::options::{Defaults, Family, OptionRow, Options, TABLE, network};
use crate::report::finished::Finished;
use crate::tasks::driver::{Trainable, unknown_monitor};
use crate::tasks::job::StudyJob;
use crate::wrong_arguments::WrongArguments;

/// An experiment.
pub struct Experiment {
    /// Name on the command line.
    pub name: &'static str,
    /// Description, one line for `--list`.
    pub about: &'static str,
    /// What it runs.
    pub kind: Kind,
}

/// What an experiment runs.
pub enum Kind {
    /// The training of a network, which leaves a model for `infer`.
    Training(Box<Training>),
    /// A study, which leaves figures and tables of its own.
    Study(Study),
}

/// A study.
pub struct Study {
    /// Families that it belongs to.
    pub families: &'static [Family],
    /// Returns the values that options have unless they are given.
    pub defaults: fn() -> Defaults,
    /// Runs the study and writes the run folder.
    pub run: fn(&StudyJob<'_>) -> Result<Finished>,
}

impl Experiment {
    /// Creates the training of a task.
    pub fn new<T: Trainable + Families + 'static>(
        name: &'static str,
        about: &'static str,
        task: T,
        recipe: Recipe,
    ) -> Self {
        let training = Box::new(Training::new(task, recipe));
        Self {
            name,
            about,
            kind: Kind::Training(training),
        }
    }

    /// Creates a study that takes the options of these families.
    pub fn study(
        name: &'static str,
        about: &'static str,
        families: &'static [Family],
        run: fn(&StudyJob<'_>) -> Result<Finished>,
    ) -> Self {
        let defaults = Vec::new;
        Self {
            name,
            about,
            kind: Kind::Study(Study {
                families,
                defaults,
                run,
            }),
        }
    }

    /// Sets the defaults that the help of a study shows.
    pub fn with_defaults(mut self, defaults: fn() -> Defaults) -> Self {
        if let Kind::Study(study) = &mut self.kind {
            study.defaults = defaults;
        }
        self
    }

    /// Sets the recipe for generated stand-ins.
    pub fn with_stand_in_recipe(self, recipe: Recipe) -> Self {
        self.changed(|training| training.stand_in_recipe = Some(recipe))
    }

    /// Sets learning rate and augmentation for the recipe's schedule, if the user chooses it.
    pub fn with_other_recipe(self, recipe: Recipe) -> Self {
        self.changed(|training| training.other_recipe = Some(recipe))
    }

    /// Sets the recipe for `--network plain`.
    pub fn with_plain_recipe(self, recipe: Recipe) -> Self {
        self.changed(|training| training.plain_recipe = Some(recipe))
    }

    /// Adds the same experiment on another data set, for `--dataset`.
    pub fn with_variant<T: Trainable + Families + 'static>(self, task: T, recipe: Recipe) -> Self {
        self.changed(|training| training.variants.push(Training::new(task, recipe)))
    }

    fn changed(mut self, change: impl FnOnce(&mut Training)) -> Self {
        if let Kind::Training(training) = &mut self.kind {
            change(training);
        }
        self
    }

    /// Returns the experiment on the data set that the user chose.
    ///
    /// # Errors
    /// If it has no variant on this data set.
    pub fn on(self, dataset: Option<DatasetName>) -> Result<Self, WrongArguments> {
        let Some(chosen) = dataset else {
            return Ok(self);
        };
        let Self { name, about, kind } = self;
        let Kind::Training(mut training) = kind else {
            return Ok(Self { name, about, kind });
        };
        let mut variants = std::mem::take(&mut training.variants);
        variants.insert(0, *training);
        let names: Vec<_> = (variants.iter())
            .map(|training| training.dataset().name.name())
            .collect();
        let found = (variants.into_iter()).find(|training| training.dataset().name == chosen);
        match found {
            Some(training) => Ok(Self {
                name,
                about,
                kind: Kind::Training(Box::new(training)),
            }),
            None => Err(WrongArguments::new(format!(
                "--dataset {}: {name} learns from {}",
                chosen.name(),
                names.join(" or ")
            ))),
        }
    }

    /// Returns the training.
    ///
    /// # Errors
    /// If the experiment is a study.
    pub fn training(&self) -> Result<&Training, WrongArguments> {
        match &self.kind {
            Kind::Training(training) => Ok(training),
            Kind::Study(_) => Err(WrongArguments::new(format!(
                "{}: is a study and trains no network of layers; choose a training of `train --list`",
                self.name
            ))),
        }
    }

    /// Returns the families that the experiment belongs to.
    pub fn families(&self) -> &[Family] {
        match &self.kind {
            Kind::Training(training) => training.families(),
            Kind::Study(study) => study.families,
        }
    }

    /// Returns whether the experiment takes an option.
    pub fn takes(&self, row: &OptionRow) -> bool {
        row.is_taken_by(self.families())
    }

    /// Returns whether the help lists an option: the experiment takes it, and has something to choose from.
    pub fn lists(&self, row: &OptionRow) -> bool {
        let has_choice = match (&self.kind, network::example(row.name)) {
            (Kind::Training(training), _) if row.name == "dataset" => !training.variants.is_empty(),
            (Kind::Training(training), Some(choices)) => training.architecture(&choices).is_ok(),
            _ => true,
        };
        self.takes(row) && has_choice
    }

    /// Returns the values that options have unless they are given.
    pub fn defaults(&self) -> Defaults {
        match &self.kind {
            Kind::Training(training) => training.defaults(),
            Kind::Study(study) => (study.defaults)(),
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
            |option| format!("{} does not take {option}; {remedy}", self.name),
        )?;
        self.check_classes(options.data.classes.as_ref())?;
        match (&self.kind, options.recipe.monitor.as_deref()) {
            (Kind::Training(training), name @ Some(_))
                if Monitor::choose(training.monitors(), name).is_none() =>
            {
                Err(WrongArguments::new(unknown_monitor(
                    name,
                    training.monitors(),
                )))
            }
            _ => Ok(()),
        }
    }

    /// Refuses names of classes where a number is wanted, and a number where names are.
    fn check_classes(&self, classes: Option<&Classes>) -> Result<(), WrongArguments> {
        let families = self.families();
        let has_names = [Family::Images, Family::Autoencoder]
            .iter()
            .any(|family| families.contains(family));
        let wrong = |reason: &str| Err(WrongArguments::new(reason.to_owned()));
        match classes {
            Some(Classes::Count(count)) if has_names => wrong(&format!(
                "--classes {count}: the classes of {} have names; name those to keep, as in --classes a,b",
                self.name
            )),
            Some(Classes::Named(names)) if !has_names => {
                wrong(&format!("--classes '{}': choose 2 or 5", names.join(",")))
            }
            _ => Ok(()),
        }
    }
}
