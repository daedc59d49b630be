//! `train compare-optimizers`: one network, one seed, every optimiser at its usual rate.

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use figures::{Axis, Plot, Series, plot};
use models::device;
use serde::Serialize;
use serde_json::Value;

use super::config::Config;
use super::output::{one_line, present, print};
use crate::experiments::{self, Experiment};
use crate::fit::console::Console;
use crate::fit::history::{self, Epoch};
use crate::fit::interrupt;
use crate::fit::optimizers::Optimizer;
use crate::options::Options;
use crate::report::finished::{Finished, RESULT_FORMAT};
use crate::report::{figure, screen};
use crate::run_folder::RunFolder;

/// Arguments of `train compare-optimizers`.
#[derive(Clone, Debug, Args)]
pub struct CompareArguments {
    /// Experiment to train, see `train --list`
    #[arg(value_name = "EXPERIMENT", default_value = "mnist-mlp", value_parser = experiments::parse_name)]
    pub experiment: String,

    #[command(flatten)]
    pub options: Options,
}

/// `result.json` of a comparison.
#[derive(Serialize)]
struct Comparison {
    format: u32,
    experiment: String,
    seed: u64,
    device: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    interrupted: bool,
    optimizers: Vec<Trained>,
}

/// What one optimiser came to.
#[derive(Serialize)]
struct Trained {
    optimizer: Optimizer,
    learning_rate: f64,
    /// Why it failed, where it did: it may have diverged.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// Every finished epoch.
    epochs: Vec<Epoch>,
    /// `result.json` of its run.
    result: Option<Value>,
}

/// Trains with each, each in a folder of its own inside the comparison's.
///
/// # Errors
/// When every optimiser fails; the first one's error.
pub fn compare(arguments: &CompareArguments) -> Result<()> {
    let options = &arguments.options;
    options.refuse_unless(
        |row| row.is_compared,
        |option| {
            format!(
                "compare-optimizers does not take {option}: it trains once with every optimiser, at its usual rate; leave it out"
            )
        },
    )?;
    let experiment = experiments::find(&arguments.experiment)?.on(options.data.dataset)?;
    experiment.training()?;
    experiment.check_options(options)?;
    let Some(choice) = options.device()? else {
        return print(&device::help());
    };
    let selected = device::select(&choice)?;
    let name = format!("compare-{}", experiment.name);
    let folder = RunFolder::create(&options.out, &name, |_| Ok(()))?;
    let console = Console::choose(true);
    let mut trained = Vec::new();
    let mut first_error = None;
    for optimizer in Optimizer::value_variants() {
        eprintln!("\n{}", optimizer.name());
        let (one, error) = train(
            &experiment,
            options,
            *optimizer,
            &selected,
            &folder,
            &console,
        );
        first_error = first_error.or(error);
        trained.push(one);
        if interrupt::requested().is_some() {
            break;
        }
    }
    if trained.iter().all(|one| one.result.is_none()) {
        let error = first_error.unwrap_or_else(|| anyhow!("no optimiser was tried"));
        return Err(folder.fail(error));
    }
    draw(&trained, &folder)?;
    let comparison = Comparison {
        format: RESULT_FORMAT,
        experiment: experiment.name.to_owned(),
        seed: options.seed,
        device: selected.description,
        interrupted: interrupt::requested().is_some(),
        optimizers: trained,
    };
    let finished = Finished::write(words(&comparison, &folder), &comparison, &folder)?;
    present(&finished.summary, &finished.json, options.json)
}

fn train(
    experiment: &Experiment,
    options: &Options,
    optimizer: Optimizer,
    device: &device::Selected,
    folder: &RunFolder,
    console: &Console,
) -> (Trained, Option<anyhow::Error>) {
    let learning_rate = optimizer.usual_rate();
    let run = || {
        let mut options = options.clone();
        options.recipe.optimizer = Some(optimizer);
        options.recipe.learning_rate = Some(learning_rate);
        let config = Config::new(experiment, &options)?;
        let folder = folder.subfolder(&optimizer.name())?;
        folder.write_json("config.json", &config)?;
        let job = config.job(experiment.name, device.clone(), folder, console.fresh());
        let finished = experiment.training()?.train(&job)?;
        let epochs = history::read(&job.folder.file("log.jsonl"))?;
        anyhow::Ok((serde_json::from_str(&finished.json)?, epochs))
    };
    match run() {
        Ok((result, epochs)) => {
            let trained = Trained {
                optimizer,
                learning_rate,
                failure: None,
                epochs,
                result: Some(result),
            };
            (trained, None)
        }
        Err(error) => {
            let trained = Trained {
                optimizer,
                learning_rate,
                failure: Some(one_line(&error)),
                epochs: Vec::new(),
                result: None,
            };
            (trained, Some(error))
        }
    }
}

/// Every optimiser's loss, of training and of validation.
fn draw(trained: &[Trained], folder: &RunFolder) -> Result<()> {
    let plots = ["training", "validation"].map(|part| {
        let series = trained.iter().enumerate().map(|(number, one)| {
            let losses = one.epochs.iter().filter_map(|epoch| {
                let figures = if part == "training" {
                    &epoch.train
                } else {
                    &epoch.valid
                };
                Some((epoch.epoch as f64, *figures.get("loss")?))
            });
            Series::line(one.optimizer.name(), losses.collect(), number)
        });
        Plot::new(
            format!("Loss on the {part} part"),
            Axis::new("epoch").integers(),
            Axis::new("loss").logarithmic(),
            series.filter(|series| !series.points.is_empty()).collect(),
        )
    });
    figure::write(folder, "optimizers", &plot::draw(&plots, 2)?)
}

fn words(comparison: &Comparison, folder: &RunFolder) -> String {
    let header = [
        "optimizer",
        "learning rate",
        "epochs",
        "train loss",
        "valid loss",
        "test loss",
        "test accuracy",
        "s of training",
    ];
    let rows = comparison.optimizers.iter().map(|one| {
        let last = one.epochs.last();
        let loss = |part: fn(&Epoch) -> Option<&f64>| {
            last.and_then(part)
                .map_or("-".to_owned(), |loss| format!("{loss:.4}"))
        };
        let result = one.result.as_ref();
        let figure = |path: &str, decimals: usize| {
            let value = result.and_then(|result| result.pointer(path)?.as_f64());
            value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
        };
        vec![
            one.optimizer.name(),
            format!("{}", one.learning_rate),
            one.epochs.len().to_string(),
            loss(|epoch| epoch.train.get("loss")),
            loss(|epoch| epoch.valid.get("loss")),
            figure("/test/loss", 4),
            figure("/test/accuracy", 4),
            figure("/seconds/train", 1),
        ]
    });
    let failures = comparison.optimizers.iter().filter_map(|one| {
        let failure = one.failure.as_ref()?;
        Some(format!("\n{}: {failure}", one.optimizer.name()))
    });
    format!(
        "{}, seed {}: every optimiser at its usual rate; losses of the last epoch, test figures of the best\n{}{}\nrun: {}",
        comparison.experiment,
        comparison.seed,
        screen::table(header, rows),
        failures.collect::<String>(),
        folder.path().display()
    )
}
