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
use models::{Architecture, Calibration, Doubt, Network, NetworkConfig};

use crate::calibrate::{PartDoubts, calibrate, doubts};
use crate::evaluation::calibration::{Bin, reliability};
use crate::evaluation::{Measures, Predictions, measure, predict};
use crate::experiments::{Experiment, Finished, Job, Training};
use crate::memory;
use crate::objective::Classify;
use crate::probe::{self, Probe, probe};
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
    training: &Training,
    network: fn(classes: usize) -> C,
    job: &Job,
) -> Result<Finished>
where
    C: NetworkConfig + Into<Architecture>,
    C::Network: Module + ModuleDisplay + Network<Input = Tensor<4>, Output = Tensor<2>> + 'static,
{
    if training.uses_stand_ins(&job.data)? {
        eprintln!(
            "No {} data: training on {} generated stand-ins. The figures say nothing about real data; see `train fetch`, or name your folder with --data.",
            training.pictures.set.name(),
            training.pictures.stand_ins(&job.data)
        );
    }
    let started = Instant::now();
    let (set, split) = training.pictures.load(&job.data, job.seed)?;
    let load_seconds = started.elapsed().as_secs_f64();
    announce(job, &set, &split, load_seconds);
    report::write_split(&job.folder, &set, &split)?;
    let set = Arc::new(set);

    job.device.device.seed(job.seed);
    let config = network(set.class_names.len());
    config.validate()?;
    let parameters = config.layers().parameters();
    let part =
        |indices: &[usize]| batch::loader(set.clone(), indices.to_vec(), EVALUATION_BATCH, None);
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
            train: batch::training_loader(
                set.clone(),
                split.train.clone(),
                job.recipe.batch_size,
                job.seed,
                job.recipe.augmentation,
            ),
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
    let calibration = calibrate(&set, &split, &raw_valid, job.target_error);
    let judged = |raw: &Predictions, indices: &[usize]| {
        let groups = split.groups_of(indices);
        let predictions = raw.at_temperature(calibration.temperature);
        let doubts = doubts(&calibration, &set, indices, &predictions);
        Judged {
            part: PartDoubts::new(raw, &doubts),
            measures: measure(&predictions, &set.class_names, Some(&groups)),
            bins_before: reliability(raw),
            predictions,
            doubts,
        }
    };
    let figures = Figures {
        valid: judged(&raw_valid, &split.valid),
        test: judged(&raw_test, &split.test),
        probe: probe(
            &|images| fitted.network.forward(images),
            &set.preprocess,
            &calibration,
            device,
            &probe::generated(probe::COUNT),
        )?,
        calibration,
    };
    let (test_clean, test_leaking) = apart(&figures.test.predictions, &split, &set.class_names);
    let seconds = report::Seconds {
        load: load_seconds,
        train: train_seconds,
        evaluate: started.elapsed().as_secs_f64(),
        per_epoch: fitted.epochs.iter().map(|epoch| epoch.seconds).collect(),
    };

    let card = card(
        (experiment.name, training),
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
        samples(training, job)?
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
        calibration: report::CalibrationSummary::new(&figures),
        valid: figures.valid.measures.clone(),
        test: figures.test.measures.clone(),
        test_clean,
        test_leaking,
        seconds,
        peak_memory_bytes: memory::peak_bytes(),
        model: model.display().to_string(),
        notice: card.notice.clone(),
        samples,
    };
    write_reports(job, &set, &split, &figures, &fitted, &outcome)?;
    Finished::write(report::screen::summary(&outcome), &outcome, &job.folder)
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
    pub doubts: Vec<Option<Doubt>>,
    /// How good that is.
    pub measures: Measures,
    /// How good calibration and doubt are.
    pub part: PartDoubts,
    /// The bins of the network's own probabilities.
    pub bins_before: Vec<Bin>,
}

/// The test apart: what shares no group with training or validation, and the rest; nothing where no
/// picture leaks.
fn apart(
    test: &Predictions,
    split: &Split,
    class_names: &[String],
) -> (Option<Measures>, Option<Measures>) {
    let leaking = split.leaking();
    let clean: Vec<bool> = leaking.iter().map(|leaks| !leaks).collect();
    if !leaking.contains(&true) {
        return (None, None);
    }
    let of = |marked: &[bool]| {
        let some = test.only(marked);
        let groups = split.groups_of(&split.test);
        let groups: Vec<usize> = (groups.into_iter().zip(marked))
            .filter_map(|(group, marked)| marked.then_some(group))
            .collect();
        (!some.is_empty()).then(|| measure(&some, class_names, Some(&groups)))
    };
    (of(&clean), of(&leaking))
}

fn write_reports<N>(
    job: &Job,
    set: &ImageSet,
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
    if split.group_count() < set.len() {
        eprintln!(
            "{} groups of pictures that belong together; {} of the test pictures are copies of what is trained on",
            split.group_count(),
            split.leaking().into_iter().filter(|leaks| *leaks).count()
        );
    }
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
    (name, training): (&str, &Training),
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
    };
    Card {
        format_version: file::FORMAT_VERSION,
        hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: name.to_owned(),
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
            of_part("valid", &figures.valid.measures),
            of_part("test", &figures.test.measures),
        ]
        .concat(),
        calibration: Some(figures.calibration.clone()),
        notice: training
            .pictures
            .set
            .is_medical()
            .then(|| MEDICAL_NOTICE.to_owned()),
    }
}

/// Fresh generated pictures, none of them seen in training, to try `infer` on.
fn samples(training: &Training, job: &Job) -> Result<Vec<String>> {
    if !training.pictures.set.is_medical() {
        return Ok(Vec::new());
    }
    let folder = job.folder.file("samples");
    let written = synthetic::write_phantoms(&folder, SAMPLES_PER_CLASS, job.seed.wrapping_add(1))?;
    Ok(written
        .iter()
        .map(|path| path.display().to_string())
        .collect())
}
