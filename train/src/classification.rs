//! From pictures to a trained, measured classifier: the life of every classification run.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use burn::train::metric::AccuracyMetric;
use datasets::split::Split;
use datasets::{ImageSet, Preprocess, batch, synthetic};
use models::file::{self, Card, DataCard, MEDICAL_NOTICE, MODEL_FILE, Metric};
use models::{Architecture, Network, NetworkConfig};

use crate::evaluation::{Measures, Predictions, measure, predict};
use crate::experiments::{Experiment, Job};
use crate::memory;
use crate::objective::Classify;
use crate::report::{self, Outcome};
use crate::run::{Choice, Fitted, Loaders, Run};

/// Examples per step where nothing is learned.
const EVALUATION_BATCH: usize = 64;

/// How many generated pictures a run leaves behind for trying `infer`, of each class.
const SAMPLES_PER_CLASS: usize = 2;

/// Trains `network` on the experiment's pictures and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn classify<C>(
    experiment: &Experiment,
    network: fn(classes: usize) -> C,
    job: &Job,
) -> Result<Outcome>
where
    C: NetworkConfig + Into<Architecture>,
    C::Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
{
    if experiment.uses_stand_ins(&job.data)? {
        eprintln!(
            "No {} data: training on {} generated stand-ins. The figures say nothing about real data; see `train fetch`, or name your folder with --data.",
            experiment.pictures.set.name(),
            experiment.pictures.stand_ins(&job.data)
        );
    }
    let started = Instant::now();
    let (set, split) = experiment.pictures.load(&job.data, job.seed)?;
    let load_seconds = started.elapsed().as_secs_f64();
    announce(job, &set, &split, load_seconds);
    report::write_split(&job.folder, &set, &split)?;
    let set = Arc::new(set);

    job.device.device.seed(job.seed);
    let config = network(set.class_names.len());
    config.validate()?;
    let parameters = config.layers().parameters();
    let part = |indices: &[usize], shuffle| {
        let size = if shuffle {
            job.recipe.batch_size
        } else {
            EVALUATION_BATCH
        };
        batch::loader(
            set.clone(),
            indices.to_vec(),
            size,
            shuffle.then_some(job.seed),
        )
    };
    let run = Run {
        recipe: &job.recipe,
        device: job.device.device.clone(),
        folder: job.folder.path(),
        console: job.console.clone(),
        resume: job.resume,
    };
    let started = Instant::now();
    let fitted = run.fit(
        config.init(&job.device.device.clone().autodiff()),
        Classify,
        (AccuracyMetric::new(),),
        Choice::ACCURACY,
        Loaders {
            train: part(&split.train, true),
            valid: part(&split.valid, false),
        },
    )?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let device = &job.device.device;
    let valid = predict(
        &fitted.network,
        "validation",
        &*part(&split.valid, false).to_device(device),
    )?;
    let test = predict(
        &fitted.network,
        "test",
        &*part(&split.test, false).to_device(device),
    )?;
    let figures = Figures {
        valid: measure(&valid, &set.class_names, None),
        test: measure(&test, &set.class_names, None),
    };
    let seconds = report::Seconds {
        load: load_seconds,
        train: train_seconds,
        evaluate: started.elapsed().as_secs_f64(),
        per_epoch: fitted.epochs.iter().map(|epoch| epoch.seconds).collect(),
    };

    let card = card(
        experiment,
        job,
        config.into(),
        &set,
        &split,
        &fitted,
        &figures,
    );
    let model = job.folder.file(MODEL_FILE);
    file::save(&model, &fitted.network, &card)?;
    let samples = if set.generated {
        samples(experiment, job)?
    } else {
        Vec::new()
    };
    let outcome = Outcome {
        format: report::RESULT_FORMAT,
        experiment: experiment.name.to_owned(),
        seed: job.seed,
        epochs: fitted.epochs.len(),
        best_epoch: fitted.best_epoch,
        interrupted: fitted.interrupted,
        device: job.device.description.clone(),
        parameters,
        recipe: job.recipe.clone(),
        data: report::DataSummary::new(&set, &split),
        train: report::train_figures(&fitted.epochs, fitted.best_epoch, split.train.len()),
        valid: figures.valid,
        test: figures.test,
        seconds,
        peak_memory_bytes: memory::peak_bytes(),
        model: model.display().to_string(),
        notice: card.notice.clone(),
        samples,
    };
    write_reports(
        job,
        &set,
        &split,
        [("valid", &valid), ("test", &test)],
        &fitted,
        &outcome,
    )?;
    job.folder.make_latest()?;
    Ok(outcome)
}

/// What is measured once training is over.
struct Figures {
    valid: Measures,
    test: Measures,
}

fn write_reports<N>(
    job: &Job,
    set: &ImageSet,
    split: &Split,
    predictions: [(&str, &Predictions); 2],
    fitted: &Fitted<N>,
    outcome: &Outcome,
) -> Result<()> {
    let [valid, test] = predictions;
    let parts = [
        (valid.0, &split.valid[..], valid.1),
        (test.0, &split.test[..], test.1),
    ];
    report::write_predictions(&job.folder, set, &parts)?;
    report::curves::write(&job.folder.file("curves.svg"), &fitted.epochs)?;
    report::confusion::write(
        &job.folder.file("confusion.svg"),
        &outcome.test.confusion,
        &set.class_names,
    )?;
    job.folder
        .write("card.md", report::card::markdown(outcome))?;
    job.folder.write_json("result.json", outcome)
}

fn announce(job: &Job, set: &ImageSet, split: &Split, seconds: f64) {
    eprintln!(
        "{}: {} pictures of {} classes in {seconds:.1} s ({} train, {} validation, {} test; split {}, seed {})",
        set.name,
        set.len(),
        set.class_names.len(),
        split.train.len(),
        split.valid.len(),
        split.test.len(),
        split.kind,
        job.seed
    );
    if !set.skipped.is_empty() {
        eprintln!(
            "skipped {} unreadable files (--strict refuses them):",
            set.skipped.len()
        );
        for skipped in &set.skipped {
            eprintln!("  {}: {}", skipped.path, skipped.reason);
        }
    }
    eprintln!("device: {}", job.device.description);
    if let Some(notice) = &job.device.notice {
        eprintln!("note: {notice}");
    }
    eprintln!("run: {}", job.folder.path().display());
}

fn card<N>(
    experiment: &Experiment,
    job: &Job,
    architecture: Architecture,
    set: &ImageSet,
    split: &Split,
    fitted: &Fitted<N>,
    figures: &Figures,
) -> Card<Preprocess> {
    let metric = |part: &str, name: &str, value, interval, n| Metric {
        name: name.to_owned(),
        split: part.to_owned(),
        value,
        interval,
        n,
    };
    let of_part = |part: &str, m: &Measures| {
        [
            metric(part, "accuracy", m.accuracy, Some(m.accuracy_interval), m.n),
            metric(part, "loss", m.loss, None, m.n),
            metric(part, "macro_f1", m.macro_f1, None, m.n),
        ]
    };
    Card {
        format_version: file::FORMAT_VERSION,
        hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: experiment.name.to_owned(),
        architecture,
        preprocess: set.preprocess.clone(),
        class_names: set.class_names.clone(),
        data: DataCard {
            name: set.name.clone(),
            fingerprint: set.fingerprint(),
            generated: set.generated,
            split: split.kind.to_string(),
            train: split.train.len(),
            valid: split.valid.len(),
            test: split.test.len(),
        },
        seed: job.seed,
        epochs: fitted.epochs.len(),
        device: job.device.description.clone(),
        trained_at: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
        metrics: [
            of_part("valid", &figures.valid),
            of_part("test", &figures.test),
        ]
        .concat(),
        calibration: None,
        notice: experiment
            .pictures
            .set
            .is_medical()
            .then(|| MEDICAL_NOTICE.to_owned()),
    }
}

/// Fresh generated pictures, none of them seen in training, to try `infer` on.
fn samples(experiment: &Experiment, job: &Job) -> Result<Vec<String>> {
    if !experiment.pictures.set.is_medical() {
        return Ok(Vec::new());
    }
    let folder = job.folder.file("samples");
    let written = synthetic::write_phantoms(&folder, SAMPLES_PER_CLASS, job.seed.wrapping_add(1))?;
    Ok(written
        .iter()
        .map(|path| path.display().to_string())
        .collect())
}
