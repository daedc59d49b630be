//! The command line of `train`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use datasets::{Noise, fetch};
use kernels::Reset;
use models::device::{DeviceChoice, DeviceError};
use models::{
    Activations, Choices, ChosenNormalization, Coding, Composition, Decay, Initialization,
    NamedSurrogate, Readout, SpikingOptions,
};

use crate::commands::cross_validate::FoldModels;
use crate::data::{DatasetName, SplitChoice};
use crate::experiments;
use crate::fit::objective::{Loss, Penalty};
use crate::fit::recipe::{self, Augment, Optimizer, Switch};
use crate::fit::schedule::Schedule;
use crate::tasks::ood_check;
use crate::tasks::studies::simulation::SimulationArguments;

/// Train the neural networks of a neuroscience course.
///
/// Without an experiment it trains `brain-tumor`; without data it trains on generated stand-ins and
/// says so. Everything a run leaves behind is in runs/EXPERIMENT-NUMBER/.
#[derive(Debug, Parser)]
#[command(
    name = "train",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  train                                  the default experiment\n  train mnist-mlp --epochs 3             three epochs on MNIST\n  train mnist-cnn --schedule cosine --learning-rate 2e-3\n  train brain-tumor-cnn --data ~/scans   your own folder of class folders\n  train mnist-mlp --summary              the network's layers\n  train --resume runs/mnist-cnn-1        go on where it stopped\n  train brain-tumor --folds 5            cross-validate\n  train check brain-tumor-mri            look for copies and leaks\n  train fetch mnist                      download the digits\n  train probe runs/latest                what it says about pictures of another kind"
)]
pub struct Arguments {
    /// Something other than training.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to train, see --list [default: brain-tumor]
    #[arg(value_name = "EXPERIMENT", value_parser = experiment)]
    pub experiment: Option<String>,

    /// List the experiments
    #[arg(long)]
    pub list: bool,

    /// Print the network's layers and stop
    #[arg(long)]
    pub summary: bool,

    /// What to change of the experiment's network.
    #[command(flatten)]
    pub network: NetworkArguments,

    /// What to change of the experiment's recipe.
    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// Where the data is.
    #[command(flatten)]
    pub data: DataOptions,

    /// Points for a neuron to learn: a CSV table with a header, features first, then the label; or the recording
    /// that a neuron is fitted to: time_s, then a column of mV for each sweep
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Share of wrong answers among those that the model shall give; below the probability that is
    /// needed for it, `infer` says "uncertain" [default: 0.03]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = target_error)]
    pub target_error: Option<f64>,

    /// Seed of the split, the weights, the shuffling and dropout
    #[arg(
        long,
        value_name = "N",
        default_value_t = 42,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// Where to compute.
    #[arg(
        long,
        help = "Where to compute: auto, flex, ndarray, wgpu[:N], cuda[:N]; `help` lists what is built in",
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto",
        value_parser = device
    )]
    pub device: String,

    /// The folder for the runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// First draw the loss while the learning rate grows, and propose a rate; the run stays as it is
    #[arg(long, conflicts_with_all = ["folds", "resume"])]
    pub lr_find: bool,

    /// Go on from the last checkpoint of a run
    #[arg(long, value_name = "RUN", conflicts_with_all = ["experiment", "seed", "generated", "split", "groups", "folds", "csv", "dataset", "train_class", "noise", "penalty", "activation", "hidden", "normalization", "initialization", "network", "SpikingArguments", "SimulationArguments"])]
    pub resume: Option<PathBuf>,

    /// A line per epoch instead of the dashboard
    #[arg(long)]
    pub no_tui: bool,

    /// Print result.json as the last thing on standard output
    #[arg(long)]
    pub json: bool,

    /// What to simulate, of neurons that fire.
    #[command(flatten)]
    pub simulation: SimulationArguments,

    /// The options that were given on the command line, with their values.
    #[arg(skip)]
    pub given: BTreeMap<String, String>,
}

/// Commands beside training.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Download a public data set, checked by SHA-256
    Fetch(FetchArguments),
    /// Look for copies, leaks and other faults in a set of pictures
    Check(CheckArguments),
    /// Ask a model about pictures that are not of its kind: how many does it answer?
    Probe(ProbeArguments),
    /// Copy a model to hand on, with its numbers as 16-bit floats: half the size
    Export(ExportArguments),
    /// Train one network with every optimiser, each at its usual rate, and draw their losses
    CompareOptimizers(Box<CompareArguments>),
}

/// `train export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A model file, or the folder of a run
    #[arg(value_name = "FILE|RUN")]
    pub model: PathBuf,

    /// The file to write; one that is there is replaced
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
}

/// `train compare-optimizers`.
#[derive(Clone, Debug, Args)]
pub struct CompareArguments {
    /// What to train, see --list
    #[arg(value_name = "EXPERIMENT", default_value = "mnist-mlp", value_parser = experiment)]
    pub experiment: String,

    /// What to change of the experiment's network.
    #[command(flatten)]
    pub network: NetworkArguments,

    /// What to change of the experiment's recipe.
    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// Where the data is.
    #[command(flatten)]
    pub data: DataOptions,

    /// Seed of the split, the weights, the shuffling and dropout
    #[arg(
        long,
        value_name = "N",
        default_value_t = 42,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// Where to compute, see `train --device help`
    #[arg(
        long,
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto",
        value_parser = device
    )]
    pub device: String,

    /// The folder for the runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print result.json as the last thing on standard output
    #[arg(long)]
    pub json: bool,
}

/// `train probe`.
#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// A model file, or the folder of a run
    #[arg(value_name = "FILE|RUN", default_value = "runs/latest")]
    pub model: PathBuf,

    /// How many pictures are generated: noise, pages, patterns, drawn digits, scenes
    #[arg(long, value_name = "N", default_value_t = ood_check::COUNT as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,

    /// The folder that holds mnist/: as many of its test digits are asked about too
    #[arg(long, value_name = "DIR", env = "HEBB_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,

    /// Write the pictures into this folder
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,

    /// Where to compute, see `train --device help`
    #[arg(
        long,
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto",
        value_parser = device
    )]
    pub device: String,

    /// Print the counts as JSON
    #[arg(long)]
    pub json: bool,
}

/// `train fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    /// mnist, brain-tumor-mri or eeg-bonn
    #[arg(value_name = "NAME", value_parser = data_set)]
    pub name: String,

    /// The folder that shall hold NAME/
    #[arg(
        long,
        value_name = "DIR",
        env = "HEBB_DATA",
        hide_env_values = true,
        default_value = "data"
    )]
    pub data: PathBuf,

    /// Take the files from this address instead of the public sources
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,

    /// Replace what is there
    #[arg(long)]
    pub force: bool,
}

/// `train check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// brain-tumor-mri, brain-tumor-2class, or a folder with a folder of pictures per class
    #[arg(value_name = "NAME|DIR")]
    pub set: PathBuf,

    /// The folder that holds NAME/
    #[arg(
        long,
        value_name = "DIR",
        env = "HEBB_DATA",
        hide_env_values = true,
        default_value = "data"
    )]
    pub data: PathBuf,

    /// The folder for the findings, in check-NAME-NUMBER/
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print check.json as the last thing on standard output
    #[arg(long)]
    pub json: bool,
}

/// What the command line changes of a network.
#[derive(Clone, Debug, Default, Args)]
pub struct NetworkArguments {
    /// The activation of the hidden layers: relu, leaky-relu, leaky-relu:SLOPE, relu6, sigmoid, tanh, gelu, selu,
    /// elu or swish; of perceptrons also one for each layer, as relu,tanh [default: the experiment's]
    #[arg(long, value_name = "NAME[,NAME...]")]
    pub activation: Option<Activations>,

    /// The units of each hidden layer of a perceptron, as 300,200,200,100; the weights then start as suits the
    /// activation, unless --initialization says how
    #[arg(long, value_name = "N[,N...]", value_delimiter = ',', allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub hidden: Option<Vec<u32>>,

    /// What is normalised between a layer's sums and its activation: none, batch or layer
    #[arg(long, value_name = "KIND")]
    pub normalization: Option<ChosenNormalization>,

    /// How weights start: xavier (Glorot's, for sigmoid, tanh and selu) or he (for the rectifiers) [default: the
    /// experiment's]
    #[arg(long, value_name = "WAY")]
    pub initialization: Option<Initialization>,

    /// Trees: how a network makes one phrase of two: plain or tree-lstm [default: tree-lstm]
    #[arg(long, value_name = "NAME")]
    pub network: Option<Composition>,

    /// What spiking networks leave open.
    #[command(flatten)]
    pub spiking: SpikingArguments,
}

/// Each option names it: a heading of the whole group would stand above all that follows, too.
const SPIKING: &str = "Spiking networks";

/// What the command line changes of a spiking network.
#[derive(Clone, Debug, Default, Args)]
pub struct SpikingArguments {
    /// Steps of time that a picture is shown for [default: the experiment's]
    #[arg(long, help_heading = SPIKING, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub time_steps: Option<u32>,

    /// How the input is told: direct, rate or latency for pictures, direct or delta for recordings [default: the
    /// experiment's]
    #[arg(long, help_heading = SPIKING, value_name = "NAME")]
    pub coding: Option<Coding>,

    /// What remains of a membrane after a step, from 0 to 1; learned:X starts at X and each unit learns its own
    #[arg(long, help_heading = SPIKING, value_name = "X|learned:X", allow_negative_numbers = true)]
    pub decay: Option<Decay>,

    /// What a spike does to the membrane: subtract the threshold, or start from zero [default: subtract]
    #[arg(long, help_heading = SPIKING, value_name = "WAY", value_parser = models::parse_reset)]
    pub reset: Option<Reset>,

    /// What stands for a spike's derivative: fast-sigmoid, arctangent or triangular, each also with its slope or
    /// width, as fast-sigmoid:25 [default: the experiment's]
    #[arg(long, help_heading = SPIKING, value_name = "NAME")]
    pub surrogate: Option<NamedSurrogate>,

    /// What tells the class: the counts of the last units' spikes, or the mean membrane of units that do not fire
    #[arg(long, help_heading = SPIKING, value_name = "NAME")]
    pub readout: Option<Readout>,
}

impl SpikingArguments {
    fn choices(&self) -> SpikingOptions {
        SpikingOptions {
            time_steps: self.time_steps.map(|steps| steps as usize),
            coding: self.coding,
            decay: self.decay,
            reset: self.reset,
            surrogate: self.surrogate,
            readout: self.readout,
        }
    }
}

impl NetworkArguments {
    /// What was chosen.
    pub fn choices(&self) -> Choices {
        Choices {
            activation: self.activation.clone(),
            hidden: (self.hidden.as_ref())
                .map(|units| units.iter().map(|&units| units as usize).collect()),
            normalization: self.normalization,
            initialization: self.initialization,
            composition: self.network,
            spiking: self.spiking.choices(),
        }
    }
}

/// What the command line changes of a recipe.
#[derive(Clone, Debug, Default, Args)]
pub struct RecipeArguments {
    /// Passes over the training part
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub epochs: Option<u32>,

    /// Examples per step
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch_size: Option<u32>,

    /// The (peak) learning rate, above 0 and at most 1 [default: the experiment's, or that which the
    /// --optimizer is usually started with]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = learning_rate)]
    pub learning_rate: Option<f64>,

    /// The optimiser
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<Optimizer>,

    /// What a classifier minimises [default: cross-entropy]
    #[arg(long, value_name = "NAME")]
    pub loss: Option<Loss>,

    /// How the learning rate changes
    #[arg(long, value_name = "NAME")]
    pub schedule: Option<Schedule>,

    /// How training pictures are altered in every pass [default: the experiment's]
    #[arg(long, value_name = "HOW")]
    pub augment: Option<Augment>,

    /// Autoencoders: how the pictures that go in are disturbed: gaussian:SIGMA or
    /// salt-and-pepper:SHARE, of values of 0 to 1
    #[arg(long, value_name = "HOW")]
    pub noise: Option<Noise>,

    /// Autoencoders: what an active code costs: none, l1:WEIGHT, kl:WEIGHT:ACTIVITY, or both with a
    /// plus sign between them
    #[arg(long, value_name = "HOW")]
    pub penalty: Option<Penalty>,

    /// Scale a step's gradients down to this norm, or none; the norms are in log.jsonl [default: 1 for
    /// recurrent networks, else none]
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, value_parser = clip_norm)]
    pub clip_norm: Option<Switch>,

    /// AdamW: the share of each weight that a step at a rate of 1 takes away [default: the
    /// experiment's, else 1e-4]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub weight_decay: Option<f64>,

    /// Validate and keep the exponential moving average of the weights with this decay, as 0.999, or none
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true, value_parser = average_weights)]
    pub average_weights: Option<Switch>,

    /// Translators: the share of the target that is spread over all tokens [default: the experiment's]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub label_smoothing: Option<f64>,

    /// Translators: how often the decoder hears the known token, not its own guess, in the last epoch; always
    /// in the first [default: 1]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub teacher_forcing: Option<f64>,

    /// Stop after N epochs without a better validation figure
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub early_stop: Option<u32>,
}

/// What the command line says about the data.
#[derive(Clone, Debug, Default, Args)]
pub struct DataOptions {
    /// The folder that holds mnist/, brain-tumor-mri/, ... (or the set itself) [default: data]
    #[arg(long, value_name = "DIR", env = "HEBB_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,

    /// Another data set than the experiment's first, where it has one
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<DatasetName>,

    /// EEG: seizure against rest (2, the default), or the five kinds of recordings (5); sentences: negative or
    /// positive (2), or very negative to very positive (5, the default)
    #[arg(long, value_name = "2|5", value_parser = two_or_five)]
    pub classes: Option<u32>,

    /// Sentences: leave out pairs with more English words [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub max_words: Option<u32>,

    /// Autoencoders: train on this class alone; the other classes of the test are anomalies to be
    /// found by their error
    #[arg(long, value_name = "CLASS")]
    pub train_class: Option<String>,

    /// Train on generated stand-ins, whatever data there is
    #[arg(long)]
    pub generated: bool,

    /// How many stand-ins to generate
    #[arg(long, value_name = "N", requires = "generated", value_parser = clap::value_parser!(u32).range(40..=1_000_000))]
    pub stand_ins: Option<u32>,

    /// How to divide the examples: grouped (the default for scans: copies stay together), random, official, or
    /// the split.csv of an earlier run
    #[arg(long, value_name = "HOW")]
    pub split: Option<SplitChoice>,

    /// A CSV table with the columns path,patient: pictures of one patient stay together, too
    #[arg(long, value_name = "FILE")]
    pub groups: Option<PathBuf>,

    /// Cross-validate: K trainings, each tested on another K-th of the examples
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub folds: Option<u32>,

    /// Which models of a cross-validation to keep
    #[arg(long, value_name = "WHICH", default_value = "all", requires = "folds")]
    pub fold_models: FoldModels,

    /// Refuse unreadable pictures instead of skipping them
    #[arg(long)]
    pub strict: bool,
}

impl Arguments {
    /// Reads a command line.
    ///
    /// # Errors
    /// When it cannot be understood, or asks for help.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let options = command
            .get_arguments()
            .filter_map(|option| Some((option.get_id().as_str(), option.get_long()?)));
        let given = options
            .filter(|(id, _)| matches.value_source(id) == Some(ValueSource::CommandLine))
            .map(|(id, name)| {
                let values = matches.get_raw(id).into_iter().flatten();
                let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
                (name.to_owned(), values.join(" "))
            })
            .collect();
        let arguments = Self::from_arg_matches(&matches)?;
        Ok(Self { given, ..arguments })
    }

    /// Those of one training of a comparison.
    ///
    /// # Errors
    /// When a variable of the environment means nothing.
    pub fn compared(
        arguments: &CompareArguments,
        optimizer: Optimizer,
    ) -> Result<Self, clap::Error> {
        let mut of_one = Self::read(["train".into()])?;
        of_one.network = arguments.network.clone();
        of_one.recipe = RecipeArguments {
            optimizer: Some(optimizer),
            learning_rate: Some(optimizer.usual_rate()),
            ..arguments.recipe.clone()
        };
        of_one.data = arguments.data.clone();
        of_one.seed = arguments.seed;
        of_one.device.clone_from(&arguments.device);
        Ok(of_one)
    }

    /// The device asked for; `None` when it asks for help.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn device(&self) -> Result<Option<DeviceChoice>, DeviceError> {
        if self.device == "help" {
            Ok(None)
        } else {
            self.device.parse().map(Some)
        }
    }
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if recipe::LEARNING_RATES.contains(&rate) => Ok(rate),
        Ok(_) => Err("must be above 0 and at most 1".to_owned()),
        Err(_) => Err("is no number".to_owned()),
    }
}

fn clip_norm(text: &str) -> Result<Switch, String> {
    switch(text, |norm| norm > 0.0 && norm.is_finite())
        .ok_or_else(|| "give a number above 0, or none".to_owned())
}

fn average_weights(text: &str) -> Result<Switch, String> {
    switch(text, |decay| decay > 0.0 && decay < 1.0)
        .ok_or_else(|| "give a number between 0 and 1, or none".to_owned())
}

fn switch(text: &str, is_taken: impl Fn(f64) -> bool) -> Option<Switch> {
    if text == "none" {
        return Some(Switch(None));
    }
    let number = text.parse().ok().filter(|number| is_taken(*number))?;
    Some(Switch(Some(number)))
}

fn two_or_five(text: &str) -> Result<u32, String> {
    match text {
        "2" => Ok(2),
        "5" => Ok(5),
        _ => Err("choose 2 or 5".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        Ok(_) => Err("must be from 0 to 1".to_owned()),
        Err(_) => Err("is no number".to_owned()),
    }
}

/// Above one half, an answer would be worth less than a coin's.
fn target_error(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 0.5 => Ok(share),
        Ok(_) => Err("must be above 0 and at most 0.5".to_owned()),
        Err(_) => Err("is no number".to_owned()),
    }
}

/// Checked here, so that a wrong name is a wrong argument.
fn experiment(text: &str) -> Result<String, String> {
    match experiments::find(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn device(text: &str) -> Result<String, DeviceError> {
    if text != "help" {
        text.parse::<DeviceChoice>()?;
    }
    Ok(text.to_owned())
}

fn data_set(text: &str) -> Result<String, String> {
    let mut names = fetch::DATASETS.iter().map(|set| set.name);
    if names.any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let names: Vec<_> = fetch::DATASETS.iter().map(|set| set.name).collect();
    Err(format!("choose one of {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_experiment_and_a_subcommand_are_told_apart() {
        let arguments = Arguments::parse_from(["train", "mnist-mlp", "--epochs", "3"]);
        assert_eq!(arguments.experiment.as_deref(), Some("mnist-mlp"));
        let arguments = Arguments::parse_from(["train", "fetch", "mnist"]);
        assert!(matches!(arguments.command, Some(Command::Fetch(fetch)) if fetch.name == "mnist"));
    }
}
