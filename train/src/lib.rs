//! Trains Hebb's networks.
//!
//! `run` is the whole program: it reads the command line, resolves an [`experiments::Experiment`]
//! into a [`tasks::job::Job`] (or a [`tasks::job::StudyJob`]), and lets it train, evaluate and report. There is one
//! training path, [`fit::run::Run::fit`].

pub mod cli;
pub mod commands;
pub mod data;
pub mod experiments;
pub mod fit;
pub mod report;
pub mod run_folder;
pub mod tasks;
mod wrong_arguments;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use cli::{Arguments, CheckArguments, Command, ExportArguments, FetchArguments, ProbeArguments};
use commands::config::{self, Config, StudyConfig};
use commands::{check, compare, cross_validate};
use datasets::fetch::{self, FetchOptions};
use datasets::{Preprocessing, images};
use experiments::{DEFAULT, Experiment, Kind, Study};
use fit::console::Console;
use models::InputShape;
use models::device::{self, DeviceChoice, Selected};
use models::file::{self, MODEL_FILE};
use report::finished::Finished;
use run_folder::RunFolder;
use tasks::job::{Job, StudyJob};
use tasks::ood_check;
use wrong_arguments::WrongArguments;

/// Runs the program with the given arguments.
///
/// # Errors
/// When something fails; [`one_line`] says it to the user.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode> {
    let arguments = match Arguments::read(arguments) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return Err(WrongArguments::from(error).into()),
        Err(help) => {
            help.print()?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    without_panics(|| dispatch(&arguments))?;
    Ok(ExitCode::SUCCESS)
}

fn dispatch(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Command::Fetch(arguments)) => return download(arguments),
        Some(Command::Check(arguments)) => return look_through(arguments),
        Some(Command::Probe(arguments)) => return ask(arguments),
        Some(Command::Export(arguments)) => return export(arguments),
        Some(Command::CompareOptimizers(arguments)) => {
            let finished = compare::compare(arguments)?;
            return present(&finished.summary, &finished.json, arguments.json);
        }
        None => {}
    }
    if arguments.list {
        return print(&list());
    }
    let Some(choice) = arguments.device()? else {
        return print(&device::help());
    };
    let named = experiments::find(arguments.experiment.as_deref().unwrap_or(DEFAULT))?;
    let named = named.on(arguments.data.dataset)?;
    if arguments.resume.is_none() {
        named.check_options(arguments.given.keys().map(String::as_str))?;
    }
    if arguments.summary {
        let choices = arguments.network.choices();
        return print(&named.training()?.layers(&choices)?.to_string());
    }
    let device = device::select(&choice)?;
    let finished = match &named.kind {
        Kind::Study(study) => show(&named, study, arguments, device)?,
        Kind::Training(_) => train(named, arguments, device)?,
    };
    present(&finished.summary, &finished.json, arguments.json)
}

/// Trains a network, or goes on with an earlier training.
fn train(named: Experiment, arguments: &Arguments, device: Selected) -> Result<Finished> {
    let (experiment, config, folder) = resolve(named, arguments)?;
    folder.write_json("config.json", &config)?;
    let job = Job {
        experiment: experiment.name,
        recipe: config.recipe.clone(),
        choices: config.network.clone(),
        data: config.data.clone(),
        seed: config.seed,
        device,
        folder,
        console: console(arguments),
        resume: arguments.resume.is_some(),
        lr_find: arguments.lr_find,
        target_error: config.target_error,
    };
    let finished = match config.folds {
        Some(folds) => cross_validate::cross_validate(&experiment, &job, &config, folds),
        None => experiment.train(&job),
    };
    let finished = finished.inspect_err(|_| {
        // An earlier run is the user's, whatever it holds.
        if !job.resume {
            job.folder.remove_if_nothing_was_learned();
        }
    })?;
    // The newest model; a study leaves none to answer with.
    job.folder.make_latest()?;
    Ok(finished)
}

/// From the command line, or an earlier run's `config.json`, to a training.
fn resolve(named: Experiment, arguments: &Arguments) -> Result<(Experiment, Config, RunFolder)> {
    match &arguments.resume {
        Some(run) => {
            let folder = RunFolder::open(&arguments.out, run)?;
            let mut config = config::read(&folder)?;
            config.adjust(arguments)?;
            let experiment = experiments::find(&config.experiment)?;
            Ok((experiment.on(config.data.dataset)?, config, folder))
        }
        None => {
            let config = config::from_arguments(&named, arguments)?;
            let folder = RunFolder::create(&arguments.out, named.name)?;
            Ok((named, config, folder))
        }
    }
}

/// Runs a study.
fn show(
    experiment: &Experiment,
    study: &Study,
    arguments: &Arguments,
    device: Selected,
) -> Result<Finished> {
    let job = StudyJob {
        name: experiment.name,
        arguments,
        device,
        folder: RunFolder::create(&arguments.out, experiment.name)?,
        // Several short trainings would open the dashboard again and again.
        console: Console::choose(true),
    };
    let config = StudyConfig {
        hebb_version: env!("CARGO_PKG_VERSION"),
        experiment: job.name,
        seed: arguments.seed,
        options: &arguments.given,
    };
    let finished = (job.folder.write_json("config.json", &config)).and_then(|()| (study.run)(&job));
    finished.inspect_err(|_| job.folder.remove_if_nothing_was_learned())
}

fn console(arguments: &Arguments) -> Console {
    Console::choose(arguments.no_tui || arguments.json)
}

/// The summary, or the result for programs with the summary on standard error.
fn present(summary: &str, result: &str, json: bool) -> Result<()> {
    if json {
        eprintln!("{summary}");
        print(result)
    } else {
        print(summary)
    }
}

fn look_through(arguments: &CheckArguments) -> Result<()> {
    let findings = check::check(&arguments.set, &arguments.data, &arguments.out)?;
    let json = serde_json::to_string_pretty(&findings)?;
    present(&check::summary(&findings), &json, arguments.json)
}

/// Not `println!`, which panics when nobody reads any more.
fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

fn list() -> String {
    let lines = experiments::all().into_iter().map(|experiment| {
        let default = if experiment.name == DEFAULT {
            " (default)"
        } else {
            ""
        };
        format!("{:25}{}{default}", experiment.name, experiment.about)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn download(arguments: &FetchArguments) -> Result<()> {
    let options = FetchOptions {
        base_url: arguments.mirror.clone(),
        force: arguments.force,
        ..FetchOptions::default()
    };
    let fetched = fetch::fetch(&arguments.name, &arguments.data, &options)?;
    print(&fetched.to_string())
}

/// Copies a model with 16-bit floats.
fn export(arguments: &ExportArguments) -> Result<()> {
    let model = model_file(&arguments.model);
    file::halve(&model, &arguments.out)?;
    let bytes = std::fs::metadata(&arguments.out)?.len();
    print(&format!(
        "{}: {} kB of 16-bit floats, from {}",
        arguments.out.display(),
        bytes.div_ceil(1000),
        model.display()
    ))
}

/// Asks a model about pictures that are not of its kind.
fn ask(arguments: &ProbeArguments) -> Result<()> {
    if arguments.device == "help" {
        return print(&device::help());
    }
    let path = model_file(&arguments.model);
    let choice: DeviceChoice = arguments.device.parse()?;
    let selected = device::select(&choice)?;
    let (card, predictor) = file::load::<Preprocessing>(&path, &selected.device)?;
    let useless = |reason: String| anyhow!("{}: {reason}; train the model again", path.display());
    let (Preprocessing::Image(preprocess), Some(network)) =
        (&card.preprocess, predictor.classifier())
    else {
        return Err(anyhow!(
            "{}: is no classifier of pictures, and has no answers about any to ask for; name another model",
            path.display()
        ));
    };
    preprocess
        .validate()
        .map_err(|error| useless(error.to_string()))?;
    if InputShape::Picture(preprocess.shape()) != card.architecture.input() {
        return Err(useless(
            "its pictures have another size than its network takes".to_owned(),
        ));
    }
    let calibration = card
        .calibration
        .ok_or_else(|| useless("it was never calibrated".to_owned()))?;
    if calibration
        .ood_detector
        .as_ref()
        .is_some_and(|looks| looks.statistics != images::STATISTICS)
    {
        return Err(useless(
            "it measures pictures by unknown statistics".to_owned(),
        ));
    }
    let mut pictures = ood_check::generated(arguments.count as usize);
    if let Some(data) = &arguments.data {
        pictures.extend(ood_check::mnist(data, arguments.count as usize)?);
    }
    if let Some(folder) = &arguments.save {
        ood_check::save(folder, &pictures)?;
    }
    let forward = |images| network.forward(images);
    let device = &selected.device;
    let found = ood_check::check_pictures(&forward, preprocess, &calibration, device, &pictures)?;
    if arguments.json {
        return print(&serde_json::to_string_pretty(&found)?);
    }
    print(&format!(
        "{}\n{:.1} % of {} pictures that are not of the model's kind get no answer",
        found.table(),
        100.0 * found.all.abstention_rate(),
        found.all.n
    ))
}

/// A file, or the model in a run's folder.
fn model_file(named: &Path) -> PathBuf {
    if named.is_dir() {
        named.join(MODEL_FILE)
    } else {
        named.to_path_buf()
    }
}

/// No panic reaches a user: what is left of one becomes an error of one line.
fn without_panics(work: impl FnOnce() -> Result<()>) -> Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(work));
    drop(std::panic::take_hook());
    result.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        Err(anyhow!("internal error, please report it: {text}"))
    })
}

/// What the program ends with after an error: 2 for wrong arguments, else 1. A reader of the output
/// that went away, as `head` does, is no failure of ours.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        _ if error.is::<WrongArguments>() => 2,
        _ => 1,
    }
}

/// An error with its causes, on one line.
pub fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
