//! The command line as types: clap derives its parser from them.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::check::CheckArguments;
use crate::commands::compare::CompareArguments;
use crate::commands::export::ExportArguments;
use crate::commands::fetch::FetchArguments;
use crate::commands::probe::ProbeArguments;
use crate::experiments;
use crate::options::Options;

/// Train the neural networks of a neuroscience course
#[derive(Debug, Parser)]
#[command(name = "train", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Experiment to run
    #[arg(value_name = "EXPERIMENT", value_parser = experiments::parse_name)]
    pub experiment: Option<String>,

    #[command(flatten)]
    pub options: Options,

    /// Resume a run from its last checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "experiment")]
    pub resume: Option<PathBuf>,

    /// Print the layers of the experiment's network
    #[arg(long)]
    pub summary: bool,

    /// List the experiments
    #[arg(long)]
    pub list: bool,
}

/// Commands beside running an experiment.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Download a public data set
    Fetch(FetchArguments),
    /// Find copies, leaks and unreadable files in a folder of images
    Check(CheckArguments),
    /// Test how often a model abstains on images of another kind
    Probe(ProbeArguments),
    /// Copy a model with 16-bit weights, at half the size
    Export(ExportArguments),
    /// Train a network with every optimiser and compare the losses
    CompareOptimizers(Box<CompareArguments>),
}
