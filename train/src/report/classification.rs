//! The report of a classifier: results, sections, `predictions.csv` and figures.

use anyhow::Result;
use datasets::Dataset;
use datasets::split::Split;
use figures::risk_coverage::{self, RiskCoverage};
use figures::{confusion, reliability, roc};
use metrics::calibration::Bin;
use metrics::spikes::SpikeMetrics;
use metrics::{ClassificationMetrics, Predictions};
use models::{Abstention, Calibration};
use serde::Serialize;

use super::abstention::{AbstentionSummary, CalibrationSummary};
use super::mistakes::DrawExample;
use super::ood_check::OodCheck;
use super::result::{RunFacts, TaskResults};
use super::section::{Section, Table};
use super::{classifier_figures, curves, figure, mistakes, screen};
use crate::fit::history::Epoch;
use crate::run_folder::RunFolder;

/// Evaluation of a trained classifier.
pub struct Evaluation {
    /// Calibration that is stored in the model's file.
    pub calibration: Calibration,
    /// Results on the validation part; `None` if it is empty.
    pub valid: Option<EvaluatedPart>,
    /// Results on the test part.
    pub test: EvaluatedPart,
    /// Results on inputs of another kind than the training data.
    pub ood_check: OodCheck,
    /// Metrics of the test examples that share a group with another part, and of those that do not.
    pub by_leakage: MetricsByLeakage,
    /// Activity of a spiking network on the test part.
    pub spikes: Option<SpikeMetrics>,
}

/// Results of a classifier on one part, with calibrated probabilities.
pub struct EvaluatedPart {
    /// Calibrated predictions.
    pub predictions: Predictions,
    /// Why the model abstains on each example, or `None` where it does not.
    pub abstentions: Vec<Option<Abstention>>,
    /// Metrics of the calibrated predictions.
    pub metrics: ClassificationMetrics,
    /// How well calibration and abstention work.
    pub abstention: AbstentionSummary,
    /// Reliability bins of the uncalibrated probabilities.
    pub bins_before: Vec<Bin>,
}

/// Results of a classifier in `result.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Classification {
    /// Calibrated metrics of the kept network on the validation part, by which it was chosen; `None` if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<ClassificationMetrics>,
    /// Calibrated metrics of the kept network on the test part, which is used once.
    pub test: ClassificationMetrics,
    /// Metrics of the test examples that share a group with another part, and of those that do not.
    #[serde(flatten)]
    pub by_leakage: MetricsByLeakage,
    /// Calibration of the probabilities, and abstention.
    pub calibration: CalibrationSummary,
    /// Activity of a spiking network on the test part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<SpikeMetrics>,
}

/// Metrics of the test examples, split by whether they share a group with training or validation; empty if none does.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MetricsByLeakage {
    /// Metrics of the test examples that share no group with training or validation.
    #[serde(rename = "test_clean", skip_serializing_if = "Option::is_none")]
    pub clean: Option<ClassificationMetrics>,
    /// Metrics of the test examples that share a group with training or validation.
    #[serde(rename = "test_leaking", skip_serializing_if = "Option::is_none")]
    pub leaking: Option<ClassificationMetrics>,
}

impl TaskResults for Classification {
    const METRIC: &'static str = "accuracy";
    const MONITOR: &'static str = "validation accuracy";

    fn monitored(&self) -> Option<f64> {
        Some(self.valid.as_ref()?.accuracy)
    }

    fn headline(&self) -> String {
        let test = &self.test;
        format!(
            "test accuracy {}, error rate {:.4}, cross-entropy {:.4}",
            accuracy_text(test),
            test.error_rate,
            test.loss
        )
    }

    fn intended_use(&self, run: &RunFacts) -> Vec<String> {
        let count = run.data.classes.len();
        picture_use(run, &format!("predicts one of {count} classes"))
    }

    fn sections(&self, run: &RunFacts) -> Vec<Section> {
        let mut sections = vec![
            self.test_section(run),
            (self.calibration).section(&self.test, run.data.noun),
        ];
        sections.extend(self.spikes.as_ref().map(|spikes| {
            Section::new("Spikes").text(spike_text(spikes)).figures([
                ("Raster", "raster.png"),
                ("Membranes", "membranes.png"),
                ("Steps", "steps.png"),
            ])
        }));
        let figures = [
            ("Confusion matrix", "confusion.png"),
            ("ROC", "roc.png"),
            ("Reliability", "reliability.png"),
            ("Risk and coverage", "risk_coverage.png"),
            ("The most confident errors", "mistakes.png"),
        ];
        let curves = run.curves("Loss and accuracy");
        sections.push(Section::new("Figures").figures(curves.into_iter().chain(figures)));
        sections
    }
}

impl Classification {
    fn test_section(&self, run: &RunFacts) -> Section {
        let test = &self.test;
        let intervals = &test.intervals;
        let [low, high] = test.accuracy_interval;
        let section = Section::new("Test")
            .card_text(format!(
                "{} {} in {} groups, {}. Intervals cover 95 % of {} bootstrap resamples drawn by group; Wilson's \
                 interval of the accuracy is {low:.3} to {high:.3}.",
                test.n,
                run.data.noun,
                intervals.groups,
                run.test_part(),
                intervals.resamples
            ))
            .table(metrics_table(test))
            .table(class_table(test));
        match self.by_leakage.text(test, run.data.noun) {
            Some(text) => section.text(text).card_text(
                "A figure over all of them measures in part what the network remembers.",
            ),
            None => section,
        }
    }
}

impl MetricsByLeakage {
    /// Compares the accuracy on both kinds of test examples; `None` if no example shares a group.
    pub fn text(&self, test: &ClassificationMetrics, noun: &str) -> Option<String> {
        let leaking = self.leaking.as_ref()?;
        let clean = match &self.clean {
            Some(clean) => format!(
                "accuracy {:.4} on them, {} on the others",
                leaking.accuracy,
                accuracy_text(clean)
            ),
            None => "no other is left to measure with".to_owned(),
        };
        Some(format!(
            "{} of the {} test {noun} share a group with training or validation {noun}: {clean}.",
            leaking.n, test.n
        ))
    }
}

/// Formats an accuracy with Wilson's interval and the number of examples.
pub fn accuracy_text(metrics: &ClassificationMetrics) -> String {
    let [low, high] = metrics.accuracy_interval;
    format!(
        "{:.4} (95 % interval {low:.4} to {high:.4}, n = {})",
        metrics.accuracy, metrics.n
    )
}

/// Returns what a network for pictures or recordings is for, and what not; `purpose` is what it does with one, followed
/// by the names of the classes.
pub fn picture_use(run: &RunFacts, purpose: &str) -> Vec<String> {
    let classes = run.data.classes.join(", ");
    let is_picture = run.data.noun == "pictures";
    let learning = "For: learning how such a network works";
    if run.notice.is_none() {
        return vec![
            format!("{learning}. Given one picture, it {purpose}: {classes}."),
            "Not for: pictures taken or written in another way than those it was trained on."
                .to_owned(),
        ];
    }
    if !is_picture {
        return vec![
            format!(
                "{learning}, and research on public recordings. Given one second of EEG, it {purpose}: {classes}."
            ),
            "Not for: any decision about a person. It was trained on one public collection; no physician checked its \
             predictions."
                .to_owned(),
        ];
    }
    vec![
        format!(
            "{learning}, and research on public pictures. Given one head MRI slice as a picture, it {purpose}: {classes}."
        ),
        "Not for: any decision about a person. It was trained on single slices of one public collection: no whole \
         scans, no other scanner, no other disease. It does not know age, history or contrast agent, and no physician \
         checked its predictions."
            .to_owned(),
        "Pictures of another kind are meant to be detected as out of distribution, but a scan of another organ may look \
         familiar enough to be classified."
            .to_owned(),
    ]
}

/// Returns the table of metrics over all classes, with their bootstrap intervals.
fn metrics_table(test: &ClassificationMetrics) -> Table {
    let intervals = &test.intervals;
    let groups = format!("95 % by {} groups", intervals.groups);
    let mut table = Table::new(["test", "", &groups]);
    for (name, value, interval) in [
        ("accuracy", Some(test.accuracy), intervals.accuracy),
        (
            "balanced accuracy (mean recall)",
            Some(test.balanced_accuracy),
            intervals.balanced_accuracy,
        ),
        ("macro F1", Some(test.macro_f1), intervals.macro_f1),
        (
            "macro AUROC, one against the rest",
            test.auroc,
            intervals.auroc,
        ),
        ("log loss", Some(test.loss), None),
        ("Brier score (0 to 2)", Some(test.brier), None),
        (
            "expected calibration error",
            Some(test.calibration_error),
            None,
        ),
    ] {
        table.row([name, &screen::decimals(value), &screen::interval(interval)]);
    }
    table
}

/// Returns a table with a row for each class.
pub fn class_table(test: &ClassificationMetrics) -> Table {
    let mut table = Table::new(["class", "precision", "recall", "95 %", "F1", "AUROC", "n"]);
    for (class, intervals) in test.per_class.iter().zip(&test.intervals.per_class) {
        table.row([
            class.class.clone(),
            format!("{:.3}", class.precision),
            format!("{:.3}", class.recall),
            screen::interval(intervals.recall),
            format!("{:.3}", class.f1),
            screen::decimals(class.auroc),
            class.support.to_string(),
        ]);
    }
    table
}

/// Describes the activity of a spiking network.
fn spike_text(metrics: &SpikeMetrics) -> String {
    let operations = &metrics.operations;
    let layers: Vec<_> = (metrics.layers.iter())
        .map(|layer| {
            format!(
                "{} {:.0} ({:.1} % of its units per step)",
                layer.name,
                layer.per_answer,
                100.0 * layer.rate
            )
        })
        .collect();
    let steps = metrics.accuracy_by_step.len();
    let last = metrics.accuracy_by_step.last().copied().unwrap_or(0.0);
    // The first step from which on the accuracy stays within a percentage point of the last.
    let enough = (metrics.accuracy_by_step.iter())
        .rposition(|accuracy| *accuracy < last - 0.01)
        .map_or(1, |step| step + 2);
    format!(
        "{:.0} spikes per prediction: {}\n\
         {enough} of {steps} steps are enough to be within a percentage point of the last step's accuracy\n\
         a prediction takes {} additions for spikes, {} multiplications for currents and {} for membranes, a network \
         without spikes {} multiplications: about {} times its energy, on hardware that computes only where there is a \
         spike",
        metrics.spikes_per_answer,
        layers.join(", "),
        screen::thousands(operations.spike_sums),
        screen::thousands(operations.current_products),
        screen::thousands(operations.membrane_products),
        screen::thousands(operations.without_spikes),
        screen::number((100.0 * operations.energy_ratio).round() / 100.0),
    )
}

/// Writes `predictions.csv` and the figures of a classifier.
///
/// # Errors
/// When a file cannot be drawn or written.
pub fn write(
    folder: &RunFolder,
    set: &dyn Dataset,
    draw: &DrawExample<'_>,
    split: &Split,
    evaluation: &Evaluation,
    epochs: &[Epoch],
) -> Result<()> {
    let Evaluation {
        calibration,
        valid,
        test,
        ..
    } = evaluation;
    write_predictions(folder, set, split, [valid.as_ref(), Some(test)])?;
    let class_names = set.metadata().class_names;
    write_common_figures(folder, class_names, test, calibration.temperature, epochs)?;
    let accuracy = test.abstention.accuracy_answered;
    let error_rate = accuracy.map_or(0.0, |accuracy| 1.0 - accuracy);
    let risk = RiskCoverage {
        curve: test.metrics.risk_coverage.curve.clone(),
        area: test.metrics.risk_coverage.aurc,
        chosen: [test.abstention.coverage, error_rate],
        target_error: calibration.target_error.unwrap_or_default(),
    };
    figure::write(folder, "risk_coverage", &risk_coverage::draw(&risk)?)?;
    let mistakes = mistakes::sheet(&set.metadata(), draw, &split.test, &test.predictions)?;
    folder.write("mistakes.png", mistakes.png()?)
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
    let confusion = confusion::draw(&metrics.confusion, class_names)?;
    figure::write(folder, "confusion", &confusion)?;
    let curves = classifier_figures::roc_curves(predictions, metrics);
    figure::write(folder, "roc", &roc::draw(&curves)?)?;
    let before = classifier_figures::reliability(bins_before);
    let after = classifier_figures::reliability(&metrics.reliability);
    let reliability = reliability::draw(&before, &after, temperature)?;
    figure::write(folder, "reliability", &reliability)
}

/// Writes `predictions.csv`: part, path, true class, predicted class, reason of an abstention, and the calibrated
/// probability of each class, for the validation part if there is one and the test part.
///
/// # Errors
/// When the file cannot be written.
pub fn write_predictions(
    folder: &RunFolder,
    set: &dyn Dataset,
    split: &Split,
    [valid, test]: [Option<&EvaluatedPart>; 2],
) -> Result<()> {
    let set = set.metadata();
    let mut header: Vec<String> = ["split", "path", "truth", "answer", "doubt"]
        .map(String::from)
        .to_vec();
    header.extend(set.class_names.iter().map(|class| format!("p_{class}")));
    let mut table = files::Table::new(&header)?;
    for (part, indices, evaluated) in [("valid", &split.valid, valid), ("test", &split.test, test)]
    {
        let Some(evaluated) = evaluated else { continue };
        let predictions = &evaluated.predictions;
        let rows = predictions
            .probability_rows()
            .zip(predictions.predicted_classes())
            .zip(&evaluated.abstentions);
        for ((index, label), ((probabilities, predicted), abstention)) in
            indices.iter().zip(&predictions.labels).zip(rows)
        {
            let mut row = vec![
                part.to_owned(),
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
