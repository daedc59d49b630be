//! What a run leaves behind to be read: `result.json`, `split.csv`, `predictions.csv`, the figures,
//! the card, and the summary on the screen.
//!
//! The figures are in SVG and PNG: `curves`, `confusion`, `roc`, `reliability`, `risk_coverage`, and
//! the contact sheet `mistakes.png`; of spiking networks also `raster`, `membranes` and `steps`.

use anyhow::{Context, Result, ensure};
use datasets::split::{Split, record};
use datasets::{Catalogue, Examples};
use metrics::ClassificationMetrics;
use metrics::spikes::SpikeMetrics;
use models::Abstention;
use serde::Serialize;

use crate::calibrate::PartDoubts;
use crate::classification::{Figures, Judged};
use crate::history::Epoch;
use crate::labelled::Labelled;
use crate::probe::Probe;
use crate::recipe::Recipe;
use crate::run::Fitted;
use crate::run_folder::RunFolder;

pub mod card;
pub mod confusion;
pub mod curves;
pub mod figure;
pub mod mistakes;
pub mod plot;
pub mod reconstruction;
pub mod reliability;
pub mod risk_coverage;
pub mod roc;
pub mod screen;
pub mod sheet;
pub mod spiking;
pub mod translation;
pub mod trees;

/// The version of `result.json`; a field is never renamed or removed without raising it.
pub const RESULT_FORMAT: u32 = 1;

/// What `result.json` says of every training, whatever it learns.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    /// The version of this layout, [`RESULT_FORMAT`].
    pub format: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The seed of split, weights, shuffling, dropout and noise.
    pub seed: u64,
    /// Finished epochs.
    pub epochs: usize,
    /// The epoch whose network was kept: the best by validation (0: stopped in the first).
    pub best_epoch: usize,
    /// Whether it was stopped before its last epoch.
    pub interrupted: bool,
    /// Where it was trained.
    pub device: String,
    /// The network's parameters.
    pub parameters: usize,
    /// How it was trained.
    pub recipe: Recipe,
    /// What it was trained on.
    pub data: DataSummary,
    /// Wall-clock times.
    pub seconds: Seconds,
    /// Peak resident memory, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// The model file.
    pub model: String,
    /// What must be said with every answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Generated pictures to try the model on, when it was trained on generated ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

/// `result.json` of a classifier: what was done and what came of it. Stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What was done.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Running figures of the best epoch's training batches, measured while the network changed.
    pub train: TrainFigures,
    /// The kept network on the whole validation part (which chose it), its probabilities calibrated.
    pub valid: ClassificationMetrics,
    /// The kept network on the whole test part (looked at once), its probabilities calibrated.
    pub test: ClassificationMetrics,
    /// The part of the test that shares no group with training or validation, where some does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_clean: Option<ClassificationMetrics>,
    /// The rest of the test: copies of what was trained on or chosen with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_leaking: Option<ClassificationMetrics>,
    /// How its probabilities were calibrated, and when it gives no answer.
    pub calibration: CalibrationSummary,
    /// What a spiking network spends on its answers, over the test part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<SpikeMetrics>,
}

/// The data of a run.
#[derive(Clone, Debug, Serialize)]
pub struct DataSummary {
    /// The set's name.
    pub name: String,
    /// What its examples are called.
    #[serde(skip)]
    pub noun: &'static str,
    /// Whether it was generated.
    pub generated: bool,
    /// SHA-256 over classes, labels and the sums of the files.
    pub fingerprint: String,
    /// The class names, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// How it was split.
    pub split: String,
    /// The only class it was trained on and chosen by, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_class: Option<String>,
    /// Training examples.
    pub train: usize,
    /// Validation examples.
    pub valid: usize,
    /// Test examples.
    pub test: usize,
    /// Groups: copies of a picture, or pictures of a patient, count once.
    pub groups: usize,
    /// Test examples of a group that is in training or validation too.
    pub leaking: usize,
    /// Files that could not be read.
    pub skipped: usize,
    /// What is known of test examples of which the training part holds a copy, in words; none where
    /// nobody has looked for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leakage: Option<String>,
}

/// How probabilities are calibrated and when no answer is given, both chosen on the validation part.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationSummary {
    /// The logits are divided by it.
    pub temperature: f64,
    /// The share of wrong answers among those given that was asked for.
    pub target_error: Option<f64>,
    /// The probability from which an answer is given.
    pub threshold: Option<f64>,
    /// The Mahalanobis distance from the training pictures' statistics up to which an answer is given.
    pub familiarity_limit: Option<f64>,
    /// On the validation part.
    pub valid: PartDoubts,
    /// On the test part.
    pub test: PartDoubts,
    /// On generated pictures that show nothing of the kind.
    pub probe: Probe,
}

impl CalibrationSummary {
    /// Sums up what was found.
    pub fn new(figures: &Figures) -> Self {
        let calibration = &figures.calibration;
        Self {
            temperature: calibration.temperature,
            target_error: calibration.target_error,
            threshold: calibration.threshold,
            familiarity_limit: (calibration.ood_detector.as_ref()).map(|looks| looks.limit),
            valid: figures.valid.part.clone(),
            test: figures.test.part.clone(),
            probe: figures.probe.clone(),
        }
    }
}

/// What is known of copies, if anybody has looked for them.
fn leakage(set: &Catalogue<'_>, split: &Split) -> Option<String> {
    let (groups, count) = (split.group_count(), set.labels.len());
    let leaking = split.leaking().into_iter().filter(|leaks| *leaks).count();
    let leaking = match leaking {
        0 => "none".to_owned(),
        leaking => leaking.to_string(),
    };
    let Catalogue { noun, kin, .. } = set;
    (groups < count).then(|| {
        format!(
            "{count} {noun} are {groups} groups of {kin}; of the test {noun}, {leaking} have one of their group in training or validation"
        )
    })
}

/// Figures over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Training examples.
    pub n: usize,
    /// Mean cross-entropy.
    pub loss: Option<f64>,
    /// Share of right answers.
    pub accuracy: Option<f64>,
}

/// Wall-clock seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Seconds {
    /// Reading and decoding.
    pub load: f64,
    /// Training, with validation after each epoch.
    pub train: f64,
    /// The final passes over validation and test.
    pub evaluate: f64,
    /// Each epoch.
    pub per_epoch: Vec<f64>,
}

impl DataSummary {
    /// Describes a split set.
    pub fn new(examples: &dyn Examples, split: &Split, train_class: Option<String>) -> Self {
        let set = examples.catalogue();
        Self {
            name: set.name.to_owned(),
            noun: set.noun,
            generated: set.generated,
            fingerprint: examples.fingerprint(),
            classes: set.class_names.to_vec(),
            split: split.kind.to_string(),
            train_class,
            train: split.train.len(),
            valid: split.valid.len(),
            test: split.test.len(),
            groups: split.group_count(),
            leaking: split.leaking().into_iter().filter(|leaks| *leaks).count(),
            skipped: set.skipped.len(),
            leakage: leakage(&set, split),
        }
    }
}

/// The running figures of the kept epoch, if it finished.
pub fn train_figures<N>(fitted: &Fitted<N>, n: usize) -> TrainFigures {
    TrainFigures {
        n,
        loss: fitted.figure("loss"),
        accuracy: fitted.figure("accuracy"),
    }
}

/// `split.csv`: path, class, sha256, group, split. A run that goes on must find what it began with.
///
/// # Errors
/// When the disk refuses, or a run that goes on had other examples or parts before.
pub fn write_split(
    folder: &RunFolder,
    set: &dyn Examples,
    split: &Split,
    goes_on: bool,
) -> Result<()> {
    let path = folder.file("split.csv");
    let record = record::to_csv(set, split)?;
    if goes_on && path.exists() {
        let before = std::fs::read(&path).with_context(|| path.display().to_string())?;
        ensure!(
            before == record,
            "{}: the data are no longer those that this run began with; resume it with the same data, or start a new run",
            path.display()
        );
    }
    folder.write("split.csv", record)
}

/// Every figure of the test part, and the curves of the training.
///
/// # Errors
/// When drawing or the disk fails.
pub fn write_figures(
    folder: &RunFolder,
    set: &impl Labelled,
    test: &[usize],
    figures: &Figures,
    epochs: &[Epoch],
) -> Result<()> {
    let Judged {
        measures,
        part,
        predictions,
        ..
    } = &figures.test;
    let calibration = &figures.calibration;
    let class_names = set.catalogue().class_names;
    let temperature = calibration.temperature;
    write_answers(folder, class_names, &figures.test, temperature, epochs)?;
    let wrong = part
        .accuracy_answered
        .map_or(0.0, |accuracy| 1.0 - accuracy);
    let target_error = calibration.target_error.unwrap_or_default();
    let drawn = risk_coverage::draw(
        &measures.risk_coverage,
        [part.coverage, wrong],
        target_error,
    )?;
    figure::write(folder, "risk_coverage", &drawn)?;
    folder.write("mistakes.png", mistakes::png(set, test, predictions)?)
}

/// The curves of the training, and the figures of the test part that every classifier has.
///
/// # Errors
/// When drawing or the disk fails.
pub fn write_answers(
    folder: &RunFolder,
    class_names: &[String],
    test: &Judged,
    temperature: f64,
    epochs: &[Epoch],
) -> Result<()> {
    let Judged {
        measures,
        predictions,
        bins_before,
        ..
    } = test;
    if let Some(svg) = curves::draw(epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    for (name, svg) in [
        (
            "confusion",
            confusion::draw(&measures.confusion, class_names)?,
        ),
        ("roc", roc::draw(predictions, measures)?),
        (
            "reliability",
            reliability::draw(bins_before, &measures.reliability, temperature)?,
        ),
    ] {
        figure::write(folder, name, &svg)?;
    }
    Ok(())
}

/// `predictions.csv`: part, path, truth, answer, why it would not be given, and every class's
/// calibrated probability.
///
/// # Errors
/// When the disk refuses.
pub fn write_predictions(
    folder: &RunFolder,
    set: &dyn Examples,
    parts: &[(&str, &[usize], &Judged)],
) -> Result<()> {
    let set = set.catalogue();
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = ["split", "path", "truth", "answer", "doubt"]
        .map(String::from)
        .to_vec();
    header.extend(set.class_names.iter().map(|class| format!("p_{class}")));
    table.write_record(&header)?;
    for (part, indices, judged) in parts {
        let predictions = &judged.predictions;
        let rows = predictions
            .probability_rows()
            .zip(predictions.predicted_classes())
            .zip(&judged.doubts);
        for ((index, truth), ((probabilities, answer), doubt)) in
            indices.iter().zip(&predictions.labels).zip(rows)
        {
            let mut row = vec![
                (*part).to_owned(),
                set.origins[*index].path.clone(),
                set.class_names[*truth].clone(),
                set.class_names[answer].clone(),
                doubt.map_or("", Abstention::name).to_owned(),
            ];
            row.extend(probabilities.iter().map(|p| format!("{p:.6}")));
            table.write_record(&row)?;
        }
    }
    folder.write("predictions.csv", table.into_inner()?)
}
