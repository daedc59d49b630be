//! Reconstruction: an autoencoder returns images from short codes of them.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::train::metric::store::Direction;
use datasets::images::batch;
use datasets::{ImageSet, ReconstructionBatch};
use metrics::codes::Codes;
use metrics::principal_plane::PrincipalPlane;
use metrics::reconstruction::{ReconstructionMetrics, Reconstructions};
use models::file::{self, Metric};
use models::{Activation, Autoencoder, AutoencoderConfig, Calibration};

use crate::data::Pictures;
use crate::fit::interrupt;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Reconstruct;
use crate::fit::objective::mean::MeanMetric;
use crate::fit::recipe::Recipe;
use crate::fit::run::Loaders;
use crate::report::reconstruction::{
    self as report, Evaluation, ReconstructionResults, Unpenalized,
};
use crate::tasks::data::{Data, EVALUATION_BATCH, metric};
use crate::tasks::driver::fit;
use crate::tasks::evaluation::codes::neighbour_accuracy;
use crate::tasks::evaluation::reconstruction::reconstruct;
use crate::tasks::job::Job;
use crate::tasks::task::{Task, TaskRun};
use crate::wrong_arguments::WrongArguments;

/// Folder of the network that is trained without the penalty.
const UNPENALIZED: &str = "without-penalty";

/// Reconstruction of the images of `source`.
pub struct ReconstructionTask {
    /// Source of the images.
    pub source: Pictures,
    /// Returns the configuration for a recipe.
    pub network: fn(&Recipe) -> AutoencoderConfig,
}

impl Task for ReconstructionTask {
    type Source = Pictures;
    type Network = Autoencoder;
    type Config = AutoencoderConfig;
    type Objective = Reconstruct;
    type Batch = ReconstructionBatch;
    type Metrics = (MeanMetric,);
    type Evaluation = Evaluation;
    type Results = ReconstructionResults;

    const MONITORS: &'static [Monitor] = &[
        Monitor::LOSS,
        Monitor {
            metric: "bce",
            direction: Direction::Lowest,
        },
    ];

    fn source(&self) -> &Pictures {
        &self.source
    }

    fn usual_config(&self, recipe: &Recipe) -> AutoencoderConfig {
        (self.network)(recipe)
    }

    fn config(&self, _set: &ImageSet, recipe: &Recipe) -> AutoencoderConfig {
        (self.network)(recipe)
    }

    fn check(&self, config: &AutoencoderConfig, job: &Job) -> Result<()> {
        check_penalty(job.experiment, config, &job.recipe)
    }

    fn objective(&self, recipe: &Recipe) -> Reconstruct {
        Reconstruct {
            penalty: recipe.penalty,
        }
    }

    fn metrics(&self) -> (MeanMetric,) {
        (MeanMetric::new("BCE"),)
    }

    fn loaders(&self, data: &Data<ImageSet>, job: &Job) -> Result<Loaders<ReconstructionBatch>> {
        let Data { set, split, .. } = data;
        let recipe = &job.recipe;
        Ok(Loaders {
            train: batch::reconstruction_training_loader(
                set.clone(),
                split.train.clone(),
                recipe.batch_size,
                job.seed,
                recipe.augmentation,
                recipe.noise,
            ),
            valid: loader(set, &split.valid, job),
        })
    }

    fn evaluate(
        &self,
        network: &Autoencoder,
        data: &Data<ImageSet>,
        job: &Job,
        _calibration: Option<&Calibration>,
    ) -> Result<Evaluation> {
        let Data { set, split, .. } = data;
        let device = &job.device.device;
        let reconstruct = |name: &str, indices: &[usize]| {
            reconstruct(network, name, &*loader(set, indices, job).to_device(device))
        };
        let valid = match split.valid.is_empty() {
            true => None,
            false => Some(reconstruct("validation", &split.valid)?),
        };
        let test = reconstruct("test", &split.test)?;
        let train_codes = reconstruct("codes", &split.train)?.codes;
        let labels_of = |indices: &[usize]| -> Vec<usize> {
            indices.iter().map(|&index| set.labels[index]).collect()
        };
        let (train_labels, test_labels) = (labels_of(&split.train), labels_of(&split.test));
        let only = job.data.train_class.as_ref();
        let normal = only.and_then(|name| set.class_names.iter().position(|class| class == name));
        Ok(Evaluation {
            test_metrics: test.metrics(),
            activity: test.codes.activity(),
            neighbours: (only.is_none() && !split.train.is_empty()).then(|| {
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
            plane: PrincipalPlane::fit(match split.train.is_empty() {
                true => &test.codes,
                false => &train_codes,
            }),
            valid,
            test,
        })
    }

    fn model_metrics(evaluation: &Evaluation) -> Vec<Metric> {
        let valid = evaluation.valid.iter();
        let valid = valid.flat_map(|valid| model_metrics("valid", &valid.metrics()));
        valid
            .chain(model_metrics("test", &evaluation.test_metrics))
            .collect()
    }

    fn report(
        &self,
        run: &TaskRun<'_, Self>,
        evaluation: Evaluation,
    ) -> Result<ReconstructionResults> {
        let unpenalized = match run.job.recipe.penalty {
            Some(_) if !run.is_loaded && interrupt::requested().is_none() => {
                self.train_unpenalized(run)?
            }
            _ => None,
        };
        let (unpenalized, codes) = unpenalized.unzip();
        report::write(&run.trained(), &evaluation, codes.as_ref())?;
        Ok(ReconstructionResults {
            valid: evaluation.valid.as_ref().map(Reconstructions::metrics),
            test: evaluation.test_metrics,
            noise: run.job.recipe.noise,
            code: evaluation.activity,
            neighbours: evaluation.neighbours,
            principal_plane: evaluation.plane.explained.to_vec(),
            unpenalized,
            anomalies: evaluation.anomalies,
        })
    }
}

impl ReconstructionTask {
    /// Trains the same network from the same seed without the penalty, and evaluates it on the test part. Returns `None`
    /// if that is interrupted.
    fn train_unpenalized(&self, run: &TaskRun<'_, Self>) -> Result<Option<(Unpenalized, Codes)>> {
        eprintln!("training the same network without the penalty, for comparison:");
        let mut job = run.job.inner(UNPENALIZED)?;
        job.recipe.penalty = None;
        let fitted = fit(self, run.config, run.data, &job)?;
        if interrupt::requested().is_some() {
            return Ok(None);
        }
        let loader = loader(&run.data.set, &run.data.split.test, &job);
        let loader = loader.to_device(&job.device.device);
        let test = reconstruct(&fitted.network, "test", &*loader)?;
        let unpenalized = Unpenalized {
            epochs: fitted.epochs.len(),
            best_epoch: fitted.best_epoch,
            test: test.metrics(),
            code: test.codes.activity(),
        };
        Ok(Some((unpenalized, test.codes)))
    }
}

/// Refuses a penalty that is not defined for the code of this autoencoder.
fn check_penalty(name: &str, config: &AutoencoderConfig, recipe: &Recipe) -> Result<()> {
    let Some(penalty) = &recipe.penalty else {
        return Ok(());
    };
    if config.variational {
        return Err(WrongArguments::new(format!(
            "--penalty {penalty}: the loss of {name} already has a penalty, the divergence of its codes; leave --penalty out"
        ))
        .into());
    }
    if penalty.kl > 0.0 && config.code_activation != Activation::Sigmoid {
        return Err(WrongArguments::new(format!(
            "--penalty {penalty}: the divergence is defined for activities from 0 to 1, but the code of {name} has others; choose l1:WEIGHT, or autoencoder-sparse"
        ))
        .into());
    }
    Ok(())
}

/// Returns a loader of the images at `indices` for evaluation: the noise of each image is always the same.
fn loader(
    set: &Arc<ImageSet>,
    indices: &[usize],
    job: &Job,
) -> Arc<dyn DataLoader<ReconstructionBatch>> {
    let (noise, indices) = (job.recipe.noise, indices.to_vec());
    batch::reconstruction_loader(set.clone(), indices, EVALUATION_BATCH, noise, job.seed)
}

/// Returns the metrics of one part for the model file.
fn model_metrics(part: &str, metrics: &ReconstructionMetrics) -> Vec<Metric> {
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
