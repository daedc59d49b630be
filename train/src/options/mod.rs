//! The options of the command line: a typed field for each in [`Options`], and a row for each in the [`TABLE`].
//!
//! To add an option, add a field with its help to one of the structs, a row to the table, and a line where its value is
//! applied. The parser, the help of every experiment, refusals, `config.json` of studies, what `--resume` accepts and
//! what `compare-optimizers` passes on follow from these; tests compare the table with the parser.
//!
//! - [`table`]: who takes an option, and where it applies
//! - [`network`], [`recipe`], [`data`], [`simulation`]: the options by what they change
//! - [`classes`]: classes of images to keep or to merge
//! - [`names`]: neurons and firing patterns that are chosen by name
//! - `number`: parsers of numbers

pub mod classes;
pub mod data;
pub mod names;
pub mod network;
mod number;
pub mod recipe;
pub mod simulation;
pub mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use models::device::{DeviceChoice, DeviceError};

use crate::fit::cadence::Cadence;
use crate::wrong_arguments::WrongArguments;
use data::DataOptions;
use network::NetworkOptions;
use recipe::RecipeOptions;
use simulation::SimulationOptions;
pub use table::{Defaults, Family, Group, OptionRow, TABLE};

/// Value of a switch that the user gave.
const SWITCHED_ON: &str = "true";

/// The options of one run. Only options that the user gave are set, but for those with one default for all experiments.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// What to change of the network.
    #[command(flatten)]
    pub network: NetworkOptions,

    /// What to change of the recipe.
    #[command(flatten)]
    pub recipe: RecipeOptions,

    /// Which data.
    #[command(flatten)]
    pub data: DataOptions,

    /// What to simulate.
    #[command(flatten)]
    pub simulation: SimulationOptions,

    /// Target error rate among accepted predictions
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = number::target_error)]
    pub target_error: Option<f64>,

    /// Start from the weights of a model: a file, or the folder of a run
    #[arg(long, value_name = "MODEL")]
    pub init: Option<PathBuf>,

    /// Run a learning-rate range test first
    #[arg(long, conflicts_with = "folds")]
    pub lr_find: bool,

    /// Seed of split, weights, shuffling and dropout
    #[arg(
        long,
        value_name = "N",
        default_value_t = 42,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// Device to compute on; `--device help` lists them
    #[arg(
        long,
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env = true,
        default_value = "auto",
        value_parser = device
    )]
    pub device: String,

    /// Time or number of batches between checkpoints [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub checkpoint_every: Option<Cadence>,

    /// Folder for runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print a line per epoch instead of the dashboard
    #[arg(long)]
    pub no_tui: bool,

    /// Print result.json to standard output
    #[arg(long)]
    pub json: bool,

    /// The options that the user gave, by name, with their values as written.
    #[arg(skip)]
    pub given: BTreeMap<String, String>,
}

impl Options {
    /// Returns the device; `None` if the user asks for the list of devices.
    ///
    /// # Errors
    /// If there is no such device.
    pub fn device(&self) -> Result<Option<DeviceChoice>, DeviceError> {
        parse_device(&self.device)
    }

    /// Refuses the first given option that is not accepted; `reason` gets the option with its dashes.
    ///
    /// # Errors
    /// Names the option, its value and the reason.
    pub fn refuse_unless(
        &self,
        is_accepted: impl Fn(&OptionRow) -> bool,
        reason: impl Fn(&str) -> String,
    ) -> Result<(), WrongArguments> {
        for (name, value) in &self.given {
            if !OptionRow::find(name).is_some_and(&is_accepted) {
                let option = format!("--{name}");
                let given = match value.as_str() {
                    SWITCHED_ON => option.clone(),
                    value => format!("{option} {value}"),
                };
                return Err(WrongArguments::new(format!("{given}: {}", reason(&option))));
            }
        }
        Ok(())
    }
}

/// The device of a command that does not train.
#[derive(Clone, Debug, Args)]
pub struct DeviceArgument {
    /// Device, see `train --device help`
    #[arg(
        long,
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto",
        value_parser = device
    )]
    device: String,
}

impl DeviceArgument {
    /// Returns the device; `None` if the user asks for the list of devices.
    ///
    /// # Errors
    /// If there is no such device.
    pub fn choice(&self) -> Result<Option<DeviceChoice>, DeviceError> {
        parse_device(&self.device)
    }
}

/// Parses the name of a device; `None` for `help`.
///
/// # Errors
/// If there is no such device.
pub fn parse_device(text: &str) -> Result<Option<DeviceChoice>, DeviceError> {
    if text == "help" {
        Ok(None)
    } else {
        text.parse().map(Some)
    }
}

/// Checks the name of a device while the command line is parsed, and keeps it as written for `config.json`.
pub fn device(text: &str) -> Result<String, DeviceError> {
    parse_device(text).map(|_| text.to_owned())
}
