//! `train evaluate`: measures a model on labelled data, and writes the report of a run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use datasets::split::SplitKind;
use datasets::{ClassChoice, Preprocessing, sha256_hex};
use models::Choices;
use models::device::{self, Selected};
use models::file::{self, Card, MODEL_FILE};
use serde_json::Value;

use super::config::Config;
use super::model_file;
use super::output::{one_line, present, print};
use super::resume;
use crate::data::{DataArguments, DatasetName, SplitChoice};
use crate::experiments::{self, Experiment};
use crate::fit::cadence::Cadence;
use crate::fit::checkpoint::Checkpoints;
use crate::fit::console::Console;
use crate::fit::history;
use crate::fit::progress::Position;
use crate::options::classes::ClassArguments;
use crate::options::{DeviceArgument, Options};
use crate::report::finished::Finished;
use crate::report::trained::History;
use crate::run_folder::RunFolder;
use crate::tasks::calibrate::TARGET_ERROR;
use crate::tasks::job::Job;
use crate::tasks::loaded::LoadedModel;

/// Examples below the help.
const EXAMPLES: &str = "\
Examples:
  train evaluate runs/mnist-cnn-1               Measure a run's model again
  train evaluate runs/latest --data hospital-b  Measure it on data of another origin
  train evaluate model.safetensors --data DIR --split official

Data of another origin are the test part as a whole, unless --split divides them. Preprocessing,
classes, calibration and threshold are those of the model file. The report is written to
runs/EXPERIMENT-evaluation-NUMBER/.";

/// Arguments of `train evaluate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvaluateArguments {
    /// Folder of a run, or model file
    #[arg(value_name = "RUN|MODEL", default_value = "runs/latest")]
    pub model: PathBuf,

    /// Labelled data of the model's kind, instead of those of its training
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    #[command(flatten)]
    pub classes: ClassArguments,

    /// Split: all, grouped, random, official or a split.csv
    #[arg(long, value_name = "KIND|FILE", value_parser = parse_split)]
    pub split: Option<SplitChoice>,

    #[command(flatten)]
    pub device: DeviceArgument,

    /// Folder for runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print result.json to standard output
    #[arg(long)]
    pub json: bool,
}

/// What the folder of a run records about its training.
struct RunRecord {
    config: Config,
    history: Option<History>,
    split: PathBuf,
}

/// Evaluates a model and prints the figures.
///
/// # Errors
/// If the model or the data cannot be used, or the device or the disk fails.
pub fn evaluate(arguments: &EvaluateArguments) -> Result<()> {
    let Some(choice) = arguments.device.choice()? else {
        return print(&device::help());
    };
    let found = model_file::find(&arguments.model, &arguments.out)?;
    if found.is_dir() && !is_finished(&found)? {
        let finished = finish(&found, arguments)?;
        return present(&finished.summary, &finished.json, arguments.json);
    }
    if let Some(data) = &arguments.data {
        ensure!(
            data.exists(),
            "{}: no such folder or file; --data names labelled data of the model's kind",
            data.display()
        );
    }
    let path = model_file::model_file(&found);
    let card: Card<Preprocessing> = file::read_card(&path)?;
    let record = run_record(&path, &card, arguments)?;
    let experiment = experiments::find(&card.experiment)
        .with_context(|| format!("{}: names the experiment that trained it", path.display()))?;
    let dataset = match &record {
        Some(record) => record.config.data.dataset,
        None => dataset_of(&experiment, &card)?,
    };
    let experiment = experiment.on(dataset)?;
    let training = experiment.training()?;

    let device = device::select(&choice)?;
    let data = data_arguments(arguments, &card, record.as_ref(), dataset);
    let name = format!("{}-evaluation", experiment.name);
    let folder = RunFolder::create(&arguments.out, &name, |_| Ok(()))?;
    let job = match &record {
        Some(record) => Job {
            data,
            ..(record.config).job(experiment.name, device, folder, Console::choose(true))
        },
        None => job_of_file(&experiment, &card, data, device, folder)?,
    };
    let (history, split_record) = record.map(|record| (record.history, record.split)).unzip();
    let model = LoadedModel {
        path: &path,
        sha256: sha256_hex(&fs::read(&path)?),
        history: history.flatten(),
        split_record,
        names_data: arguments.data.is_some(),
        split: arguments.split.clone(),
    };
    let finished = training.evaluate(&model, &job);
    let finished = finished.map_err(|error| job.folder.fail(error))?;
    present(&finished.summary, &finished.json, arguments.json)
}

/// Parses a split, of which `all` is for evaluations only.
fn parse_split(text: &str) -> Result<SplitChoice, &'static str> {
    match text {
        "all" => Ok(SplitChoice::Kind(SplitKind::All)),
        _ => (text.parse())
            .map_err(|_| "choose one of all, grouped, random, official, or the split.csv of a run"),
    }
}

/// Returns whether a run is finished; a run whose training has not been evaluated is not.
///
/// # Errors
/// If the folder is not that of one training.
fn is_finished(folder: &Path) -> Result<bool> {
    let name = folder.display();
    let config = read_json(&folder.join("config.json"));
    let has_model = folder.join(MODEL_FILE).is_file();
    let Some(config) = config else {
        if has_model {
            return Ok(true);
        }
        match inner_run(folder) {
            Some(inner) => {
                bail!("{name}: holds several runs; evaluate one of them, such as {inner}")
            }
            None => {
                bail!("{name}: holds no {MODEL_FILE}; name a model file or the folder of a run")
            }
        }
    };
    refuse_folds(folder, &config)?;
    let experiment = config["experiment"].as_str().unwrap_or_default();
    if experiments::find(experiment).is_ok_and(|experiment| experiment.training().is_err()) {
        bail!(
            "{name}: is a run of the study {experiment}, which leaves no model; its figures are in its result.json"
        );
    }
    Ok(has_model && folder.join("result.json").is_file())
}

/// Evaluates a run whose training is done, into its own folder, as `train --resume` does.
fn finish(folder: &Path, arguments: &EvaluateArguments) -> Result<Finished> {
    let config = Config::read(&RunFolder::open(&arguments.out, folder)?)?;
    let is_trained = Checkpoints::of(folder).last() == Some(Position::end_of(config.recipe.epochs));
    let names_others = arguments.data.is_some() || arguments.split.is_some();
    ensure!(
        is_trained && !names_others,
        "{0}: its training or its evaluation has not ended; finish it with `train --resume {0}`",
        folder.display()
    );
    let options = Options {
        out: arguments.out.clone(),
        no_tui: true,
        json: arguments.json,
        ..Options::default()
    };
    resume::resume(folder, &options)
}

/// Refuses a cross-validation, of which every fold is a run of its own.
fn refuse_folds(folder: &Path, config: &Value) -> Result<()> {
    ensure!(
        config["folds"].is_null(),
        "{}: is a cross-validation, and its result.json holds the figures of every fold; evaluate one fold, such as {}",
        folder.display(),
        folder.join("fold-1").display()
    );
    Ok(())
}

/// Returns the first folder inside that is a run.
fn inner_run(folder: &Path) -> Option<String> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut inner: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join(MODEL_FILE).is_file())
        .collect();
    inner.sort();
    inner.first().map(|path| path.display().to_string())
}

/// Reads what the run of a model file records; `None` if the file is not in the folder of its run.
fn run_record(
    path: &Path,
    card: &Card<Preprocessing>,
    arguments: &EvaluateArguments,
) -> Result<Option<RunRecord>> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Ok(None),
    };
    if !path.ends_with(MODEL_FILE) || !folder.join("config.json").is_file() {
        return Ok(None);
    }
    let run = RunFolder::open(&arguments.out, folder)?;
    let config = match Config::read(&run) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("note: {}; the model file alone is used", one_line(&error));
            return Ok(None);
        }
    };
    if config.folds.is_some() {
        // The folder has the model of the best fold; without its split only other data can be measured.
        if arguments.data.is_none() {
            refuse_folds(folder, &serde_json::to_value(&config)?)?;
        }
        return Ok(None);
    }
    let split = run.file("split.csv");
    let is_of_run = config.experiment == card.experiment && config.seed == card.seed;
    Ok((is_of_run && split.is_file()).then(|| RunRecord {
        config,
        history: read_history(&run, card),
        split,
    }))
}

/// Reads the history of a run; `None` if it is not that of the model.
fn read_history(run: &RunFolder, card: &Card<Preprocessing>) -> Option<History> {
    let epochs = history::read(&run.file("log.jsonl")).ok()?;
    let result = read_json(&run.file("result.json"))?;
    (epochs.len() == card.epochs).then_some(History {
        epochs,
        best_epoch: usize::try_from(result["best_epoch"].as_u64()?).ok()?,
        interrupted: result["interrupted"].as_bool()?,
    })
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Returns the data set that a model was trained on, of those that its experiment has: by its name, or for generated
/// examples by the shape of the network's input.
fn dataset_of(experiment: &Experiment, card: &Card<Preprocessing>) -> Result<Option<DatasetName>> {
    let training = experiment.training()?;
    let mut variants = std::iter::once(training).chain(&training.variants);
    let found = variants.find(|training| {
        let usual = training.architecture(&Choices::default());
        let is_of_shape = usual.is_ok_and(|usual| usual.input() == card.architecture.input());
        training.dataset().name.name() == card.data.name || is_of_shape
    });
    Ok(found.map(|training| training.dataset().name))
}

/// Returns the data of the training, or those that the user names.
fn data_arguments(
    arguments: &EvaluateArguments,
    card: &Card<Preprocessing>,
    record: Option<&RunRecord>,
    dataset: Option<DatasetName>,
) -> DataArguments {
    let mut data = match record {
        Some(record) => record.config.data.clone(),
        None => DataArguments {
            folder: std::env::var_os("HEBB_DATA")
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from),
            split: (card.data.split.parse().ok()).map(SplitChoice::Kind),
            // All stand-ins are in one of the parts, unless a single class was trained on.
            stand_ins: (card.data.class.is_none())
                .then_some(card.data.train + card.data.valid + card.data.test),
            dataset,
            ..DataArguments::default()
        },
    };
    if let (Some(record), Some(SplitChoice::File(_))) = (record, &data.split) {
        // The run's own copy, wherever the file was that it was split by.
        data.split = Some(SplitChoice::File(record.split.clone()));
    }
    data.train_class.clone_from(&card.data.class);
    data.generated = card.data.generated && arguments.data.is_none();
    if arguments.data.is_some() {
        data.folder.clone_from(&arguments.data);
        // That of the training is about the folders of its data.
        data.choice = ClassChoice::default();
        data.labels = None;
    }
    if arguments.classes.labels.is_some() {
        data.labels.clone_from(&arguments.classes.labels);
    }
    let choice = arguments.classes.choice();
    if !choice.is_empty() {
        data.choice = choice;
    }
    data
}

/// Returns the job of a model file whose run is not known: with the recipe of its experiment.
fn job_of_file(
    experiment: &Experiment,
    card: &Card<Preprocessing>,
    data: DataArguments,
    device: Selected,
    folder: RunFolder,
) -> Result<Job> {
    let choices = Choices::default();
    Ok(Job {
        experiment: experiment.name,
        recipe: experiment.training()?.recipe(&choices, &data, None)?,
        choices,
        data,
        seed: card.seed,
        device,
        folder,
        console: Console::choose(true),
        resume: false,
        checkpoint_every: Cadence::default(),
        pending: Vec::new(),
        init: None,
        earlier: Vec::new(),
        lr_find: false,
        target_error: TARGET_ERROR,
    })
}
