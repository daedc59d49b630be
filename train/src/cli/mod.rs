//! The command line of `train`: arguments in, a command out.

mod arguments;
mod help;

use std::ffi::OsString;

use anyhow::Result;
use clap::error::ErrorKind;
use models::device;
use models::layers::thousands;

use self::arguments::{Arguments, Command, parse};
use crate::commands::config::Config;
use crate::commands::output::{present, print};
use crate::commands::{check, compare, evaluate, export, fetch, probe, resume, run};
use crate::experiments::{self, DEFAULT, Experiment, Kind};
use crate::options::Options;
use crate::tasks::start;
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

fn dispatch(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Command::Fetch(arguments)) => fetch::fetch(arguments),
        Some(Command::Check(arguments)) => check::check(arguments),
        Some(Command::Evaluate(arguments)) => evaluate::evaluate(arguments),
        Some(Command::Probe(arguments)) => probe::probe(arguments),
        Some(Command::Export(arguments)) => export::export(arguments),
        Some(Command::CompareOptimizers(arguments)) => compare::compare(arguments),
        None => dispatch_run(arguments),
    }
}

/// Checks a command line as [`execute`] does before a command starts: nothing is computed or written.
///
/// # Errors
/// If the command line is wrong.
pub fn check(words: impl IntoIterator<Item = OsString>) -> Result<()> {
    let words: Vec<_> = words.into_iter().collect();
    let arguments = parse(&words).map_err(WrongArguments::from)?;
    if arguments.command.is_some() || arguments.resume.is_some() || arguments.list {
        return Ok(());
    }
    let options = &arguments.options;
    options.device()?;
    let experiment = experiment(&arguments)?;
    if arguments.summary {
        summary(&experiment, options)?;
    } else if let Kind::Training(_) = experiment.kind {
        Config::new(&experiment, options)?;
    }
    Ok(())
}

/// Returns the experiment that the arguments choose, which takes all of their options.
fn experiment(arguments: &Arguments) -> Result<Experiment> {
    let options = &arguments.options;
    let name = arguments.experiment.as_deref().unwrap_or(DEFAULT);
    let experiment = experiments::find(name)?.on(options.data.dataset)?;
    experiment.check_options(options)?;
    Ok(experiment)
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
        Some(run) => resume::resume(run, options)?,
        None => {
            let experiment = experiment(arguments)?;
            if arguments.summary {
                return print(&summary(&experiment, options)?);
            }
            run::run(&experiment, options, device::select(&choice)?)?
        }
    };
    present(&finished.summary, &finished.json, options.json)
}

/// Returns the layers of an experiment's network, and how many parameters `--freeze` leaves to train.
fn summary(experiment: &Experiment, options: &Options) -> Result<String> {
    let layers = experiment.training()?.layers(&options.network.choices())?;
    let Some(last) = &options.recipe.freeze else {
        return Ok(layers.to_string());
    };
    let frozen = start::frozen(&layers, last).map_err(WrongArguments::new)?;
    Ok(format!(
        "{layers}\nFrozen params: {} (up to {})",
        thousands(frozen.parameters()),
        frozen.last()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(line: &str) -> Option<String> {
        let words = line.split_whitespace().map(OsString::from);
        check(words).err().map(|error| format!("{error:#}"))
    }

    #[test]
    fn a_command_line_is_checked_without_running_it() {
        for line in [
            "train mnist-mlp --epochs 2 --out nowhere",
            "train lif --current step:2",
            "train fetch mnist",
            "train --list",
        ] {
            assert_eq!(reason(line), None, "{line}");
        }
        assert!(!std::path::Path::new("nowhere").exists());
        for (line, part) in [
            ("train mnist-mlp --epochs 0", "--epochs"),
            ("train mnist-mlp --noise gaussian:0.1", "--noise"),
            ("train mnist-mlp --device abacus", "abacus"),
            ("train mnist-snn --coding delta --summary", "delta"),
        ] {
            let reason = reason(line).unwrap_or_default();
            assert!(reason.contains(part), "{line}: {reason}");
        }
    }
}
