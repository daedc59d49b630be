//! The arguments of the program, and their parser.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::check::CheckArguments;
use crate::commands::compare::CompareArguments;
use crate::commands::evaluate::EvaluateArguments;
use crate::commands::export::ExportArguments;
use crate::commands::fetch::FetchArguments;
use crate::commands::probe::ProbeArguments;
use crate::experiments;
use crate::options::{Options, TABLE};

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
    /// Measure a model on labelled data
    Evaluate(EvaluateArguments),
    /// Test how often a model abstains on images of another kind
    Probe(ProbeArguments),
    /// Copy a model with 16-bit weights, at half the size
    Export(ExportArguments),
    /// Train a network with every optimiser and compare the losses
    CompareOptimizers(Box<CompareArguments>),
}

/// Parses a command line, and notes which options it gives.
pub fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    let mut command = without_blank_variables(Arguments::command(), &|name| env::var_os(name));
    let matches = command.try_get_matches_from_mut(words)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.options.given = given(&matches);
    if let (Some(Command::CompareOptimizers(compare)), Some((_, matches))) =
        (&mut arguments.command, matches.subcommand())
    {
        compare.options.given = given(matches);
    }
    Ok(arguments)
}

/// Makes every option ignore its environment variable if that is blank: a blank variable counts as unset.
fn without_blank_variables(
    command: clap::Command,
    variable: &dyn Fn(&OsStr) -> Option<OsString>,
) -> clap::Command {
    let is_blank = |name: &OsStr| {
        variable(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
    };
    command
        .mut_args(|option| match option.get_env() {
            Some(name) if is_blank(name) => option.env(Resettable::Reset),
            _ => option,
        })
        .mut_subcommands(|command| without_blank_variables(command, variable))
}

/// Returns the options of the command line, not those of the environment or by default, with their values as written.
fn given(matches: &ArgMatches) -> BTreeMap<String, String> {
    let ids = TABLE
        .iter()
        .map(|row| (row.name, row.name.replace('-', "_")));
    let ids = ids.filter(|(_, id)| {
        matches.try_contains_id(id).is_ok()
            && matches.value_source(id) == Some(ValueSource::CommandLine)
    });
    ids.map(|(name, id)| {
        let values = matches.get_raw(&id).into_iter().flatten();
        let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
        (name.to_owned(), values.join(" "))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_and_a_subcommand_are_told_apart() {
        let arguments = Arguments::parse_from(["train", "mnist-mlp", "--epochs", "3"]);
        assert_eq!(arguments.experiment.as_deref(), Some("mnist-mlp"));
        let arguments = Arguments::parse_from(["train", "fetch", "mnist"]);
        assert!(matches!(arguments.command, Some(Command::Fetch(fetch)) if fetch.name == "mnist"));
    }

    #[test]
    fn a_blank_variable_counts_as_unset() {
        for (blank, is_read) in [("", false), (" ", false), ("data", true)] {
            let command =
                without_blank_variables(Arguments::command(), &|_| Some(OsString::from(blank)));
            let reads = |command: &clap::Command, id: &str| {
                let mut options = command.get_arguments();
                let option = options.find(|option| option.get_id() == id).unwrap();
                option.get_env().is_some()
            };
            assert_eq!(reads(&command, "data"), is_read);
            assert_eq!(reads(&command, "device"), is_read);
            for name in ["fetch", "check", "probe"] {
                let command = command.find_subcommand(name).unwrap();
                assert_eq!(reads(command, "data"), is_read, "{name}");
            }
        }
    }

    /// Every option of the parser has exactly one row in the table, and the other way round.
    #[test]
    fn parser_and_table_have_the_same_options() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        let names = |command: &clap::Command| -> Vec<String> {
            let names = command.get_arguments().filter_map(clap::Arg::get_long);
            let mut names: Vec<_> = names.map(str::to_owned).collect();
            names.retain(|name| name != "help" && name != "version");
            names.sort();
            names
        };
        let mut rows: Vec<_> = TABLE.iter().map(|row| row.name.to_owned()).collect();
        rows.sort();
        assert_eq!(names(&command), rows);
        for option in command.get_arguments() {
            if let Some(name) = option.get_long() {
                assert_eq!(option.get_id().as_str().replace('_', "-"), name);
            }
        }
        let compare = command.find_subcommand("compare-optimizers").unwrap();
        let compared = names(compare);
        for row in TABLE.iter().filter(|row| row.is_compared) {
            assert!(compared.iter().any(|name| name == row.name), "{}", row.name);
        }
    }
}
