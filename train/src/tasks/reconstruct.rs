//! Runs of autoencoders: load and split pictures, train, evaluate, report.

use std::time::Instant;

use anyhow::Result;
use burn::tensor::Device;
use datasets::images::batch;
use metrics::codes::Codes;
use metrics::principal_plane::PrincipalPlane;
use metrics::reconstruction::ReconstructionMetrics;
use models::file::{self, MODEL_FILE, Metric};
use models::{Activation, Autoencoder, AutoencoderConfig, NetworkConfig};

use crate::data::Pictures;
use crate::fit::checkpoint::Checkpoints;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Reconstruct;
use crate::fit::objective::mean::MeanMetric;
use crate::fit::recipe::Recipe;
use crate::fit::run::{Fitted, Loaders, Run};
use crate::report::finished::Finished;
use crate::report::reconstruction::{
    self as report, Evaluation, ReconstructionResults, Unpenalized,
};
use crate::report::result::{RunResult, TrainFigures};
use crate::tasks::data_run::{DataRun, EVALUATION_BATCH, PictureRun, metric};
use crate::tasks::evaluation::codes::neighbour_accuracy;
use crate::tasks::evaluation::reconstruction::reconstruct as reconstructions;
use crate::tasks::job::Job;
use crate::wrong_arguments::WrongArguments;

/// Folder of the network that is trained without the penalty.
const UNPENALIZED: &str = "without-penalty";

/// Trains an autoencoder on the experiment's pictures and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn reconstruct(
    source: &Pictures,
    network: fn(&Recipe) -> AutoencoderConfig,
    job: &Job,
) -> Result<Finished> {
    let recipe = &job.recipe;
    let config = network(recipe);
    check_penalty(job.experiment, &config, recipe)?;
    config.validate()?;
    let pictures = DataRun::begin(source, job)?;
    let started = Instant::now();
    let fitted = fit(&pictures, pictures.run(), &config, job)?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let evaluation = evaluate(&pictures, &fitted.network, job)?;
    let evaluate_seconds = started.elapsed().as_secs_f64();
    let unpenalized = match recipe.penalty {
        Some(_) if !fitted.interrupted => Some(without_penalty(&pictures, &config, job)?),
        _ => None,
    };

    let metrics = [
        card_metrics("valid", &evaluation.valid.metrics()),
        card_metrics("test", &evaluation.test_metrics),
    ]
    .concat();
    let card = pictures.card(config.clone().into(), &fitted, metrics, None);
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let parameters = config.layers().parameters();
    let (unpenalized, unpenalized_codes) = unpenalized.unzip();
    let codes = unpenalized_codes.as_ref();
    report::write(job, &pictures, &fitted, &evaluation, codes)?;
    let results = ReconstructionResults {
        train: TrainFigures::new(&fitted, pictures.split.train.len(), "bce"),
        valid: evaluation.valid.metrics(),
        test: evaluation.test_metrics,
        code: evaluation.activity,
        neighbours: evaluation.neighbours,
        principal_plane: evaluation.plane.explained.to_vec(),
        unpenalized,
        anomalies: evaluation.anomalies,
    };
    let run = pictures.facts(parameters, &fitted, train_seconds, evaluate_seconds);
    Finished::training(&RunResult { run, results }, &job.folder)
}

/// Refuses a penalty that is not defined for the code of this autoencoder.
fn check_penalty(name: &str, config: &AutoencoderConfig, recipe: &Recipe) -> Result<()> {
    let Some(penalty) = &recipe.penalty else {
        return Ok(());
    };
    if config.variational {
        return Err(WrongArguments::new(format!(
            "--penalty {penalty}: {name} has a cost of its own, the divergence of its codes; leave --penalty out"
        ))
        .into());
    }
    if penalty.kl > 0.0 && config.code_activation != Activation::Sigmoid {
        return Err(WrongArguments::new(format!(
            "--penalty {penalty}: the divergence needs activities from 0 to 1, which the code of {name} has not; take l1:WEIGHT, or autoencoder-sparse"
        ))
        .into());
    }
    Ok(())
}

fn fit(
    pictures: &PictureRun<'_>,
    run: Run<'_>,
    config: &AutoencoderConfig,
    job: &Job,
) -> Result<Fitted<Autoencoder>> {
    let PictureRun { set, split, .. } = pictures;
    let recipe = run.recipe;
    job.device.device.seed(job.seed);
    run.fit(
        config.init(&job.device.device.clone().autodiff()),
        Reconstruct {
            penalty: recipe.penalty,
        },
        (MeanMetric::new("BCE"),),
        Monitor::LOSS,
        Loaders {
            train: batch::reconstruction_training_loader(
                set.clone(),
                split.train.clone(),
                recipe.batch_size,
                job.seed,
                recipe.augmentation,
                recipe.noise,
            ),
            valid: part(pictures, &split.valid, job),
        },
    )
}

/// Returns a loader of the pictures at `indices` for evaluation: the noise of each picture is always the same.
fn part(
    PictureRun { set, .. }: &PictureRun<'_>,
    indices: &[usize],
    job: &Job,
) -> std::sync::Arc<dyn burn::data::dataloader::DataLoader<datasets::ReconstructionBatch>> {
    let noise = job.recipe.noise;
    batch::reconstruction_loader(
        set.clone(),
        indices.to_vec(),
        EVALUATION_BATCH,
        noise,
        job.seed,
    )
}

fn evaluate(pictures: &PictureRun<'_>, network: &Autoencoder, job: &Job) -> Result<Evaluation> {
    let PictureRun { set, split, .. } = pictures;
    let device: &Device = &job.device.device;
    device.seed(job.seed);
    let reconstructed = |name: &str, indices: &[usize]| {
        reconstructions(
            network,
            name,
            &*part(pictures, indices, job).to_device(device),
        )
    };
    let valid = reconstructed("validation", &split.valid)?;
    let test = reconstructed("test", &split.test)?;
    let train_codes = reconstructed("codes", &split.train)?.codes;
    let labels_of = |indices: &[usize]| -> Vec<usize> {
        indices.iter().map(|&index| set.labels[index]).collect()
    };
    let (train_labels, test_labels) = (labels_of(&split.train), labels_of(&split.test));
    let only = job.data.train_class.as_ref();
    let normal = only.and_then(|name| set.class_names.iter().position(|class| class == name));
    Ok(Evaluation {
        test_metrics: test.metrics(),
        activity: test.codes.activity(),
        neighbours: normal.is_none().then(|| {
            neighbour_accuracy(
                (&train_codes, &train_labels),
                (&test.codes, &test_labels),
                device,
            )
        }),
        anomalies: normal.map(|normal| {
            let groups = split.groups_of(&split.test);
            test.detect_anomalies(normal, &test_labels, &groups, &set.class_names)
        }),
        plane: PrincipalPlane::fit(&train_codes),
        valid,
        test,
    })
}

/// Trains the same network from the same seed without the penalty, and evaluates it on the test part.
fn without_penalty(
    pictures: &PictureRun<'_>,
    config: &AutoencoderConfig,
    job: &Job,
) -> Result<(Unpenalized, Codes)> {
    eprintln!("the same network without the penalty, to compare with:");
    let folder = job.folder.inner(UNPENALIZED)?;
    let recipe = Recipe {
        penalty: None,
        ..job.recipe.clone()
    };
    let last = Checkpoints::new(folder.path())?.last();
    let run = Run {
        recipe: &recipe,
        folder: folder.path(),
        console: job.console.fresh(),
        resume: job.resume && last.is_some_and(|epoch| epoch < recipe.epochs),
        ..pictures.run()
    };
    let fitted = fit(pictures, run, config, job)?;
    let device = &job.device.device;
    let test = part(pictures, &pictures.split.test, job).to_device(device);
    let test = reconstructions(&fitted.network, "test", &*test)?;
    let outcome = Unpenalized {
        epochs: fitted.epochs.len(),
        best_epoch: fitted.best_epoch,
        test: test.metrics(),
        code: test.codes.activity(),
    };
    Ok((outcome, test.codes))
}

/// Returns the metrics of one part for the card in the model's file.
fn card_metrics(part: &str, metrics: &ReconstructionMetrics) -> Vec<Metric> {
    let n = metrics.n;
    [
        ("bce", metrics.bce),
        ("mse", metrics.mse),
        ("psnr", metrics.psnr),
        (file::USUAL_ERROR, metrics.usual_error),
    ]
    .into_iter()
    .map(|(name, value)| metric(part, name, value, None, n))
    .collect()
}
