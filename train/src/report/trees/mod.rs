//! The report of a network over parse trees: results, sections, `predictions.csv`, the figures of every classifier, and
//! drawn trees in `trees.svg` and `mistakes.svg`.

mod drawings;

use anyhow::Result;
use datasets::TreeSet;
use metrics::phrases::{SubsetAccuracy, TreeMetrics};
use models::{Calibration, Composition, TreeNet};
use serde::Serialize;

use super::classification::{self, EvaluatedPart, MetricsByLeakage, accuracy_text, class_table};
use super::result::{RunFacts, TaskResults};
use super::section::{Section, Table};
use super::trained::Trained;

/// Evaluation of a network over trees.
pub struct Evaluation {
    /// Calibration that is stored in the model's file.
    pub calibration: Calibration,
    /// Results on the validation part; `None` if it is empty.
    pub valid: Option<EvaluatedTrees>,
    /// Results on the test part.
    pub test: EvaluatedTrees,
    /// Metrics of the test sentences that are also in training or validation, and of the others.
    pub by_leakage: MetricsByLeakage,
}

/// Results of a network over trees on one part, with calibrated probabilities.
pub struct EvaluatedTrees {
    /// Results on whole sentences.
    pub sentences: EvaluatedPart,
    /// Metrics of the sentences and of their phrases.
    pub metrics: TreeMetrics,
}

/// Results of a network over trees in `result.json`.
#[derive(Clone, Debug, Serialize)]
pub struct TreeClassification {
    /// How the network composes two phrases.
    pub network: Composition,
    /// Number of known words, the unknown one included.
    pub vocabulary: usize,
    /// Temperature that logits are divided by, fitted on the validation sentences.
    pub temperature: f64,
    /// Metrics of the kept network on the validation part, by which it was chosen; `None` if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<TreeMetrics>,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: TreeMetrics,
    /// Metrics of the test sentences that are also in training or validation, and of the others.
    #[serde(flatten)]
    pub by_leakage: MetricsByLeakage,
}

impl TaskResults for TreeClassification {
    const METRIC: &'static str = "accuracy";
    const MONITOR: &'static str = "validation accuracy on sentences";

    fn monitored(&self) -> Option<f64> {
        Some(self.valid.as_ref()?.sentences.accuracy)
    }

    fn headline(&self) -> String {
        let sentences = &self.test.sentences;
        format!(
            "{}, test accuracy {}, cross-entropy {:.4}",
            self.network.name(),
            accuracy_text(sentences),
            sentences.loss
        )
    }

    fn intended_use(&self, run: &RunFacts) -> Vec<String> {
        vec![
            format!(
                "For: learning how such a network works. Given an English sentence with its parse tree, it predicts the \
                 sentiment of the sentence and of every phrase: {}.",
                run.data.classes.join(", ")
            ),
            format!(
                "Not for: judging people by what they write. It knows {} words, all of film reviews. Plain text has no \
                 parse; it is read as a right-branching tree, which the network was not trained on.",
                self.vocabulary - 1
            ),
        ]
    }

    fn sections(&self, run: &RunFacts) -> Vec<Section> {
        let sentences = &self.test.sentences;
        let mut test = Section::new("Test")
            .card_text(format!("{} sentences, {}.", sentences.n, run.test_part()))
            .table(self.accuracy_table())
            .table(class_table(sentences));
        if let Some(text) = self.by_leakage.text(sentences, run.data.noun) {
            test = test.text(text);
        }
        vec![
            test.card_text(format!(
                "Probabilities are a softmax of the logits divided by a temperature of {:.3}, fitted on the validation \
                 sentences; on the test sentences, the expected calibration error is {:.4}.",
                self.temperature, sentences.calibration_error
            )),
            Section::new("Figures")
                .figures(run.curves("Loss of phrases and accuracy of sentences"))
                .figures([
                    ("Confusion matrix", "confusion.png"),
                    ("ROC", "roc.png"),
                    ("Reliability", "reliability.png"),
                    ("Sentences that it classifies correctly", "trees.png"),
                    ("The most confident errors", "mistakes.png"),
                ]),
        ]
    }
}

impl TreeClassification {
    /// Returns the table of accuracies on sentences, on all phrases, and on polar sentences.
    fn accuracy_table(&self) -> Table {
        let valid = self.valid.as_ref();
        let header = valid.map(|_| "validation");
        let header = ["accuracy (95 %)"].into_iter().chain(header);
        let mut table = Table::new(header.chain(["test"]));
        let mut row = |name: &str, of: &dyn Fn(&TreeMetrics) -> Option<SubsetAccuracy>| {
            let parts = valid.into_iter().chain([&self.test]);
            let figures = parts.map(|part| of(part).map(|subset| subset_text(&subset)));
            if let Some(figures) = figures.collect::<Option<Vec<_>>>() {
                table.row(std::iter::once(name.to_owned()).chain(figures));
            }
        };
        row("sentences", &|part| {
            Some(SubsetAccuracy {
                n: part.sentences.n,
                accuracy: part.sentences.accuracy,
                interval: part.sentences.accuracy_interval,
            })
        });
        row("all words and phrases", &|part| Some(part.phrases.clone()));
        row(
            "negative or positive, of sentences that are not neutral (probabilities summed)",
            &|part| part.polarity.clone(),
        );
        table
    }
}

/// Formats an accuracy with its interval and the number of examples.
fn subset_text(subset: &SubsetAccuracy) -> String {
    let [low, high] = subset.interval;
    format!(
        "{:.4} ({low:.4} to {high:.4}), n = {}",
        subset.accuracy, subset.n
    )
}

/// Writes the tables and the figures.
///
/// # Errors
/// When the device fails, or a file cannot be drawn or written.
pub fn write(run: &Trained<'_, TreeSet, TreeNet>, evaluation: &Evaluation) -> Result<()> {
    let Trained { set, split, .. } = run;
    let test = &evaluation.test.sentences;
    let valid = evaluation.valid.as_ref().map(|valid| &valid.sentences);
    classification::write_predictions(run.folder, &***set, split, [valid, Some(test)])?;
    classification::write_common_figures(
        run.folder,
        &set.class_names,
        test,
        evaluation.calibration.temperature,
        run.epochs,
    )?;
    drawings::write(run, &test.predictions)
}
