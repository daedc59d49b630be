//! Runs of classifiers: load and split examples, train, calibrate, evaluate, report.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use burn::train::metric::AccuracyMetric;
use datasets::Dataset;
use datasets::split::Split;
use metrics::calibration::reliability_bins;
use metrics::spikes::SpikeMetrics;
use metrics::{ClassificationMetrics, Predictions};
use models::file::{self, MODEL_FILE, Metric};
use models::{Activity, Architecture, FromChoices, Network, NetworkConfig, OutputActivation};

use crate::data::DataSource;
use crate::fit::monitor::Monitor;
use crate::fit::objective::{Classify, Loss};
use crate::fit::run::Loaders;
use crate::report::abstention::{AbstentionSummary, CalibrationSummary};
use crate::report::classification::{
    self, Classification, EvaluatedPart, Evaluation, MetricsByLeakage,
};
use crate::report::finished::Finished;
use crate::report::result::{RunResult, TrainFigures};
use crate::report::spiking::{self, Shown};
use crate::tasks::calibrate::{abstentions, calibrate};
use crate::tasks::classification_dataset::ClassificationDataset;
use crate::tasks::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::predict;
use crate::tasks::evaluation::spikes::spike_metrics;
use crate::tasks::job::Job;
use crate::tasks::lr_find;

/// Trains `network` on the examples of `source` and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn classify<C, S>(
    source: &S,
    network: fn(classes: usize) -> C,
    activity: Option<fn(&C::Network, Tensor<4>) -> Activity>,
    job: &Job,
) -> Result<Finished>
where
    S: DataSource<Set: ClassificationDataset>,
    C: NetworkConfig<Options: FromChoices> + Into<Architecture> + Clone,
    C::Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
{
    let run = DataRun::begin(source, job)?;
    let DataRun { set, split, .. } = &run;
    let class_names = set.metadata().class_names;

    job.device.device.seed(job.seed);
    let config = job.choices.apply(network(class_names.len()))?;
    config.validate()?;
    let architecture: Architecture = config.clone().into();
    check_loss(job.recipe.loss, &architecture)?;
    let parameters = config.layers().parameters();
    let part = |indices: &[usize]| set.loader(indices, EVALUATION_BATCH);
    let loader = || {
        let recipe = &job.recipe;
        set.training_loader(
            &split.train,
            recipe.batch_size,
            job.seed,
            recipe.augmentation,
        )
    };
    let objective = Classify {
        loss: job.recipe.loss,
    };
    let learning = job.device.device.clone().autodiff();
    if job.lr_find {
        let network = config.init(&learning);
        let batches = loader().to_device(&learning);
        let found = lr_find::find(network, objective.clone(), &job.recipe, &*batches)?;
        found.write(&job.folder)?;
        eprintln!("{}", found.words(&job.recipe, &job.folder));
        // Training starts from the same state as without the search.
        job.device.device.seed(job.seed);
    }
    let started = Instant::now();
    let fitted = run.run().fit(
        config.init(&learning),
        objective,
        (AccuracyMetric::new(),),
        Monitor::ACCURACY,
        Loaders {
            train: loader(),
            valid: part(&split.valid),
        },
    )?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let device = &job.device.device;
    let raw_valid = predict(
        &fitted.network,
        "validation",
        &*part(&split.valid).to_device(device),
    )?;
    let raw_test = predict(
        &fitted.network,
        "test",
        &*part(&split.test).to_device(device),
    )?;
    // Temperature, threshold and limit are fitted without the test part.
    let calibration = calibrate(&**set, split, &raw_valid, job.target_error);
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
    let evaluation = Evaluation {
        valid: evaluated(&raw_valid, &split.valid),
        test: evaluated(&raw_test, &split.test),
        probe: set.probe(
            &|inputs| fitted.network.forward(inputs),
            &calibration,
            device,
        )?,
        calibration,
    };
    let by_leakage = metrics_by_leakage(&evaluation.test.predictions, split, class_names);
    let network = &fitted.network;
    let activity = activity.map(|activity| move |inputs: Tensor<4>| activity(network, inputs));
    let spikes = match &activity {
        Some(activity) => spike_metrics(activity, &*part(&split.test).to_device(device))?,
        None => None,
    };
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        card_metrics("valid", &evaluation.valid.metrics),
        card_metrics("test", &evaluation.test.metrics),
    ]
    .concat();
    let calibration = Some(evaluation.calibration.clone());
    let card = run.card(architecture, &fitted, metrics, calibration);
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    classification::write(&job.folder, &**set, split, &evaluation, &fitted.epochs)?;
    if let (Some(spikes), Some(activity)) = (&spikes, activity) {
        draw_spikes(job, set, &split.test, activity, spikes)?;
    }
    let results = Classification {
        train: TrainFigures::new(&fitted, split.train.len(), "accuracy"),
        calibration: CalibrationSummary::new(
            &evaluation.calibration,
            [&evaluation.valid.abstention, &evaluation.test.abstention],
            &evaluation.probe,
        ),
        valid: evaluation.valid.metrics,
        test: evaluation.test.metrics,
        by_leakage,
        spikes,
    };
    let run = run.facts(parameters, &fitted, train_seconds, evaluate_seconds);
    Finished::training(&RunResult { run, results }, &job.folder)
}

/// Refuses a loss that does not fit the network's outputs.
fn check_loss(loss: Loss, architecture: &Architecture) -> Result<()> {
    let are_normalized = matches!(architecture, Architecture::Mlp(mlp) if mlp.output == OutputActivation::NormalizedSigmoid);
    ensure!(
        !(are_normalized && loss == Loss::Bce),
        "--loss bce: this network divides its sigmoids by their sum, so none stands alone; choose cross-entropy, one-hot or mse"
    );
    Ok(())
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

/// Draws the activity of a spiking network's units for the first test example.
fn draw_spikes(
    job: &Job,
    set: &Arc<impl ClassificationDataset>,
    test: &[usize],
    activity: impl Fn(Tensor<4>) -> Activity,
    spikes: &SpikeMetrics,
) -> Result<()> {
    let first = test.get(..1).unwrap_or(test);
    let metadata = set.metadata();
    let loader = set.loader(first, 1).to_device(&job.device.device);
    for (index, batch) in first.iter().zip(loader.iter()) {
        let activity = activity(batch?.images);
        let shown = Shown {
            activity: &activity,
            class_names: metadata.class_names,
            label: &metadata.class_names[metadata.labels[*index]],
        };
        spiking::write(&job.folder, spikes, &shown)?;
    }
    Ok(())
}

/// Returns the metrics of one part for the card in the model's file.
fn card_metrics(part: &str, m: &ClassificationMetrics) -> [Metric; 5] {
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
