//! Classification of sentences with their parse trees, and of every phrase in them.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::train::metric::AccuracyMetric;
use datasets::trees::batch;
use datasets::{TreeBatch, TreeSet};
use metrics::calibration::{fit_temperature, reliability_bins};
use metrics::phrases::{TreeMetrics, TreePredictions};
use models::file::Metric;
use models::{Calibration, TreeNet, TreeNetConfig};

use crate::data::Trees;
use crate::fit::monitor::Monitor;
use crate::fit::objective::ClassifyPhrases;
use crate::fit::recipe::Recipe;
use crate::fit::run::Loaders;
use crate::report::abstention::AbstentionSummary;
use crate::report::classification::EvaluatedPart;
use crate::report::trees::{self as report, EvaluatedTrees, Evaluation, TreeClassification};
use crate::tasks::calibrate::storable;
use crate::tasks::classify::metrics_by_leakage;
use crate::tasks::data::{Data, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::phrases::predict_trees;
use crate::tasks::job::Job;
use crate::tasks::task::{Task, TaskRun};

/// Number of known words in the training part of the Stanford Sentiment Treebank.
const TREEBANK_WORDS: usize = 16_582;

/// Number of classes of the Stanford Sentiment Treebank.
const TREEBANK_CLASSES: usize = 5;

/// Classification of the sentences of `source`, and of their phrases.
pub struct TreeTask {
    /// Source of the sentences.
    pub source: Trees,
    /// Returns the configuration for a number of known words and a number of classes.
    pub network: fn(vocabulary: usize, classes: usize) -> TreeNetConfig,
}

impl Task for TreeTask {
    type Source = Trees;
    type Network = TreeNet;
    type Config = TreeNetConfig;
    type Objective = ClassifyPhrases;
    type Batch = TreeBatch;
    type Metrics = (AccuracyMetric,);
    type Evaluation = Evaluation;
    type Results = TreeClassification;

    const MONITORS: &'static [Monitor] = &[Monitor::ACCURACY, Monitor::LOSS];

    fn source(&self) -> &Trees {
        &self.source
    }

    fn usual_config(&self, _recipe: &Recipe) -> TreeNetConfig {
        (self.network)(TREEBANK_WORDS, TREEBANK_CLASSES)
    }

    fn config(&self, set: &TreeSet, _recipe: &Recipe) -> TreeNetConfig {
        (self.network)(vocabulary(set), set.class_names.len())
    }

    fn objective(&self, recipe: &Recipe) -> ClassifyPhrases {
        ClassifyPhrases { loss: recipe.loss }
    }

    fn metrics(&self) -> (AccuracyMetric,) {
        (AccuracyMetric::new(),)
    }

    fn loaders(&self, data: &Data<TreeSet>, job: &Job) -> Result<Loaders<TreeBatch>> {
        data.check_classes()?;
        let Data { set, split, .. } = data;
        let (train, size) = (split.train.clone(), job.recipe.batch_size);
        Ok(Loaders {
            train: batch::training_loader(set.clone(), train, size, job.seed),
            valid: loader(set, &split.valid),
        })
    }

    fn evaluate(
        &self,
        network: &TreeNet,
        data: &Data<TreeSet>,
        job: &Job,
        calibration: Option<&Calibration>,
    ) -> Result<Evaluation> {
        let Data { set, split, .. } = data;
        let predict = |name: &str, indices: &[usize]| {
            let loader = loader(set, indices).to_device(&job.device.device);
            predict_trees(network, name, &*loader)
        };
        let raw_valid = predict("validation", &split.valid)?;
        let raw_test = predict("test", &split.test)?;
        // The temperature is fitted without the test part.
        let calibration = match calibration {
            Some(calibration) => calibration.clone(),
            None => {
                let temperature = storable(fit_temperature(&raw_valid.sentences));
                Calibration::with_temperature(temperature)
            }
        };
        let evaluated = |raw: TreePredictions, indices: &[usize]| {
            let groups = split.groups_of(indices);
            evaluate(raw, &set.class_names, &groups, calibration.temperature)
        };
        let test = evaluated(raw_test, &split.test);
        Ok(Evaluation {
            valid: (!split.valid.is_empty()).then(|| evaluated(raw_valid, &split.valid)),
            by_leakage: metrics_by_leakage(&test.sentences.predictions, split, &set.class_names),
            test,
            calibration,
        })
    }

    fn model_metrics(evaluation: &Evaluation) -> Vec<Metric> {
        let valid = evaluation.valid.iter();
        let valid = valid.flat_map(|valid| model_metrics("valid", &valid.metrics));
        valid
            .chain(model_metrics("test", &evaluation.test.metrics))
            .collect()
    }

    fn calibration(evaluation: &Evaluation) -> Option<Calibration> {
        Some(evaluation.calibration.clone())
    }

    fn report(
        &self,
        run: &TaskRun<'_, Self>,
        evaluation: Evaluation,
    ) -> Result<TreeClassification> {
        report::write(&run.trained(), &evaluation)?;
        Ok(TreeClassification {
            network: run.config.composition,
            vocabulary: vocabulary(&run.data.set),
            temperature: evaluation.calibration.temperature,
            valid: evaluation.valid.map(|valid| valid.metrics),
            test: evaluation.test.metrics,
            by_leakage: evaluation.by_leakage,
        })
    }
}

/// Returns the number of known words.
fn vocabulary(set: &TreeSet) -> usize {
    set.preprocessing.vocabulary.len()
}

/// Returns a loader of the sentences at `indices`, in that order.
fn loader(set: &Arc<TreeSet>, indices: &[usize]) -> Arc<dyn DataLoader<TreeBatch>> {
    batch::loader(set.clone(), indices.to_vec(), EVALUATION_BATCH)
}

/// Evaluates the predictions on one part.
fn evaluate(
    raw: TreePredictions,
    class_names: &[String],
    groups: &[usize],
    temperature: f64,
) -> EvaluatedTrees {
    let abstentions = vec![None; raw.sentences.len()];
    let abstention = AbstentionSummary::new(&raw.sentences, &abstentions);
    let bins_before = reliability_bins(&raw.sentences);
    let calibrated = TreePredictions {
        sentences: raw.sentences.with_temperature(temperature),
        ..raw
    };
    let metrics = TreeMetrics::new(&calibrated, class_names, groups);
    EvaluatedTrees {
        sentences: EvaluatedPart {
            abstention,
            metrics: metrics.sentences.clone(),
            bins_before,
            predictions: calibrated.sentences,
            abstentions,
        },
        metrics,
    }
}

/// Returns the metrics of one part for the model file.
fn model_metrics(part: &str, metrics: &TreeMetrics) -> Vec<Metric> {
    let sentences = &metrics.sentences;
    let n = sentences.n;
    let accuracy = (sentences.accuracy, Some(sentences.accuracy_interval), n);
    let phrases = &metrics.phrases;
    let mut figures = vec![
        ("accuracy", accuracy),
        ("loss", (sentences.loss, None, n)),
        (
            "macro_f1",
            (sentences.macro_f1, sentences.intervals.macro_f1, n),
        ),
        (
            "phrase_accuracy",
            (phrases.accuracy, Some(phrases.interval), phrases.n),
        ),
    ];
    if let Some(polarity) = &metrics.polarity {
        let share = (polarity.accuracy, Some(polarity.interval), polarity.n);
        figures.push(("polarity_accuracy", share));
    }
    (figures.into_iter())
        .map(|(name, (value, interval, n))| metric(part, name, value, interval, n))
        .collect()
}
