//! From parse trees to a trained, measured network over them: the life of every such run.

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

use crate::calibrate::PartDoubts;
use crate::classification::{Judged, apart};
use crate::data::Trees;
use crate::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::evaluation::phrases::predict_trees;
use crate::experiments::{Experiment, Finished, Job};
use crate::objective::ClassifyPhrases;
use crate::report::trees::{self as report, TreeOutcome};
use crate::report::{self as reports};
use crate::run::{Choice, Loaders};

/// Trains a network on the experiment's trees and writes the whole run folder.
///
/// `network` is told how many words are known and how many classes there are.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn classify_trees(
    experiment: &Experiment,
    source: &Trees,
    network: fn(vocabulary: usize, classes: usize) -> TreeNetConfig,
    job: &Job,
) -> Result<Finished> {
    let run = DataRun::begin(experiment, source, job)?;
    let DataRun { set, split, .. } = &run;
    let device = &job.device.device;
    device.seed(job.seed);
    let vocabulary = set.preparation.vocabulary.len();
    let config = network(vocabulary, set.class_names.len()).choose(&job.choices)?;
    config.validate()?;
    let parameters = config.layers().parameters();
    let started = Instant::now();
    let fitted = run.run().fit(
        config.init(&device.clone().autodiff()),
        ClassifyPhrases {
            loss: job.recipe.loss,
        },
        (AccuracyMetric::new(),),
        Choice::ACCURACY,
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
    // The test part has no say in the temperature.
    let calibration = Calibration {
        temperature: fit_temperature(&raw_valid.sentences),
        threshold: None,
        target_error: None,
        ood_detector: None,
    };
    let judged = |raw: TreePredictions, indices: &[usize]| {
        let groups = split.groups_of(indices);
        judge(raw, &set.class_names, &groups, calibration.temperature)
    };
    let valid = judged(raw_valid, &split.valid);
    let test = judged(raw_test, &split.test);
    let sentences = &test.sentences.predictions;
    let (test_clean, test_leaking) = apart(sentences, split, &set.class_names);
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        card_metrics("valid", &valid.measures),
        card_metrics("test", &test.measures),
    ]
    .concat();
    let architecture: Architecture = config.clone().into();
    let card = run.card(architecture, &fitted, metrics, Some(calibration.clone()));
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let outcome = TreeOutcome {
        run: run.facts(parameters, &fitted, train_seconds, evaluate_seconds),
        network: config.composition,
        vocabulary,
        train: reports::train_figures(&fitted, split.train.len()),
        temperature: calibration.temperature,
        valid: valid.measures.clone(),
        test: test.measures.clone(),
        test_clean,
        test_leaking,
    };
    let parts = report::Parts {
        valid: &valid,
        test: &test,
    };
    report::write(job, &run, &fitted, &parts, &outcome)?;
    Finished::write(report::summary(&outcome), &outcome, &job.folder)
}

fn part(set: &Arc<TreeSet>, indices: &[usize]) -> Arc<dyn DataLoader<TreeBatch>> {
    batch::loader(set.clone(), indices.to_vec(), EVALUATION_BATCH, None)
}

/// One part, its probabilities calibrated.
pub struct JudgedTrees {
    /// What was said of whole sentences.
    pub sentences: Judged,
    /// How good that is, and what was said of their phrases.
    pub measures: TreeMetrics,
}

fn judge(
    raw: TreePredictions,
    class_names: &[String],
    groups: &[usize],
    temperature: f64,
) -> JudgedTrees {
    let doubts = vec![None; raw.sentences.len()];
    let part = PartDoubts::new(&raw.sentences, &doubts);
    let bins_before = reliability_bins(&raw.sentences);
    let calibrated = TreePredictions {
        sentences: raw.sentences.with_temperature(temperature),
        ..raw
    };
    let measures = TreeMetrics::new(&calibrated, class_names, groups);
    JudgedTrees {
        sentences: Judged {
            part,
            measures: measures.sentences.clone(),
            bins_before,
            predictions: calibrated.sentences,
            doubts,
        },
        measures,
    }
}

/// The figures of one part for the model's card.
fn card_metrics(part: &str, measures: &TreeMetrics) -> Vec<Metric> {
    let sentences = &measures.sentences;
    let n = sentences.n;
    let accuracy = (sentences.accuracy, Some(sentences.accuracy_interval), n);
    let phrases = &measures.phrases;
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
    if let Some(polarity) = &measures.polarity {
        let share = (polarity.accuracy, Some(polarity.interval), polarity.n);
        figures.push(("polarity_accuracy", share));
    }
    (figures.into_iter())
        .map(|(name, (value, interval, n))| metric(part, name, value, interval, n))
        .collect()
}
