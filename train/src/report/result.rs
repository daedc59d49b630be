//! `result.json`: what a run did and what it measured, for programs to read.
//!
//! The layout has a version, the key `format`, which is raised when a key is renamed or removed; keys may be added.
//! Accuracies and other rates are fractions from 0 to 1, times are seconds, losses and cross-entropies are in nats,
//! intervals are pairs of bounds at 95 %. `null` stands for a figure that is not defined, such as the accuracy on no
//! example.
//!
//! | written by | type | keys |
//! |---|---|---|
//! | every training | [`RunFacts`] | `format`, `experiment`, `seed`, `epochs`, `best_epoch`, `interrupted`, `recipe`, `init`, `earlier_recipes`, `device`, `parameters`, `data`, `seconds`, `peak_memory_bytes`, `model`, `notice`, `samples` |
//! | every training | [`TrainFigures`] | `train`: `n`, `loss`, and the metric of the task |
//! | every evaluation of a model | [`EvaluatedModel`] | `evaluation`; the keys of a training where they are known |
//! | classifiers | [`Classification`](super::classification::Classification) | `valid`, `test`, `test_clean`, `test_leaking`, `calibration`, `spikes` |
//! | networks over parse trees | [`TreeClassification`](super::trees::TreeClassification) | `network`, `vocabulary`, `temperature`, `valid`, `test`, `test_clean`, `test_leaking` |
//! | autoencoders | [`ReconstructionResults`](super::reconstruction::ReconstructionResults) | `valid`, `test`, `code`, `neighbours`, `principal_plane`, `unpenalized`, `anomalies` |
//! | translators | [`TranslationResults`](super::translation::TranslationResults) | `text`, `valid`, `test` |
//! | cross-validations | [`CrossValidation`](super::cross_validation::CrossValidation) | `format`, `experiment`, `seed`, `folds`, `interrupted`, `device`, `data`, `test`, `pooled`, `best_fold`, `model`, `fold_results`, `notice` |
//! | studies | [`StudyResult`] | `format`, `experiment`, `seed`, and the findings of the study |
//!
//! The fields of these types are the keys, documented there; `docs/results.md` introduces them to users.

use std::collections::BTreeMap;

use datasets::split::Split;
use datasets::{Dataset, Metadata, SplitKind};
use models::file::DataCard;
use serde::Serialize;

use super::section::Section;
use super::trained::History;
use crate::fit::continuation::EarlierRecipe;
use crate::fit::init::Init;
use crate::fit::recipe::Recipe;

/// What one task measures and reports, beside the facts that every run has.
pub trait TaskResults: Serialize {
    /// Key of the task's metric in [`TrainFigures`].
    const METRIC: &'static str;

    /// Name of the validation figure by which the kept epoch was the best.
    const MONITOR: &'static str;

    /// Returns that figure, if it is among the results.
    fn monitored(&self) -> Option<f64>;

    /// Returns the first line of the summary, without the name of the experiment.
    fn headline(&self) -> String;

    /// Returns what the network is for, and what it is not for.
    fn intended_use(&self, run: &RunFacts) -> Vec<String>;

    /// Returns an argument of `infer` to try the model with, where no generated example stands in the run's folder.
    fn example_input(&self) -> Option<&'static str> {
        None
    }

    /// Returns the sections about the results; those about data and training are the same for every task.
    fn sections(&self, run: &RunFacts) -> Vec<Section>;
}

/// `result.json` of a training or an evaluation: the facts of the run, then the results of its task.
#[derive(Clone, Debug, Serialize)]
pub struct RunResult<R> {
    /// Facts about the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Means over the training batches of the kept epoch; `None` if they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<TrainFigures>,
    /// Results of the task.
    #[serde(flatten)]
    pub results: R,
}

/// `result.json` of a study: its name and seed, then its findings.
#[derive(Clone, Debug, Serialize)]
pub struct StudyResult<'a, T> {
    /// Version of this layout, [`RESULT_FORMAT`](super::finished::RESULT_FORMAT).
    pub format: u32,
    /// Name of the study.
    pub experiment: &'a str,
    /// Seed of every random draw.
    pub seed: u64,
    /// Whether the study was stopped before its end; written only if it was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Findings.
    #[serde(flatten)]
    pub findings: &'a T,
}

/// The keys of `result.json` that every training has, and every evaluation of a model.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    /// Version of this layout, [`RESULT_FORMAT`](super::finished::RESULT_FORMAT).
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of split, weights, shuffling, dropout and noise.
    pub seed: u64,
    /// Number of finished epochs.
    pub epochs: usize,
    /// How the network was trained; `None` in the evaluation of a model without its run.
    #[serde(flatten)]
    pub training: Option<TrainingFacts>,
    /// Device that it was trained on, or evaluated on.
    pub device: String,
    /// Number of the network's parameters.
    pub parameters: usize,
    /// Data that it was trained on, or evaluated on.
    pub data: DataSummary,
    /// Wall-clock times.
    pub seconds: Seconds,
    /// Peak resident memory in bytes, where the system reports it.
    pub peak_memory_bytes: Option<u64>,
    /// Path of the model file.
    pub model: String,
    /// The evaluated model; `None` in a training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<EvaluatedModel>,
    /// Notice that accompanies every prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Paths of generated examples to try the model on, if it was trained on generated ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

/// How a network was trained.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingFacts {
    /// Epoch whose network was kept, the best by validation; 0 if the run was stopped in its first epoch.
    pub best_epoch: usize,
    /// Whether the run was stopped before its last epoch.
    pub interrupted: bool,
    /// Recipe.
    pub recipe: Recipe,
    /// Weight of each class in the loss, if the recipe has class weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<BTreeMap<String, f64>>,
    /// Model whose weights the training started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<Init>,
    /// Recipes that the run had before it was resumed with others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_recipes: Vec<EarlierRecipe>,
}

impl RunFacts {
    /// Returns what the test part is, for the card.
    pub fn test_part(&self) -> &'static str {
        match self.evaluation {
            Some(_) => "measured with a network whose training had ended",
            None => "evaluated once, after every choice was made",
        }
    }

    /// Returns the figure of the curves of the training, if they are drawn.
    pub fn curves(&self, caption: &'static str) -> Option<(&'static str, &'static str)> {
        (!self.seconds.per_epoch.is_empty()).then_some((caption, "curves.png"))
    }
}

/// Means over the training batches of the kept epoch, while the network changed.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Number of training examples.
    pub n: usize,
    /// Mean of the minimised loss; `None` if no epoch finished.
    pub loss: Option<f64>,
    /// Mean of the task's metric, under its name: `accuracy`, `bce` or `cross_entropy`.
    #[serde(flatten)]
    pub metric: BTreeMap<&'static str, Option<f64>>,
}

impl TrainFigures {
    /// Reads the means of the kept epoch from the history; `metric` is the key of the task's metric.
    pub fn new(history: &History, n: usize, metric: &'static str) -> Self {
        // `log.jsonl` spells `cross_entropy` with a hyphen.
        let value = history.figure(&metric.replace('_', "-"));
        Self {
            n,
            loss: history.figure("loss"),
            metric: BTreeMap::from([(metric, value)]),
        }
    }
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

impl DataSummary {
    /// Describes a data set and its split.
    pub fn new(examples: &dyn Dataset, split: &Split, train_class: Option<String>) -> Self {
        let set = examples.metadata();
        let leaking = split.leaking().into_iter().filter(|leaks| *leaks).count();
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
            leaking,
            skipped: set.skipped.len(),
            leakage: leakage(&set, split.kind, split.group_count(), leaking),
        }
    }
}

/// Returns [`DataSummary::leakage`].
fn leakage(set: &Metadata<'_>, kind: SplitKind, groups: usize, leaking: usize) -> Option<String> {
    let count = set.labels.len();
    let leaking = match leaking {
        0 => "none".to_owned(),
        leaking => leaking.to_string(),
    };
    let Metadata {
        noun, group_noun, ..
    } = set;
    (groups < count).then(|| match kind {
        SplitKind::All => format!("{count} {noun} are {groups} groups of {group_noun}"),
        _ => format!(
            "{count} {noun} are {groups} groups of {group_noun}; of the test {noun}, {leaking} have one of their group in training or validation"
        ),
    })
}

/// The model that an evaluation measures.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluatedModel {
    /// Folder of the evaluation.
    #[serde(skip)]
    pub folder: String,
    /// SHA-256 of the model file, hexadecimal.
    pub model_sha256: String,
    /// Time of its training, RFC 3339 in UTC.
    pub trained_at: String,
    /// Data that it was trained on.
    pub trained_on: DataCard,
    /// Whether the fingerprint of the data is that of the data that it was trained on.
    pub same_data: bool,
    /// Whether the data are also split as in its training.
    pub same_split: bool,
    /// Number of test examples that it was trained on or chosen by, found by their SHA-256; `None` if only the model file
    /// is known, which does not list them.
    pub seen: Option<usize>,
}

/// Wall-clock seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Seconds {
    /// Time to read and decode the data.
    pub load: f64,
    /// Time of the training, with validation after each epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
    /// Time of the evaluation on validation and test part.
    pub evaluate: f64,
    /// Time of each epoch.
    pub per_epoch: Vec<f64>,
}
