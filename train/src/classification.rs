//! From examples to a trained, measured classifier: the life of every classification run.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use burn::train::metric::AccuracyMetric;
use datasets::Examples;
use datasets::split::Split;
use metrics::calibration::{Bin, reliability_bins};
use metrics::spikes::SpikeMetrics;
use metrics::{ClassificationMetrics, Predictions};
use models::file::{self, MODEL_FILE, Metric};
use models::{Abstention, Architecture, Calibration, Network, NetworkConfig, OutputActivation};

use crate::calibrate::{PartDoubts, calibrate, doubts};
use crate::data::Source;
use crate::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::evaluation::predict;
use crate::evaluation::spikes::spike_metrics;
use crate::experiments::{Experiment, Finished, Job};
use crate::labelled::Labelled;
use crate::lr_find;
use crate::objective::{Classify, Loss};
use crate::probe::Probe;
use crate::report::spiking::{self, Shown};
use crate::report::{self, Outcome};
use crate::run::{Choice, Fitted, Loaders};

/// Trains `network` on the examples of `source` and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn classify<C, S>(
    experiment: &Experiment,
    source: &S,
    network: fn(classes: usize) -> C,
    job: &Job,
) -> Result<Finished>
where
    S: Source<Set: Labelled>,
    C: NetworkConfig + Into<Architecture> + Clone,
    C::Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
{
    let run = DataRun::begin(experiment, source, job)?;
    let DataRun { set, split, .. } = &run;
    let class_names = set.catalogue().class_names;

    job.device.device.seed(job.seed);
    let config = network(class_names.len()).choose(&job.choices)?;
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
        // The training starts as it would have without the search.
        job.device.device.seed(job.seed);
    }
    let started = Instant::now();
    let fitted = run.run().fit(
        config.init(&learning),
        objective,
        (AccuracyMetric::new(),),
        Choice::ACCURACY,
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
    // The test part has no say in the temperature, the threshold and the limit.
    let calibration = calibrate(&**set, split, &raw_valid, job.target_error);
    let judged = |raw: &Predictions, indices: &[usize]| {
        let groups = split.groups_of(indices);
        let predictions = raw.with_temperature(calibration.temperature);
        let doubts = doubts(&calibration, &**set, indices, &predictions);
        Judged {
            part: PartDoubts::new(raw, &doubts),
            measures: ClassificationMetrics::new(&predictions, class_names, Some(&groups)),
            bins_before: reliability_bins(raw),
            predictions,
            doubts,
        }
    };
    let figures = Figures {
        valid: judged(&raw_valid, &split.valid),
        test: judged(&raw_test, &split.test),
        probe: set.probe(
            &|inputs| fitted.network.forward(inputs),
            &calibration,
            device,
        )?,
        calibration,
    };
    let (test_clean, test_leaking) = apart(&figures.test.predictions, split, class_names);
    let spikes = spike_metrics(&fitted.network, &*part(&split.test).to_device(device))?;
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        metrics("valid", &figures.valid.measures),
        metrics("test", &figures.test.measures),
    ]
    .concat();
    let calibration = Some(figures.calibration.clone());
    let card = run.card(architecture, &fitted, metrics, calibration);
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let outcome = Outcome {
        run: run.facts(parameters, &fitted, train_seconds, evaluate_seconds),
        train: report::train_figures(&fitted, split.train.len()),
        calibration: report::CalibrationSummary::new(&figures),
        valid: figures.valid.measures.clone(),
        test: figures.test.measures.clone(),
        test_clean,
        test_leaking,
        spikes,
    };
    write_reports(job, &**set, split, &figures, &fitted, &outcome)?;
    if let Some(spikes) = &outcome.spikes {
        draw_spikes(job, set, &split.test, &fitted.network, spikes)?;
    }
    Finished::write(report::screen::summary(&outcome), &outcome, &job.folder)
}

/// Refuses a loss that the network's outputs do not fit.
fn check_loss(loss: Loss, architecture: &Architecture) -> Result<()> {
    let are_normalized = matches!(architecture, Architecture::Mlp(mlp) if mlp.output == OutputActivation::NormalizedSigmoid);
    ensure!(
        !(are_normalized && loss == Loss::Bce),
        "--loss bce: this network divides its sigmoids by their sum, so none stands alone; choose cross-entropy, one-hot or mse"
    );
    Ok(())
}

/// What is measured once training is over.
pub struct Figures {
    /// What is stored in the model's file.
    pub calibration: Calibration,
    /// On the validation part.
    pub valid: Judged,
    /// On the test part.
    pub test: Judged,
    /// On pictures that show nothing of the kind.
    pub probe: Probe,
}

/// One part, its probabilities calibrated.
pub struct Judged {
    /// What the network says.
    pub predictions: Predictions,
    /// Why it says nothing, or `None`.
    pub doubts: Vec<Option<Abstention>>,
    /// How good that is.
    pub measures: ClassificationMetrics,
    /// How good calibration and doubt are.
    pub part: PartDoubts,
    /// The bins of the network's own probabilities.
    pub bins_before: Vec<Bin>,
}

/// The test apart: what shares no group with training or validation, and the rest; nothing where no
/// picture leaks.
pub fn apart(
    test: &Predictions,
    split: &Split,
    class_names: &[String],
) -> (Option<ClassificationMetrics>, Option<ClassificationMetrics>) {
    let leaking = split.leaking();
    let clean: Vec<bool> = leaking.iter().map(|leaks| !leaks).collect();
    if !leaking.contains(&true) {
        return (None, None);
    }
    let of = |marked: &[bool]| {
        let some = test.select(marked);
        let groups = split.groups_of(&split.test);
        let groups: Vec<usize> = (groups.into_iter().zip(marked))
            .filter_map(|(group, marked)| marked.then_some(group))
            .collect();
        (!some.is_empty()).then(|| ClassificationMetrics::new(&some, class_names, Some(&groups)))
    };
    (of(&clean), of(&leaking))
}

fn write_reports<N>(
    job: &Job,
    set: &impl Labelled,
    split: &Split,
    figures: &Figures,
    fitted: &Fitted<N>,
    outcome: &Outcome,
) -> Result<()> {
    let parts = [
        ("valid", &split.valid[..], &figures.valid),
        ("test", &split.test[..], &figures.test),
    ];
    report::write_predictions(&job.folder, set, &parts)?;
    report::write_figures(&job.folder, set, &split.test, figures, &fitted.epochs)?;
    job.folder.write("card.md", report::card::markdown(outcome))
}

/// Draws what the units of a spiking network did for the first test example.
fn draw_spikes<N>(
    job: &Job,
    set: &Arc<impl Labelled>,
    test: &[usize],
    network: &N,
    spikes: &SpikeMetrics,
) -> Result<()>
where
    N: Network<Input = Tensor<4>, Output = Tensor<2>>,
{
    let first = test.get(..1).unwrap_or(test);
    let catalogue = set.catalogue();
    let loader = set.loader(first, 1).to_device(&job.device.device);
    for (index, batch) in first.iter().zip(loader.iter()) {
        let Some(activity) = network.activity(batch?.images) else {
            continue;
        };
        let shown = Shown {
            activity: &activity,
            class_names: catalogue.class_names,
            truth: &catalogue.class_names[catalogue.labels[*index]],
        };
        spiking::write(&job.folder, spikes, &shown)?;
    }
    Ok(())
}

/// The figures of one part for the model's card.
fn metrics(part: &str, m: &ClassificationMetrics) -> [Metric; 5] {
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
