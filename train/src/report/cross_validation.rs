//! The report of a cross-validation: `result.json`, the card, and the summary on the screen.

use std::collections::BTreeMap;

use metrics::ClassificationMetrics;
use serde::Serialize;
use serde_json::Value;

use super::card;
use super::classification::{accuracy_text, class_table};
use super::section::{Section, Table};

/// `result.json` of a cross-validation.
#[derive(Clone, Debug, Serialize)]
pub struct CrossValidation {
    /// Version of this layout, [`RESULT_FORMAT`](super::finished::RESULT_FORMAT).
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of split, weights, shuffling, dropout and noise.
    pub seed: u64,
    /// Requested number of folds.
    pub folds: usize,
    /// Whether it was stopped before the last fold was done.
    pub interrupted: bool,
    /// Device that it was trained on.
    pub device: String,
    /// Data, as in the `result.json` of the first fold.
    pub data: Value,
    /// Mean and standard deviation of every test metric of the folds, by its key.
    pub test: BTreeMap<String, Spread>,
    /// Metrics of all test predictions taken together; each example was tested once.
    pub pooled: Pooled,
    /// Fold whose model is in the run's folder, the best by validation accuracy.
    pub best_fold: usize,
    /// Path of that model's file.
    pub model: String,
    /// `result.json` of every fold.
    pub fold_results: Vec<Value>,
    /// Notice that accompanies every prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// One metric over the folds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of a sample (n - 1).
    pub std: f64,
    /// Values of the folds.
    pub values: Vec<f64>,
}

/// Metrics over the test predictions of all folds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// Recall of each class, in the order of the classes.
    pub recall: Vec<f64>,
    /// Metrics of all test predictions, as of one test part.
    #[serde(flatten)]
    pub metrics: ClassificationMetrics,
}

impl Spread {
    /// Computes mean and standard deviation.
    pub fn new(values: Vec<f64>) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self {
            mean,
            std: (squares / (n - 1.0).max(1.0)).sqrt(),
            values,
        }
    }
}

impl Pooled {
    /// Adds the recall of each class to the metrics.
    pub fn new(metrics: ClassificationMetrics) -> Self {
        let recall = metrics.per_class.iter().map(|class| class.recall);
        Self {
            recall: recall.collect(),
            metrics,
        }
    }
}

impl CrossValidation {
    /// Returns the summary on the screen.
    pub fn summary(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.experiment, self.headline())];
        lines.extend(self.section().lines());
        lines.push(format!(
            "model of fold {} (the best by validation accuracy): {}",
            self.best_fold, self.model
        ));
        if self.interrupted {
            lines.push(
                "It was interrupted: these are the folds so far; --resume continues.".to_owned(),
            );
        }
        lines.extend(self.notice.clone());
        lines.join("\n")
    }

    /// Returns the card.
    pub fn card(&self) -> String {
        let title = format!("{}, cross-validated", self.experiment);
        let pooled = Section::new("Pooled test predictions")
            .card_text(format!("{}.", self.headline()))
            .table(class_table(&self.pooled.metrics));
        let generated = (self.data["generated"] == true).then_some(card::GENERATED);
        card::markdown(
            &title,
            self.notice.as_deref(),
            generated,
            &[pooled, self.section()],
        )
    }

    fn headline(&self) -> String {
        format!(
            "{} of {} folds ({} split, {} groups): pooled test accuracy {}",
            self.fold_results.len(),
            self.folds,
            self.data["split"].as_str().unwrap_or_default(),
            self.data["groups"],
            accuracy_text(&self.pooled.metrics)
        )
    }

    /// Returns the section with the pooled metrics and a row for each metric of the folds.
    fn section(&self) -> Section {
        let pooled = &self.pooled.metrics;
        let mut table = Table::new(["metric", "mean", "standard deviation", "folds"]);
        for (name, spread) in self.test.iter().filter(|(name, _)| *name != "n") {
            let values: Vec<_> = (spread.values.iter())
                .map(|value| format!("{value:.4}"))
                .collect();
            table.row([
                name.clone(),
                format!("{:.4}", spread.mean),
                format!("{:.4}", spread.std),
                values.join(", "),
            ]);
        }
        Section::new("Folds")
            .text(format!(
                "pooled: macro F1 {:.4}, AUROC {}, calibration error {:.4}, accuracy on the most confident 90 % {:.4}",
                pooled.macro_f1,
                pooled
                    .auroc
                    .map_or("-".to_owned(), |area| format!("{area:.4}")),
                pooled.calibration_error,
                pooled.risk_coverage.accuracy_at_90
            ))
            .table(table)
    }
}
