//! The report of a run on parse trees: `result.json`, `predictions.csv`, the figures of every classifier, the card, the
//! summary on the screen, and drawn trees in `trees.svg`.

mod card;
mod drawings;

use anyhow::Result;
use metrics::ClassificationMetrics;
use metrics::phrases::{SubsetAccuracy, TreeMetrics};
use models::{Composition, TreeNet};
use serde::Serialize;

use super::classification::EvaluatedPart;
use super::{RunFacts, TrainFigures, screen};
use crate::fit::run::Fitted;
use crate::tasks::data_run::DataRun;
use crate::tasks::job::Job;
use datasets::TreeSet;

/// `result.json` of a network over trees. Its layout is stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct TreeOutcome {
    /// Facts about the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// How the network composes two phrases.
    pub network: Composition,
    /// Number of known words, the unknown one included.
    pub vocabulary: usize,
    /// Means over the training batches of the best epoch, while the network changed: loss over phrases, accuracy over
    /// sentences.
    pub train: TrainFigures,
    /// Temperature that logits are divided by, fitted on the validation sentences.
    pub temperature: f64,
    /// Metrics of the kept network on the validation part, by which it was chosen.
    pub valid: TreeMetrics,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: TreeMetrics,
    /// Metrics of the test sentences that are not also in training or validation, if others are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_clean: Option<ClassificationMetrics>,
    /// Metrics of the test sentences that are also in training or validation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_leaking: Option<ClassificationMetrics>,
}

/// Results of a network over trees on one part, with calibrated probabilities.
pub struct EvaluatedTrees {
    /// Results on whole sentences.
    pub sentences: EvaluatedPart,
    /// Metrics of the sentences and of their phrases.
    pub metrics: TreeMetrics,
}

/// Results on both parts.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// Results on the validation part.
    pub valid: &'a EvaluatedTrees,
    /// Results on the test part.
    pub test: &'a EvaluatedTrees,
}

/// Writes the tables, the figures and the card.
///
/// # Errors
/// When the device fails, or a file cannot be drawn or written.
pub fn write(
    job: &Job,
    run: &DataRun<'_, TreeSet>,
    fitted: &Fitted<TreeNet>,
    parts: &Parts<'_>,
    outcome: &TreeOutcome,
) -> Result<()> {
    let DataRun { set, split, .. } = run;
    let tables = [
        ("valid", &split.valid[..], &parts.valid.sentences),
        ("test", &split.test[..], &parts.test.sentences),
    ];
    super::write_predictions(&job.folder, &**set, &tables)?;
    super::write_common_figures(
        &job.folder,
        &set.class_names,
        &parts.test.sentences,
        outcome.temperature,
        &fitted.epochs,
    )?;
    drawings::write(job, run, &fitted.network, &parts.test.sentences.predictions)?;
    job.folder.write("card.md", card::markdown(outcome))
}

/// Returns the summary of the run on the screen.
pub fn summary(outcome: &TreeOutcome) -> String {
    let TreeOutcome {
        run, test, valid, ..
    } = outcome;
    let sentences = &test.sentences;
    let row = |name: &str, of: &dyn Fn(&TreeMetrics) -> SubsetAccuracy| {
        let [valid, test] = [of(valid), of(test)];
        vec![name.to_owned(), accuracy_text(&valid), accuracy_text(&test)]
    };
    let mut rows = vec![
        row("sentences", &|part| SubsetAccuracy {
            n: part.sentences.n,
            accuracy: part.sentences.accuracy,
            interval: part.sentences.accuracy_interval,
        }),
        row("all words and phrases", &|part| part.phrases.clone()),
    ];
    if let (Some(valid), Some(test)) = (&valid.polarity, &test.polarity) {
        let name = "sentences that are not neutral: negative or positive";
        rows.push(vec![
            name.to_owned(),
            accuracy_text(valid),
            accuracy_text(test),
        ]);
    }
    let header = ["accuracy (95 %)", "validation", "test"].map(String::from);
    let mut lines = vec![
        format!(
            "{} ({}): test accuracy {:.4} (95 % interval {:.4} to {:.4}, n = {}), cross-entropy {:.4}",
            run.experiment,
            outcome.network.name(),
            sentences.accuracy,
            sentences.accuracy_interval[0],
            sentences.accuracy_interval[1],
            sentences.n,
            sentences.loss
        ),
        screen::table(header.to_vec(), rows.into_iter()),
        screen::classes(sentences),
    ];
    lines.extend(screen::leak_of(
        run,
        sentences,
        outcome.test_clean.as_ref(),
        outcome.test_leaking.as_ref(),
    ));
    lines.extend(screen::ending(
        run,
        &format!("validation accuracy {:.4}", valid.sentences.accuracy),
    ));
    lines.join("\n")
}

/// Formats an accuracy with its interval and the number of examples.
fn accuracy_text(subset: &SubsetAccuracy) -> String {
    let [low, high] = subset.interval;
    format!(
        "{:.4} ({low:.4} to {high:.4}), n = {}",
        subset.accuracy, subset.n
    )
}
