//! Classification: predicts the class of images or recordings.

use std::sync::Arc;

use anyhow::{Result, ensure};
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use burn::train::metric::AccuracyMetric;
use datasets::split::Split;
use datasets::{Dataset, Emphasis, ImageBatch};
use metrics::calibration::reliability_bins;
use metrics::spikes::SpikeMetrics;
use metrics::{ClassificationMetrics, Predictions};
use models::file::Metric;
use models::{
    Activity, Architecture, Calibration, FromChoices, Network, NetworkConfig, OtherNetwork,
    OutputActivation,
};

use crate::data::DataSource;
use crate::fit::class_weights::Sampling;
use crate::fit::monitor::Monitor;
use crate::fit::objective::{Classify, Loss};
use crate::fit::recipe::Recipe;
use crate::fit::run::Loaders;
use crate::report::abstention::{AbstentionSummary, CalibrationSummary};
use crate::report::classification::{
    self as report, Classification, EvaluatedPart, Evaluation, MetricsByLeakage,
};
use crate::report::spiking::{self, Shown};
use crate::tasks::calibrate::{abstentions, calibrate};
use crate::tasks::classification_dataset::ClassificationDataset;
use crate::tasks::data::{Data, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::spikes::spike_metrics;
use crate::tasks::evaluation::{Classifier, predict};
use crate::tasks::job::Job;
use crate::tasks::task::{Task, TaskRun};

/// Configuration of a network that classifies images or recordings.
pub trait ClassifierConfig:
    NetworkConfig<
        Options: FromChoices,
        Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
    > + Into<Architecture>
    + TryFrom<Architecture, Error = OtherNetwork>
    + Clone
    + 'static
{
}

impl<C> ClassifierConfig for C where
    C: NetworkConfig<
            Options: FromChoices,
            Network: Module
                         + ModuleDisplay
                         + Network<Input = Tensor<4>, Output = Tensor<2>>
                         + 'static,
        > + Into<Architecture>
        + TryFrom<Architecture, Error = OtherNetwork>
        + Clone
        + 'static
{
}

/// Classification of the examples of `source`.
pub struct ClassificationTask<C: ClassifierConfig, S> {
    /// Source of the examples.
    pub source: S,
    /// Returns the configuration for a number of classes.
    pub network: fn(classes: usize) -> C,
    /// Number of classes of the usual data.
    pub classes: usize,
    /// Computes the activity of a network's units, if they spike.
    pub activity: Option<fn(&C::Network, Tensor<4>) -> Activity>,
}

impl<C: ClassifierConfig, S> ClassificationTask<C, S> {
    /// Creates the task for a network whose units do not spike.
    pub fn new(source: S, classes: usize, network: fn(classes: usize) -> C) -> Self {
        Self {
            source,
            network,
            classes,
            activity: None,
        }
    }

    /// Also records the activity of the network's units.
    pub fn recording(self, activity: fn(&C::Network, Tensor<4>) -> Activity) -> Self {
        Self {
            activity: Some(activity),
            ..self
        }
    }
}

impl<C, S> Task for ClassificationTask<C, S>
where
    C: ClassifierConfig,
    S: DataSource<Set: ClassificationDataset + 'static> + Sync,
{
    type Source = S;
    type Network = C::Network;
    type Config = C;
    type Objective = Classify;
    type Batch = ImageBatch;
    type Metrics = (AccuracyMetric,);
    type Evaluation = Evaluation;
    type Results = Classification;

    const MONITORS: &'static [Monitor] = &[Monitor::ACCURACY, Monitor::LOSS];

    fn source(&self) -> &S {
        &self.source
    }

    fn usual_config(&self, _recipe: &Recipe) -> C {
        (self.network)(self.classes)
    }

    fn config(&self, set: &S::Set, _recipe: &Recipe) -> C {
        (self.network)(set.metadata().class_names.len())
    }

    fn check(&self, config: &C, job: &Job) -> Result<()> {
        check_loss(job.recipe.loss, &config.clone().into())
    }

    fn objective(&self, recipe: &Recipe) -> Classify {
        Classify { loss: recipe.loss }
    }

    fn metrics(&self) -> (AccuracyMetric,) {
        (AccuracyMetric::new(),)
    }

    fn loaders(&self, data: &Data<S::Set>, job: &Job) -> Result<Loaders<ImageBatch>> {
        data.check_classes()?;
        let Data { set, split, .. } = data;
        let recipe = &job.recipe;
        Ok(Loaders {
            train: set.clone().training_loader(
                &split.train,
                recipe.batch_size,
                job.seed,
                recipe.augmentation,
                Emphasis {
                    class_weights: data.class_weights(recipe)?,
                    is_balanced: recipe.sampling == Sampling::Balanced,
                },
            ),
            valid: set.clone().loader(&split.valid, EVALUATION_BATCH),
        })
    }

    fn evaluate(
        &self,
        network: &C::Network,
        data: &Data<S::Set>,
        job: &Job,
        calibration: Option<&Calibration>,
    ) -> Result<Evaluation> {
        let set: Arc<dyn ClassificationDataset> = data.set.clone();
        let forward = |inputs| network.forward(inputs);
        let mut evaluation = evaluate(&forward, &set, &data.split, job, calibration)?;
        if let Some(activity) = self.activity {
            let loader = test_loader(&set, &data.split, job);
            evaluation.spikes = spike_metrics(&|inputs| activity(network, inputs), &*loader)?;
        }
        Ok(evaluation)
    }

    fn model_metrics(evaluation: &Evaluation) -> Vec<Metric> {
        let valid = evaluation.valid.iter();
        let valid = valid.flat_map(|valid| model_metrics("valid", &valid.metrics));
        valid
            .chain(model_metrics("test", &evaluation.test.metrics))
            .collect()
    }

    fn calibration(evaluation: &Evaluation) -> Option<Calibration> {
        Some(evaluation.calibration.clone())
    }

    fn report(&self, run: &TaskRun<'_, Self>, evaluation: Evaluation) -> Result<Classification> {
        let set: Arc<dyn ClassificationDataset> = run.data.set.clone();
        let (folder, split) = (&run.job.folder, &run.data.split);
        let draw = |index: usize, side: u32| set.picture(index, side);
        report::write(folder, &*set, &draw, split, &evaluation, run.epochs())?;
        if let (Some(spikes), Some(activity)) = (&evaluation.spikes, self.activity) {
            let activity = |inputs: Tensor<4>| activity(run.network, inputs);
            draw_spikes(run.job, &set, split, &activity, spikes)?;
        }
        Ok(Classification {
            calibration: CalibrationSummary::new(
                &evaluation.calibration,
                evaluation.valid.as_ref().map(|valid| &valid.abstention),
                &evaluation.test.abstention,
                &evaluation.ood_check,
            ),
            valid: evaluation.valid.map(|valid| valid.metrics),
            test: evaluation.test.metrics,
            by_leakage: evaluation.by_leakage,
            spikes: evaluation.spikes,
        })
    }
}

/// Refuses a loss that does not fit the network's outputs.
fn check_loss(loss: Loss, architecture: &Architecture) -> Result<()> {
    let are_normalized = matches!(architecture, Architecture::Mlp(mlp) if mlp.output == OutputActivation::NormalizedSigmoid);
    ensure!(
        !(are_normalized && loss == Loss::Bce),
        "--loss bce: this network divides its sigmoids by their sum, so they are not independent probabilities; choose cross-entropy, one-hot or mse"
    );
    Ok(())
}

/// Evaluates a classifier on the validation and the test part, with a given calibration or one that is fitted to the
/// validation part.
fn evaluate(
    network: &Classifier<'_>,
    set: &Arc<dyn ClassificationDataset>,
    split: &Split,
    job: &Job,
    calibration: Option<&Calibration>,
) -> Result<Evaluation> {
    let device = &job.device.device;
    let class_names = set.metadata().class_names;
    let predict = |name: &str, indices: &[usize]| {
        let loader = set.clone().loader(indices, EVALUATION_BATCH);
        predict(network, name, &*loader.to_device(device))
    };
    let raw_valid = predict("validation", &split.valid)?;
    let raw_test = predict("test", &split.test)?;
    // Temperature, threshold and limit are fitted without the test part.
    let calibration = match calibration {
        Some(calibration) => calibration.clone(),
        None => calibrate(&**set, split, &raw_valid, job.target_error),
    };
    let evaluated = |raw: &Predictions, indices: &[usize]| {
        let groups = split.groups_of(indices);
        let predictions = raw.with_temperature(calibration.temperature);
        let abstentions = abstentions(&calibration, &**set, indices, &predictions);
        EvaluatedPart {
            abstention: AbstentionSummary::new(raw, &abstentions),
            metrics: ClassificationMetrics::new(&predictions, class_names, Some(&groups)),
            bins_before: reliability_bins(raw),
            predictions,
            abstentions,
        }
    };
    let valid = (!split.valid.is_empty()).then(|| evaluated(&raw_valid, &split.valid));
    let test = evaluated(&raw_test, &split.test);
    Ok(Evaluation {
        valid,
        ood_check: set.check_ood(network, &calibration, device)?,
        by_leakage: metrics_by_leakage(&test.predictions, split, class_names),
        test,
        spikes: None,
        calibration,
    })
}

/// Computes the metrics of the test examples that share no group with training or validation, and of those that do.
///
/// Both are `None` if no test example shares a group.
pub fn metrics_by_leakage(
    test: &Predictions,
    split: &Split,
    class_names: &[String],
) -> MetricsByLeakage {
    let leaking = split.leaking();
    let clean: Vec<bool> = leaking.iter().map(|leaks| !leaks).collect();
    if !leaking.contains(&true) {
        return MetricsByLeakage::default();
    }
    let metrics = |mask: &[bool]| {
        let selected = test.select(mask);
        let groups = split.groups_of(&split.test);
        let groups: Vec<usize> = (groups.into_iter().zip(mask))
            .filter_map(|(group, is_selected)| is_selected.then_some(group))
            .collect();
        (!selected.is_empty())
            .then(|| ClassificationMetrics::new(&selected, class_names, Some(&groups)))
    };
    MetricsByLeakage {
        clean: metrics(&clean),
        leaking: metrics(&leaking),
    }
}

fn test_loader(
    set: &Arc<dyn ClassificationDataset>,
    split: &Split,
    job: &Job,
) -> Arc<dyn DataLoader<ImageBatch>> {
    let loader = set.clone().loader(&split.test, EVALUATION_BATCH);
    loader.to_device(&job.device.device)
}

/// Draws the activity of a spiking network's units for the first test example.
fn draw_spikes(
    job: &Job,
    set: &Arc<dyn ClassificationDataset>,
    split: &Split,
    activity: &dyn Fn(Tensor<4>) -> Activity,
    spikes: &SpikeMetrics,
) -> Result<()> {
    let Some(&first) = split.test.first() else {
        return Ok(());
    };
    let metadata = set.metadata();
    let loader = set
        .clone()
        .loader(&[first], 1)
        .to_device(&job.device.device);
    for batch in loader.iter() {
        let activity = activity(batch?.images);
        let shown = Shown {
            activity: &activity,
            class_names: metadata.class_names,
            label: &metadata.class_names[metadata.labels[first]],
        };
        spiking::write(&job.folder, spikes, &shown)?;
    }
    Ok(())
}

/// Returns the metrics of one part for the model file.
fn model_metrics(part: &str, m: &ClassificationMetrics) -> [Metric; 5] {
    [
        metric(part, "accuracy", m.accuracy, Some(m.accuracy_interval), m.n),
        metric(part, "loss", m.loss, None, m.n),
        metric(part, "macro_f1", m.macro_f1, m.intervals.macro_f1, m.n),
        metric(
            part,
            "balanced_accuracy",
            m.balanced_accuracy,
            m.intervals.balanced_accuracy,
            m.n,
        ),
        metric(part, "calibration_error", m.calibration_error, None, m.n),
    ]
}
