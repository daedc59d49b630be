//! The command line of `train`: arguments in, a command out.

mod arguments;
mod help;

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use models::device;

use self::arguments::{Arguments, Command};
use crate::commands::output::{present, print};
use crate::commands::{check, compare, export, fetch, probe, resume, run};
use crate::experiments::{self, DEFAULT};
use crate::options::TABLE;
use crate::wrong_arguments::WrongArguments;

/// Reads a command line and runs its command.
///
/// # Errors
/// If the command line is wrong, or the command fails.
pub fn execute(words: impl IntoIterator<Item = OsString>) -> Result<()> {
    let words: Vec<_> = words.into_iter().collect();
    match parse(&words) {
        Ok(arguments) => dispatch(&arguments),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => help::print(&words, &error),
        Err(error) if !error.use_stderr() => Ok(error.print()?),
        Err(error) => Err(WrongArguments::from(error).into()),
    }
}

/// Parses a command line, and notes which options it gives.
fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command();
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

fn dispatch(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Command::Fetch(arguments)) => fetch::fetch(arguments),
        Some(Command::Check(arguments)) => check::check(arguments),
        Some(Command::Probe(arguments)) => probe::probe(arguments),
        Some(Command::Export(arguments)) => export::export(arguments),
        Some(Command::CompareOptimizers(arguments)) => compare::compare(arguments),
        None => dispatch_run(arguments),
    }
}

/// Runs or resumes an experiment, or prints what there is to choose from.
fn dispatch_run(arguments: &Arguments) -> Result<()> {
    let options = &arguments.options;
    if arguments.list {
        return print(&experiments::list());
    }
    let Some(choice) = options.device()? else {
        return print(&device::help());
    };
    let finished = match &arguments.resume {
        Some(run) => resume::resume(run, options, device::select(&choice)?)?,
        None => {
            let name = arguments.experiment.as_deref().unwrap_or(DEFAULT);
            let experiment = experiments::find(name)?.on(options.data.dataset)?;
            experiment.check_options(options)?;
            if arguments.summary {
                let layers = experiment.training()?.layers(&options.network.choices())?;
                return print(&layers.to_string());
            }
            run::run(&experiment, options, device::select(&choice)?)?
        }
    };
    present(&finished.summary, &finished.json, options.json)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn an_experiment_and_a_subcommand_are_told_apart() {
        let arguments = Arguments::parse_from(["train", "mnist-mlp", "--epochs", "3"]);
        assert_eq!(arguments.experiment.as_deref(), Some("mnist-mlp"));
        let arguments = Arguments::parse_from(["train", "fetch", "mnist"]);
        assert!(matches!(arguments.command, Some(Command::Fetch(fetch)) if fetch.name == "mnist"));
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
