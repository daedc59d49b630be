//! The report of a run: `result.json`, `split.csv`, `predictions.csv`, figures, the card, and the summary on the screen.
//!
//! The figures are in SVG and PNG: `curves`, `confusion`, `roc`, `reliability`, `risk_coverage`, and the contact sheet
//! `mistakes.png`; of spiking networks also `raster`, `membranes` and `steps`.

use anyhow::{Context, Result, ensure};
use datasets::split::{Split, record};
use datasets::{Dataset, Metadata};
use metrics::ClassificationMetrics;
use metrics::spikes::SpikeMetrics;
use models::Abstention;
use serde::Serialize;

use crate::fit::history::Epoch;
use crate::fit::recipe::Recipe;
use crate::fit::run::Fitted;
use crate::run_folder::RunFolder;
use crate::tasks::classification_dataset::ClassificationDataset;
use abstention::AbstentionSummary;
use classification::{EvaluatedPart, Evaluation};
use ood_check::OodCheck;

pub mod abstention;
pub mod card;
pub mod classification;
pub mod confusion;
pub mod curves;
pub mod figure;
pub mod finished;
pub mod mistakes;
pub mod ood_check;
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

/// The fields of `result.json` that every training run has.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    /// Version of this layout, [`RESULT_FORMAT`](finished::RESULT_FORMAT).
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of split, weights, shuffling, dropout and noise.
    pub seed: u64,
    /// Number of finished epochs.
    pub epochs: usize,
    /// Epoch whose network was kept, the best by validation; 0 if the run was stopped in its first epoch.
    pub best_epoch: usize,
    /// Whether the run was stopped before its last epoch.
    pub interrupted: bool,
    /// Device that it was trained on.
    pub device: String,
    /// Number of the network's parameters.
    pub parameters: usize,
    /// Recipe of the training.
    pub recipe: Recipe,
    /// Data that it was trained on.
    pub data: DataSummary,
    /// Wall-clock times.
    pub seconds: Seconds,
    /// Peak resident memory in bytes, where the system reports it.
    pub peak_memory_bytes: Option<u64>,
    /// Path of the model file.
    pub model: String,
    /// Notice that accompanies every prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Generated pictures to try the model on, if it was trained on generated ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

/// `result.json` of a classifier: the run and its results. Its layout is stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Facts about the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Means over the training batches of the best epoch, while the network changed.
    pub train: TrainFigures,
    /// Calibrated metrics of the kept network on the validation part, by which it was chosen.
    pub valid: ClassificationMetrics,
    /// Calibrated metrics of the kept network on the test part, which is used once.
    pub test: ClassificationMetrics,
    /// Metrics of the test examples that share no group with training or validation, if others do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_clean: Option<ClassificationMetrics>,
    /// Metrics of the test examples that share a group with training or validation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_leaking: Option<ClassificationMetrics>,
    /// Calibration of the probabilities, and abstention.
    pub calibration: CalibrationSummary,
    /// Activity of a spiking network on the test part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<SpikeMetrics>,
}

/// The data of a run.
#[derive(Clone, Debug, Serialize)]
pub struct DataSummary {
    /// Name of the data set.
    pub name: String,
    /// Plural noun for its examples.
    #[serde(skip)]
    pub noun: &'static str,
    /// Whether it was generated.
    pub generated: bool,
    /// SHA-256 over classes, labels and the checksums of the files.
    pub fingerprint: String,
    /// Class names, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// Kind of split.
    pub split: String,
    /// Class that it was trained on and chosen by, if it was a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_class: Option<String>,
    /// Number of training examples.
    pub train: usize,
    /// Number of validation examples.
    pub valid: usize,
    /// Number of test examples.
    pub test: usize,
    /// Number of groups: copies of a picture, or pictures of a patient, count once.
    pub groups: usize,
    /// Number of test examples whose group is also in training or validation.
    pub leaking: usize,
    /// Number of files that could not be read.
    pub skipped: usize,
    /// Sentence about test examples whose group is in training or validation; `None` if groups are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leakage: Option<String>,
}

/// Calibration of the probabilities, and abstention, both fitted on the validation part.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationSummary {
    /// Temperature that logits are divided by.
    pub temperature: f64,
    /// Requested fraction of wrong predictions among the accepted ones.
    pub target_error: Option<f64>,
    /// Confidence from which a prediction is accepted.
    pub threshold: Option<f64>,
    /// Mahalanobis distance from the training part's statistics above which an input is out of distribution.
    pub familiarity_limit: Option<f64>,
    /// Results on the validation part.
    pub valid: AbstentionSummary,
    /// Results on the test part.
    pub test: AbstentionSummary,
    /// Results on generated inputs of another kind than the training data.
    pub probe: OodCheck,
}

impl CalibrationSummary {
    /// Summarises the evaluation of a classifier.
    pub fn new(evaluation: &Evaluation) -> Self {
        let calibration = &evaluation.calibration;
        Self {
            temperature: calibration.temperature,
            target_error: calibration.target_error,
            threshold: calibration.threshold,
            familiarity_limit: (calibration.ood_detector.as_ref()).map(|detector| detector.limit),
            valid: evaluation.valid.abstention.clone(),
            test: evaluation.test.abstention.clone(),
            probe: evaluation.probe.clone(),
        }
    }
}

/// Returns [`DataSummary::leakage`].
fn leakage(set: &Metadata<'_>, split: &Split) -> Option<String> {
    let (groups, count) = (split.group_count(), set.labels.len());
    let leaking = split.leaking().into_iter().filter(|leaks| *leaks).count();
    let leaking = match leaking {
        0 => "none".to_owned(),
        leaking => leaking.to_string(),
    };
    let Metadata {
        noun, group_noun, ..
    } = set;
    (groups < count).then(|| {
        format!(
            "{count} {noun} are {groups} groups of {group_noun}; of the test {noun}, {leaking} have one of their group in training or validation"
        )
    })
}

/// Means over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Number of training examples.
    pub n: usize,
    /// Mean cross-entropy.
    pub loss: Option<f64>,
    /// Accuracy.
    pub accuracy: Option<f64>,
}

/// Wall-clock seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Seconds {
    /// Time to read and decode the data.
    pub load: f64,
    /// Time of the training, with validation after each epoch.
    pub train: f64,
    /// Time of the evaluation on validation and test part.
    pub evaluate: f64,
    /// Time of each epoch.
    pub per_epoch: Vec<f64>,
}

impl DataSummary {
    /// Describes a data set and its split.
    pub fn new(examples: &dyn Dataset, split: &Split, train_class: Option<String>) -> Self {
        let set = examples.metadata();
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

/// Returns the means over the training batches of the kept epoch, if it finished.
pub fn train_figures<N>(fitted: &Fitted<N>, n: usize) -> TrainFigures {
    TrainFigures {
        n,
        loss: fitted.figure("loss"),
        accuracy: fitted.figure("accuracy"),
    }
}

/// Writes `split.csv`: path, class, SHA-256, group and part of each example.
///
/// # Errors
/// When the file cannot be written, or a resumed run finds other examples or another split than it began with.
pub fn write_split(
    folder: &RunFolder,
    set: &dyn Dataset,
    split: &Split,
    is_resumed: bool,
) -> Result<()> {
    let path = folder.file("split.csv");
    let record = record::to_csv(set, split)?;
    if is_resumed && path.exists() {
        let before = std::fs::read(&path).with_context(|| path.display().to_string())?;
        ensure!(
            before == record,
            "{}: the data are no longer those that this run began with; resume it with the same data, or start a new run",
            path.display()
        );
    }
    folder.write("split.csv", record)
}

/// Writes every figure of the test part, and the curves of the training.
///
/// # Errors
/// When a figure cannot be drawn or written.
pub fn write_figures(
    folder: &RunFolder,
    set: &impl ClassificationDataset,
    test: &[usize],
    evaluation: &Evaluation,
    epochs: &[Epoch],
) -> Result<()> {
    let EvaluatedPart {
        metrics,
        abstention,
        predictions,
        ..
    } = &evaluation.test;
    let calibration = &evaluation.calibration;
    let class_names = set.metadata().class_names;
    let temperature = calibration.temperature;
    write_common_figures(folder, class_names, &evaluation.test, temperature, epochs)?;
    let error_rate = abstention
        .accuracy_answered
        .map_or(0.0, |accuracy| 1.0 - accuracy);
    let target_error = calibration.target_error.unwrap_or_default();
    let drawn = risk_coverage::draw(
        &metrics.risk_coverage,
        [abstention.coverage, error_rate],
        target_error,
    )?;
    figure::write(folder, "risk_coverage", &drawn)?;
    folder.write("mistakes.png", mistakes::png(set, test, predictions)?)
}

/// Writes the curves of the training, and the figures of the test part that every classifier has.
///
/// # Errors
/// When a figure cannot be drawn or written.
pub fn write_common_figures(
    folder: &RunFolder,
    class_names: &[String],
    test: &EvaluatedPart,
    temperature: f64,
    epochs: &[Epoch],
) -> Result<()> {
    let EvaluatedPart {
        metrics,
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
            confusion::draw(&metrics.confusion, class_names)?,
        ),
        ("roc", roc::draw(predictions, metrics)?),
        (
            "reliability",
            reliability::draw(bins_before, &metrics.reliability, temperature)?,
        ),
    ] {
        figure::write(folder, name, &svg)?;
    }
    Ok(())
}

/// Writes `predictions.csv`: part, path, true class, predicted class, reason of an abstention, and the calibrated
/// probability of each class.
///
/// # Errors
/// When the file cannot be written.
pub fn write_predictions(
    folder: &RunFolder,
    set: &dyn Dataset,
    parts: &[(&str, &[usize], &EvaluatedPart)],
) -> Result<()> {
    let set = set.metadata();
    let mut header: Vec<String> = ["split", "path", "truth", "answer", "doubt"]
        .map(String::from)
        .to_vec();
    header.extend(set.class_names.iter().map(|class| format!("p_{class}")));
    let mut table = files::Table::new(&header)?;
    for (part, indices, evaluated) in parts {
        let predictions = &evaluated.predictions;
        let rows = predictions
            .probability_rows()
            .zip(predictions.predicted_classes())
            .zip(&evaluated.abstentions);
        for ((index, label), ((probabilities, predicted), abstention)) in
            indices.iter().zip(&predictions.labels).zip(rows)
        {
            let mut row = vec![
                (*part).to_owned(),
                set.origins[*index].path.clone(),
                set.class_names[*label].clone(),
                set.class_names[predicted].clone(),
                abstention.map_or("", Abstention::name).to_owned(),
            ];
            row.extend(probabilities.iter().map(|p| format!("{p:.6}")));
            table.row(&row)?;
        }
    }
    folder.write("predictions.csv", table.finish()?)
}
