//! Runs of networks over parse trees: load and split sentences, train, calibrate, evaluate, report.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::train::metric::AccuracyMetric;
use datasets::trees::batch;
use datasets::{TreeBatch, TreeSet};
use metrics::calibration::{fit_temperature, reliability_bins};
use metrics::phrases::{TreeMetrics, TreePredictions};
use models::file::{self, MODEL_FILE, Metric};
use models::{Architecture, Calibration, NetworkConfig, TreeNetConfig};

use crate::data::Trees;
use crate::fit::monitor::Monitor;
use crate::fit::objective::ClassifyPhrases;
use crate::fit::run::Loaders;
use crate::report::abstention::AbstentionSummary;
use crate::report::classification::EvaluatedPart;
use crate::report::finished::Finished;
use crate::report::result::{RunResult, TrainFigures};
use crate::report::trees::{self as report, EvaluatedTrees, TreeClassification};
use crate::tasks::classify::metrics_by_leakage;
use crate::tasks::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::phrases::predict_trees;
use crate::tasks::job::Job;

/// Trains a network on the experiment's trees and writes the whole run folder.
///
/// `network` returns the configuration for a number of known words and a number of classes.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn classify_trees(
    source: &Trees,
    network: fn(vocabulary: usize, classes: usize) -> TreeNetConfig,
    job: &Job,
) -> Result<Finished> {
    let run = DataRun::begin(source, job)?;
    let DataRun { set, split, .. } = &run;
    let device = &job.device.device;
    device.seed(job.seed);
    let vocabulary = set.preprocessing.vocabulary.len();
    let config = job
        .choices
        .apply(network(vocabulary, set.class_names.len()))?;
    config.validate()?;
    let parameters = config.layers().parameters();
    let started = Instant::now();
    let fitted = run.run().fit(
        config.init(&device.clone().autodiff()),
        ClassifyPhrases {
            loss: job.recipe.loss,
        },
        (AccuracyMetric::new(),),
        Monitor::ACCURACY,
        Loaders {
            train: batch::loader(
                set.clone(),
                split.train.clone(),
                job.recipe.batch_size,
                Some(job.seed),
            ),
            valid: part(set, &split.valid),
        },
    )?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let predicted = |name: &str, indices: &[usize]| {
        predict_trees(
            &fitted.network,
            name,
            &*part(set, indices).to_device(device),
        )
    };
    let raw_valid = predicted("validation", &split.valid)?;
    let raw_test = predicted("test", &split.test)?;
    // The temperature is fitted without the test part.
    let calibration = Calibration {
        temperature: fit_temperature(&raw_valid.sentences),
        threshold: None,
        target_error: None,
        ood_detector: None,
    };
    let evaluated = |raw: TreePredictions, indices: &[usize]| {
        let groups = split.groups_of(indices);
        evaluate(raw, &set.class_names, &groups, calibration.temperature)
    };
    let valid = evaluated(raw_valid, &split.valid);
    let test = evaluated(raw_test, &split.test);
    let sentences = &test.sentences.predictions;
    let by_leakage = metrics_by_leakage(sentences, split, &set.class_names);
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        card_metrics("valid", &valid.metrics),
        card_metrics("test", &test.metrics),
    ]
    .concat();
    let architecture: Architecture = config.clone().into();
    let card = run.card(architecture, &fitted, metrics, Some(calibration.clone()));
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let parts = [&valid.sentences, &test.sentences];
    report::write(job, &run, &fitted, parts, calibration.temperature)?;
    let results = TreeClassification {
        network: config.composition,
        vocabulary,
        train: TrainFigures::new(&fitted, split.train.len(), "accuracy"),
        temperature: calibration.temperature,
        valid: valid.metrics,
        test: test.metrics,
        by_leakage,
    };
    let run = run.facts(parameters, &fitted, train_seconds, evaluate_seconds);
    Finished::training(&RunResult { run, results }, &job.folder)
}

fn part(set: &Arc<TreeSet>, indices: &[usize]) -> Arc<dyn DataLoader<TreeBatch>> {
    batch::loader(set.clone(), indices.to_vec(), EVALUATION_BATCH, None)
}

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

/// Returns the metrics of one part for the card in the model's file.
fn card_metrics(part: &str, metrics: &TreeMetrics) -> Vec<Metric> {
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
