//! Evaluation of a model file on labelled data, by the functions that evaluate a network at the end of its training.
//!
//! Preprocessing, class names, calibration and threshold are those of the file: nothing is fitted to what is measured.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use datasets::split::{Split, record};
use datasets::{Dataset, Metadata, Preprocessing, SplitKind, images, signals};
use files::{Row, TableFormat, TableReader};
use models::file::{self, Card};
use models::{Architecture, Calibration, InputShape, NetworkConfig};

use crate::data::{DataArguments, DataSource, ModelInputs, SplitChoice};
use crate::report::finished::Finished;
use crate::report::result::{
    DataSummary, EvaluatedModel, RunFacts, RunResult, TaskResults, TrainFigures,
};
use crate::report::split_table;
use crate::report::trained::History;
use crate::tasks::data::{Data, print_summary};
use crate::tasks::job::Job;
use crate::tasks::task::{Set, Task, TaskRun};

/// Name of a split that was read from a file, in cards.
const FROM_FILE: &str = "file";

/// A model file to be evaluated. The job that goes with it holds the settings of its training.
#[derive(Clone, Debug)]
pub struct LoadedModel<'a> {
    /// Path of the file.
    pub path: &'a Path,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// History of the training, if its run is known.
    pub history: Option<History>,
    /// `split.csv` of the training, if its run is known.
    pub split_record: Option<PathBuf>,
    /// Whether the user names the data; otherwise they are those of the training.
    pub names_data: bool,
    /// Split that the user asks for.
    pub split: Option<SplitChoice>,
}

/// Examples, and how they relate to the training.
struct Loaded<S> {
    data: Data<S>,
    summary: DataSummary,
    model: EvaluatedModel,
}

/// Evaluates a model on labelled data, and writes the report into the job's folder.
///
/// # Errors
/// When the model or the data cannot be used, or the device or the disk fails.
pub fn evaluate<T: Task>(task: &T, model: &LoadedModel<'_>, job: &Job) -> Result<Finished> {
    let (card, config, network) =
        file::load_network::<Preprocessing, T::Config>(model.path, &job.device.device)?;
    check_card(&card)
        .map_err(|reason| anyhow!("{}: {reason}; train it again", model.path.display()))?;
    let loaded: Loaded<Set<T>> = load(task.source(), model, &card, job)?;
    let data = &loaded.data;

    let started = Instant::now();
    // As at the end of a training, so that the same numbers are drawn.
    job.device.device.seed(job.seed);
    let calibration = card.calibration.clone();
    let calibration = calibration.unwrap_or_else(|| Calibration::with_temperature(1.0));
    let evaluation = task.evaluate(&network, data, job, Some(&calibration))?;
    let seconds = (None, started.elapsed().as_secs_f64());

    let history = model.history.as_ref();
    let run = TaskRun {
        job,
        data,
        config: &config,
        network: &network,
        history,
        is_loaded: true,
    };
    job.device.device.seed(job.seed);
    let results = task.report(&run, evaluation)?;
    let parameters = config.layers().parameters();
    let facts = RunFacts {
        epochs: card.epochs,
        data: loaded.summary,
        model: model.path.display().to_string(),
        notice: card.notice.clone(),
        evaluation: Some(loaded.model),
        ..data.facts(job, parameters, history, seconds)
    };
    let train =
        history.map(|history| TrainFigures::new(history, card.data.train, T::Results::METRIC));
    let result = RunResult {
        run: facts,
        train,
        results,
    };
    Finished::training(&result, &job.folder)
}

/// Reads and splits the examples, prints a summary, and writes `split.csv`.
fn load<S: DataSource>(
    source: &S,
    model: &LoadedModel<'_>,
    card: &Card<Preprocessing>,
    job: &Job,
) -> Result<Loaded<S::Set>> {
    let started = Instant::now();
    let dataset = source.dataset();
    ensure!(
        job.data.generated || dataset.find(&job.data)?.is_some(),
        "{}: was trained on {}, which is not here; name the folder that holds it with --data",
        model.path.display(),
        dataset.name.name()
    );
    let inputs = ModelInputs {
        preprocessing: &card.preprocess,
        class_names: &card.class_names,
    };
    let (set, groups) = source.load_for_model(&job.data, job.seed, &inputs)?;
    let metadata = set.metadata();
    check_examples(card, &metadata)?;

    let same_data = set.fingerprint() == card.data.fingerprint;
    let arguments = arguments(model, card, job, same_data)?;
    let split = dataset.split(&set, groups, &arguments, job.seed)?;
    let split = with_trained_class(split, &metadata, card.data.class.as_deref());
    let load_seconds = started.elapsed().as_secs_f64();

    let mut summary = DataSummary::new(&set, &split, card.data.class.clone());
    if let (true, false, Some(folder)) = (model.names_data, same_data, &job.data.folder) {
        summary.name = folder.display().to_string();
    }
    let evaluated = evaluated_model(model, card, job, (&set, &split))?;
    print_summary(job, &summary.name, &metadata, &split, load_seconds);
    if let Some(caveat) = evaluated.caveat(&summary) {
        eprintln!("note: {caveat}");
    }
    split_table::write(&job.folder, &set, &split, false)?;
    Ok(Loaded {
        data: Data {
            set: Arc::new(set),
            split,
            load_seconds,
            is_medical: dataset.name.is_medical(),
            samples: Vec::new(),
        },
        summary,
        model: evaluated,
    })
}

/// Describes the model, and how the examples and their split relate to those of its training.
fn evaluated_model(
    model: &LoadedModel<'_>,
    card: &Card<Preprocessing>,
    job: &Job,
    (set, split): (&dyn Dataset, &Split),
) -> Result<EvaluatedModel> {
    let same_data = set.fingerprint() == card.data.fingerprint;
    Ok(EvaluatedModel {
        folder: job.folder.path().display().to_string(),
        model_sha256: model.sha256.clone(),
        trained_at: card.trained_at.clone(),
        trained_on: card.data.clone(),
        same_data,
        same_split: same_data && is_split_of_training(model, card, set, split)?,
        seen: match &model.split_record {
            Some(path) => Some(count_seen(path, &set.metadata(), split)?),
            None => None,
        },
    })
}

/// Returns how the examples are split: as the user asks, otherwise as in the training. Data of another origin are the
/// test part as a whole.
fn arguments(
    model: &LoadedModel<'_>,
    card: &Card<Preprocessing>,
    job: &Job,
    same_data: bool,
) -> Result<DataArguments> {
    let mut arguments = job.data.clone();
    let are_others = model.names_data && !same_data;
    if are_others {
        // The table of patients is about the data of the training.
        arguments.groups = None;
    }
    if let Some(split) = &model.split {
        arguments.split = Some(split.clone());
        arguments.fold = None;
    } else if are_others {
        arguments.split = Some(SplitChoice::Kind(SplitKind::All));
        arguments.fold = None;
    } else if arguments.split.is_none() && card.data.split == FROM_FILE {
        bail!(
            "{}: was trained on the split of a split.csv, which a model file does not hold; name it with --split FILE",
            model.path.display()
        );
    }
    Ok(arguments)
}

/// Keeps only the class that the network was trained on in training and validation, if the data have it.
fn with_trained_class(split: Split, set: &Metadata<'_>, class: Option<&str>) -> Split {
    let class =
        class.and_then(|name| (set.class_names.iter()).position(|class| class.as_str() == name));
    match class {
        Some(class) => split.trained_on(set.labels, class),
        None => split,
    }
}

/// Returns whether the split is that of the training: the same `split.csv`, or where that is not known a split of the same
/// kind with parts of the same sizes.
fn is_split_of_training(
    model: &LoadedModel<'_>,
    card: &Card<Preprocessing>,
    set: &dyn Dataset,
    split: &Split,
) -> Result<bool> {
    if let Some(path) = &model.split_record {
        let before = std::fs::read(path).with_context(|| path.display().to_string())?;
        return Ok(before == record::to_csv(set, split)?);
    }
    let sizes = [split.train.len(), split.valid.len(), split.test.len()];
    let trained = &card.data;
    Ok(model.split.is_none() && sizes == [trained.train, trained.valid, trained.test])
}

/// Counts the test examples that are in the training or the validation part of a `split.csv`, by their SHA-256.
fn count_seen(path: &Path, set: &Metadata<'_>, split: &Split) -> Result<usize> {
    let broken = || format!("{}: cannot be used", path.display());
    let mut table = TableReader::open(path, TableFormat::default()).with_context(broken)?;
    let mut row = Row::default();
    table.read(&mut row).with_context(broken)?;
    let column = |name: &str| {
        let column = row.position(&[name]);
        column.with_context(|| format!("{}: has no column {name}", path.display()))
    };
    let (checksums, parts) = (column("sha256")?, column("split")?);
    let mut seen = HashSet::new();
    while table.read(&mut row).with_context(broken)? {
        if matches!(row.cell(parts), "train" | "valid") {
            seen.insert(row.cell(checksums).to_owned());
        }
    }
    let test = split.test.iter();
    Ok(test
        .filter(|&&index| seen.contains(&set.origins[index].sha256))
        .count())
}

/// Refuses examples that the model cannot be measured on.
fn check_examples(card: &Card<Preprocessing>, set: &Metadata<'_>) -> Result<()> {
    ensure!(
        !set.labels.is_empty(),
        "{}: no example has a label that the model knows; name other data with --data",
        set.name
    );
    ensure!(
        card.class_names.is_empty() || card.class_names == set.class_names,
        "{}: has the classes {}, but the model knows {}; name other data with --data",
        set.name,
        set.class_names.join(", "),
        card.class_names.join(", ")
    );
    Ok(())
}

/// Refuses a card whose preprocessing is invalid or does not fit its network, or whose detector uses other statistics than
/// this version computes.
fn check_card(card: &Card<Preprocessing>) -> Result<(), String> {
    let (is_valid, prepared, statistics): (_, _, &[&str]) = match &card.preprocess {
        Preprocessing::Image(images) => (
            images.validate(),
            InputShape::Picture(images.shape()),
            &images::STATISTICS,
        ),
        Preprocessing::Signal(signal) => (
            signal.validate(),
            InputShape::Picture(signal.shape()),
            &signals::STATISTICS,
        ),
        Preprocessing::Sentences(languages) => (
            languages.validate(),
            InputShape::Words(languages.source.len()),
            &[],
        ),
        Preprocessing::Tree(tree) => (
            tree.vocabulary.check(),
            InputShape::Words(tree.vocabulary.len()),
            &[],
        ),
    };
    is_valid.map_err(|error| error.to_string())?;
    let target_fits = match (&card.preprocess, &card.architecture) {
        (Preprocessing::Sentences(languages), Architecture::Translator(network)) => {
            languages.target.len() == network.target_tokens
        }
        _ => true,
    };
    if prepared != card.architecture.input() || !target_fits {
        return Err("its preprocessing does not fit its network".to_owned());
    }
    let calibration = card.calibration.as_ref();
    match calibration.and_then(|calibration| calibration.ood_detector.as_ref()) {
        Some(detector) if detector.statistics != statistics => {
            Err("its out-of-distribution detector uses unknown statistics".to_owned())
        }
        _ => Ok(()),
    }
}
