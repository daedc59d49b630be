//! What a run on trees leaves behind to be read: `result.json`, `predictions.csv`, the figures of every
//! classifier, the card, the summary on the screen, and drawn trees in `trees.svg`.

mod card;
mod drawings;

use anyhow::Result;
use metrics::ClassificationMetrics;
use metrics::phrases::{SubsetAccuracy, TreeMetrics};
use models::{Composition, TreeNet};
use serde::Serialize;

use super::{RunFacts, TrainFigures, screen};
use crate::data_run::DataRun;
use crate::experiments::Job;
use crate::run::Fitted;
use crate::sentiment::JudgedTrees;
use datasets::TreeSet;

/// `result.json` of a network over trees. Stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct TreeOutcome {
    /// What was done.
    #[serde(flatten)]
    pub run: RunFacts,
    /// How the network makes one phrase of two.
    pub network: Composition,
    /// How many words it knows, the unknown one included.
    pub vocabulary: usize,
    /// Running figures of the best epoch's training batches, measured while the network changed: the
    /// loss over phrases, the accuracy over sentences.
    pub train: TrainFigures,
    /// The logits are divided by it, fitted on the validation sentences.
    pub temperature: f64,
    /// The kept network on the whole validation part (which chose it).
    pub valid: TreeMetrics,
    /// The kept network on the whole test part (looked at once).
    pub test: TreeMetrics,
    /// The test sentences that are not in training or validation too, where some are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_clean: Option<ClassificationMetrics>,
    /// The others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_leaking: Option<ClassificationMetrics>,
}

/// Both parts, judged.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// Validation.
    pub valid: &'a JudgedTrees,
    /// Test.
    pub test: &'a JudgedTrees,
}

/// Writes the tables, the figures and the card.
///
/// # Errors
/// When drawing, the device or the disk fails.
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
    super::write_answers(
        &job.folder,
        &set.class_names,
        &parts.test.sentences,
        outcome.temperature,
        &fitted.epochs,
    )?;
    drawings::write(job, run, &fitted.network, &parts.test.sentences.predictions)?;
    job.folder.write("card.md", card::markdown(outcome))
}

/// The lines a run ends with.
pub fn summary(outcome: &TreeOutcome) -> String {
    let TreeOutcome {
        run, test, valid, ..
    } = outcome;
    let sentences = &test.sentences;
    let row = |name: &str, of: &dyn Fn(&TreeMetrics) -> SubsetAccuracy| {
        let [valid, test] = [of(valid), of(test)];
        vec![name.to_owned(), said(&valid), said(&test)]
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
        rows.push(vec![name.to_owned(), said(valid), said(test)]);
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

fn said(share: &SubsetAccuracy) -> String {
    let [low, high] = share.interval;
    format!(
        "{:.4} ({low:.4} to {high:.4}), n = {}",
        share.accuracy, share.n
    )
}
