//! Help pages, built from the table of options: the common options for `train --help`, and for `train EXPERIMENT --help`
//! what that experiment takes, with its defaults.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use clap::{ArgMatches, Command, CommandFactory};

use super::arguments::Arguments;
use crate::commands::resume;
use crate::experiments::{self, Experiment};
use crate::options::recipe;
use crate::options::{Defaults, OptionRow, Options};
use crate::run_folder::RunFolder;

/// Where to find the rest, below the common options.
const MORE: &str = "\
`train --list` lists the experiments, `train EXPERIMENT --help` all options of one with its defaults.

Without data an experiment trains on generated stand-ins and says so. A run writes its files to
runs/EXPERIMENT-NUMBER/.";

/// Prints the help that a command line asks for.
///
/// # Errors
/// If standard output cannot be written.
pub fn print(words: &[OsString], error: &clap::Error) -> Result<()> {
    let words = words
        .iter()
        .filter(|word| *word != "-h" && *word != "--help");
    let parser = Arguments::command().ignore_errors(true);
    let page = parser
        .try_get_matches_from(words)
        .ok()
        .and_then(|matches| page(&matches));
    match page {
        Some(mut page) => page.print_help()?,
        None => error.print()?,
    }
    Ok(())
}

/// Returns the page for what the command line names; `None` for subcommands with nothing to choose.
fn page(matches: &ArgMatches) -> Option<Command> {
    let name = |matches: &ArgMatches| {
        let name = matches.get_one::<String>("experiment")?;
        experiments::find(name).ok()
    };
    match matches.subcommand() {
        Some(("compare-optimizers", matches)) => Some(comparison(&name(matches)?)),
        Some(_) => None,
        None => match (
            matches.get_one::<std::path::PathBuf>("resume"),
            name(matches),
        ) {
            (Some(run), _) => Some(resumed(run)),
            (None, Some(experiment)) => Some(of_experiment(&experiment)),
            (None, None) => Some(common()),
        },
    }
}

/// The page of `train --help`.
fn common() -> Command {
    let page = Arguments::command()
        .override_usage("train [EXPERIMENT] [OPTIONS]\n       train COMMAND")
        .mut_arg("experiment", |argument| argument.hide(true))
        .after_help(MORE);
    with_options(page, |row| row.is_common, Vec::new())
        .mut_args(|argument| argument.help_heading("Common options"))
}

/// The page of `train EXPERIMENT --help`.
fn of_experiment(experiment: &Experiment) -> Command {
    // Without the usage, which says no more than the command that asked for it, the longest page fits on a screen.
    let page = page_without_commands(&format!("train {} [OPTIONS]", experiment.name))
        .about(format!("{}: {}", experiment.name, experiment.about))
        .help_template("{about-with-newline}\n{all-args}");
    with_options(page, |row| experiment.lists(row), experiment.defaults())
}

/// The page of `train --resume RUN --help`: all that may change in a run, or what this run's experiment takes of it.
fn resumed(run: &Path) -> Command {
    let page = page_without_commands(&format!("train --resume {} [OPTIONS]", run.display())).about(
        "Resume a run from its last checkpoint. It keeps its network, data, split and seed.",
    );
    let folder = RunFolder::open(&Options::default().out, run);
    // Without a run that can be read, the page lists everything.
    let run = folder.and_then(|folder| resume::read(&folder)).ok();
    let accepts = |row: &OptionRow| {
        let experiment = run.as_ref().map(|(experiment, _)| experiment);
        row.is_resumed && experiment.is_none_or(|experiment| experiment.lists(row))
    };
    let defaults = run
        .as_ref()
        .map(|(_, config)| recipe::defaults(&config.recipe));
    with_options(page, accepts, defaults.unwrap_or_default())
}

/// The page of `train compare-optimizers EXPERIMENT --help`.
fn comparison(experiment: &Experiment) -> Command {
    let mut command = Arguments::command();
    command.build();
    let page = command.find_subcommand("compare-optimizers").cloned();
    let page = page
        .unwrap_or(command)
        .mut_arg("help", |argument| argument.hide(true));
    let accepts = |row: &OptionRow| row.is_compared && experiment.lists(row);
    with_options(page, accepts, experiment.defaults())
}

fn page_without_commands(usage: &str) -> Command {
    Arguments::command()
        .override_usage(usage.to_owned())
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .mut_subcommands(|command| command.hide(true))
        .mut_arg("experiment", |argument| argument.hide(true))
        // It does not go with an experiment, and is in the usage of its own page.
        .mut_arg("resume", |argument| argument.hide(true))
}

/// Shows the options that are accepted, under their headings, with their defaults.
fn with_options(
    page: Command,
    accepts: impl Fn(&OptionRow) -> bool,
    defaults: Defaults,
) -> Command {
    page.mut_args(|argument| {
        let Some(row) = argument.get_long().and_then(OptionRow::find) else {
            return argument;
        };
        let default = defaults.iter().find(|(name, _)| *name == row.name);
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let is_hidden = argument.is_hide_set() || !accepts(row);
        let argument = argument.help_heading(row.group.heading()).hide(is_hidden);
        match default {
            Some((_, default)) => argument.help(format!("{help} [default: {default}]")),
            None => argument,
        }
    })
}
