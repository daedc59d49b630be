//! Runs of translators: load and split sentence pairs, train, evaluate, report.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use burn::train::metric::store::Direction;
use datasets::PairTokens;
use datasets::text::batch::{self, Forcing};
use metrics::translation::TranslationMetrics;
use models::file::{self, MODEL_FILE, Metric};
use models::{NetworkConfig, Translator, TranslatorConfig};

use crate::data::Sentences;
use crate::fit::checkpoint::Checkpoints;
use crate::fit::monitor::Monitor;
use crate::fit::objective::mean::MeanMetric;
use crate::fit::objective::translate::{CROSS_ENTROPY, Translate};
use crate::fit::run::{Fitted, Loaders};
use crate::report::finished::Finished;
use crate::report::result::{RunResult, TrainFigures};
use crate::report::translation::{self as report, TextSummary, TranslationResults, Translations};
use crate::tasks::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::translation::{self as evaluation, BEAM};
use crate::tasks::job::Job;

/// A run on sentence pairs.
pub type SentenceRun<'a> = DataRun<'a, datasets::PairSet>;

/// Trains a translator on the experiment's sentences and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn translate(
    source: &Sentences,
    network: fn([usize; 2]) -> TranslatorConfig,
    job: &Job,
) -> Result<Finished> {
    let run = DataRun::begin(source, job)?;
    let languages = &run.set.languages;
    let config = network([languages.source.len(), languages.target.len()]);
    config.validate()?;
    let tokens = Arc::new(run.set.tokens());
    let started = Instant::now();
    let fitted = fit(&run, &tokens, &config, job)?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let valid = part(&run, &tokens, &run.split.valid, &fitted.network, job)?;
    let test = part(&run, &tokens, &run.split.test, &fitted.network, job)?;
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        card_metrics("valid", &valid.metrics),
        card_metrics("test", &test.metrics),
    ]
    .concat();
    let card = run.card(config.clone().into(), &fitted, metrics, None);
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let parameters = config.layers().parameters();
    let set = &run.set;
    let split = &run.split;
    let attention_figures = report::write(&job.folder, set, split, &fitted.epochs, &test)?;
    let results = TranslationResults {
        text: TextSummary {
            max_words: set.max_words,
            too_long: set.too_long,
            repeated: set.repeated,
            source_tokens: languages.source.len(),
            target_tokens: languages.target.len(),
        },
        train: TrainFigures::new(&fitted, split.train.len(), "cross_entropy"),
        valid: valid.metrics,
        test: test.metrics,
        attention_figures,
    };
    let run = run.facts(parameters, &fitted, train_seconds, evaluate_seconds);
    Finished::training(&RunResult { run, results }, &job.folder)
}

fn part(
    run: &SentenceRun<'_>,
    tokens: &Arc<PairTokens>,
    indices: &[usize],
    network: &Translator,
    job: &Job,
) -> Result<Translations> {
    let device = &job.device.device;
    let loader = batch::loader(tokens.clone(), indices.to_vec(), EVALUATION_BATCH);
    let (cross_entropy, count) = evaluation::cross_entropy(network, &*loader.to_device(device))?;
    let groups = run.split.groups_of(indices);
    let search = |beam: usize| {
        let found = evaluation::translate(network, tokens, indices, beam, device);
        let metrics = evaluation::search_metrics(&run.set, indices, &groups, &found, beam);
        (found, metrics)
    };
    let (greedy, greedy_metrics) = search(1);
    let (best, best_metrics) = search(BEAM);
    Ok(Translations {
        metrics: TranslationMetrics {
            n: indices.len(),
            tokens: count,
            cross_entropy,
            perplexity: cross_entropy.exp(),
            searches: vec![greedy_metrics, best_metrics],
        },
        greedy,
        best,
    })
}

/// Returns the metrics of one part for the card in the model's file.
fn card_metrics(part: &str, metrics: &TranslationMetrics) -> Vec<Metric> {
    let n = metrics.n;
    let best = metrics.searches.last();
    let of_best = best.into_iter().flat_map(|best| {
        [
            metric(part, "bleu", best.bleu, best.bleu_interval, n),
            metric(part, "chrf", best.chrf, best.chrf_interval, n),
        ]
    });
    std::iter::once(metric(part, "perplexity", metrics.perplexity, None, n))
        .chain(of_best)
        .collect()
}

fn fit(
    run: &SentenceRun<'_>,
    tokens: &Arc<PairTokens>,
    config: &TranslatorConfig,
    job: &Job,
) -> Result<Fitted<Translator>> {
    let recipe = &job.recipe;
    let split = &run.split;
    job.device.device.seed(job.seed);
    let done = match job.resume {
        true => Checkpoints::new(job.folder.path())?.last().unwrap_or(0),
        false => 0,
    };
    run.run().fit(
        config.init(&job.device.device.clone().autodiff()),
        Translate {
            smoothing: recipe.label_smoothing,
        },
        (MeanMetric::new(CROSS_ENTROPY),),
        Monitor {
            metric: CROSS_ENTROPY,
            direction: Direction::Lowest,
        },
        Loaders {
            train: batch::training_loader(
                tokens.clone(),
                split.train.clone(),
                recipe.batch_size,
                job.seed,
                Forcing {
                    floor: recipe.teacher_forcing,
                    passes: recipe.epochs,
                    done,
                },
            ),
            valid: batch::loader(tokens.clone(), split.valid.clone(), EVALUATION_BATCH),
        },
    )
}
