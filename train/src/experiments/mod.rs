//! Every experiment `train` knows: one file each, one line in the table.

use anyhow::Result;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use models::device::Selected;
use models::{Architecture, LayerTable, Network, NetworkConfig};

use crate::classification::classify;
use crate::console::Console;
use crate::data::{DataArguments, Pictures};
use crate::recipe::Recipe;
use crate::report::Outcome;
use crate::run_folder::RunFolder;

/// Declares the experiments' files and the table of them, in the order of `train --list`.
macro_rules! experiments {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every experiment.
        pub fn all() -> Vec<Experiment> {
            vec![$($name::experiment()),*]
        }
    };
}

experiments! {
    brain_tumor,
    brain_tumor_cnn,
    brain_tumor_mlp,
    mnist_mlp,
    mnist_dropout,
    mnist_cnn,
}

/// The experiment of `train` alone.
pub const DEFAULT: &str = "brain-tumor";

/// What trains, evaluates and writes the run folder.
type Training = dyn Fn(&Experiment, &Job) -> Result<Outcome> + Sync;

/// A network, the data it learns from, and how.
pub struct Experiment {
    /// As on the command line.
    pub name: &'static str,
    /// One line for `--list`.
    pub about: &'static str,
    /// What it learns from.
    pub pictures: Pictures,
    /// How it is trained unless the command line says otherwise.
    pub recipe: Recipe,
    /// The recipe for generated stand-ins, where it differs.
    pub stand_in_recipe: Option<Recipe>,
    /// How it is trained with the schedule that is not the recipe's own: a cosine bears a higher peak
    /// than a constant rate, and learns more of altered pictures.
    pub other_recipe: Option<Recipe>,
    layers: Box<dyn Fn() -> LayerTable + Sync>,
    run: Box<Training>,
}

/// One run of an experiment: everything the command line resolved to.
pub struct Job {
    /// How to train.
    pub recipe: Recipe,
    /// Which data.
    pub data: DataArguments,
    /// Seeds the split, the weights, the shuffling and dropout.
    pub seed: u64,
    /// Where to train.
    pub device: Selected,
    /// Where the results go.
    pub folder: RunFolder,
    /// Where progress is shown.
    pub console: Console,
    /// Whether an earlier run is continued.
    pub resume: bool,
    /// The share of wrong answers among those that the model shall give.
    pub target_error: f64,
}

impl Experiment {
    /// A picture classifier; `network` is told the number of classes and `classes` is what the
    /// chapter's data has.
    pub fn classify<C>(
        name: &'static str,
        about: &'static str,
        network: fn(classes: usize) -> C,
        classes: usize,
        pictures: Pictures,
        recipe: Recipe,
    ) -> Self
    where
        C: NetworkConfig + Into<Architecture> + 'static,
        C::Network:
            Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
    {
        Self {
            name,
            about,
            pictures,
            recipe,
            stand_in_recipe: None,
            other_recipe: None,
            layers: Box::new(move || network(classes).layers()),
            run: Box::new(move |experiment, job| classify(experiment, network, job)),
        }
    }

    /// Another recipe for generated stand-ins.
    pub fn with_stand_in_recipe(self, recipe: Recipe) -> Self {
        Self {
            stand_in_recipe: Some(recipe),
            ..self
        }
    }

    /// The learning rate and the altered pictures when this recipe's schedule is asked for, and nothing
    /// else about them.
    pub fn with_other_recipe(self, recipe: Recipe) -> Self {
        Self {
            other_recipe: Some(recipe),
            ..self
        }
    }

    /// Whether generated stand-ins take the place of the data.
    ///
    /// # Errors
    /// When a folder was named that is not there.
    pub fn uses_stand_ins(&self, data: &DataArguments) -> Result<bool> {
        Ok(self.pictures.find(data)?.is_none())
    }

    /// The network's layers, as `--summary` prints them.
    pub fn layers(&self) -> LayerTable {
        (self.layers)()
    }

    /// Trains, evaluates, writes the run folder.
    ///
    /// # Errors
    /// When the data, the device or the disk fails.
    pub fn run(&self, job: &Job) -> Result<Outcome> {
        (self.run)(self, job)
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
                find(name).unwrap().layers().parameters(),
                parameters,
                "{name}"
            );
        }
    }
}
