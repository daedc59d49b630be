//! From sentence pairs to a trained, measured translator: the life of every run of one.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use burn::train::metric::store::Direction;
use datasets::PairTokens;
use datasets::text::batch::{self, Forcing};
use metrics::translation::TranslationMetrics;
use models::file::{self, MODEL_FILE, Metric};
use models::translator::Hypothesis;
use models::{NetworkConfig, Translator, TranslatorConfig};

use crate::checkpoint::Checkpoints;
use crate::data::Sentences;
use crate::data_run::{DataRun, EVALUATION_BATCH, metric};
use crate::evaluation::translation::{self as evaluation, BEAM};
use crate::experiments::{Experiment, Finished, Job};
use crate::objective::mean::MeanMetric;
use crate::objective::translate::{CROSS_ENTROPY, Translate};
use crate::report::translation::{self as report, TextSummary, TrainFigures, TranslationOutcome};
use crate::run::{Choice, Fitted, Loaders};

/// A run on sentence pairs.
pub type SentenceRun<'a> = DataRun<'a, datasets::PairSet>;

/// Trains a translator on the experiment's sentences and writes the whole run folder.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn translate(
    experiment: &Experiment,
    source: &Sentences,
    network: fn([usize; 2]) -> TranslatorConfig,
    job: &Job,
) -> Result<Finished> {
    let run = DataRun::begin(experiment, source, job)?;
    let languages = &run.set.languages;
    let config = network([languages.source.len(), languages.target.len()]);
    config.validate()?;
    let tokens = Arc::new(languages.tokens(&run.set));
    let started = Instant::now();
    let fitted = fit(&run, &tokens, &config, job)?;
    let train_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let valid = part(&run, &tokens, &run.split.valid, &fitted.network, job)?;
    let test = part(&run, &tokens, &run.split.test, &fitted.network, job)?;
    let evaluate_seconds = started.elapsed().as_secs_f64();

    let metrics = [
        card_metrics("valid", &valid.measures),
        card_metrics("test", &test.measures),
    ]
    .concat();
    let card = run.card(config.clone().into(), &fitted, metrics, None);
    file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
    let parameters = config.layers().parameters();
    let set = &run.set;
    let outcome = TranslationOutcome {
        run: run.facts(parameters, &fitted, train_seconds, evaluate_seconds),
        text: TextSummary {
            max_words: set.max_words,
            too_long: set.too_long,
            repeated: set.repeated,
            source_tokens: languages.source.len(),
            target_tokens: languages.target.len(),
        },
        train: TrainFigures::new(&fitted, run.split.train.len()),
        valid: valid.measures,
        test: test.measures.clone(),
    };
    report::write(job, &run, &fitted, &test, &outcome)?;
    Finished::write(report::summary(&outcome), &outcome, &job.folder)
}

/// What the network says of a part, and how good it is.
pub struct Translations {
    /// The figures.
    pub measures: TranslationMetrics,
    /// The most probable token each time.
    pub greedy: Vec<Hypothesis>,
    /// The best of a beam.
    pub best: Vec<Hypothesis>,
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
        let measures = evaluation::search_metrics(&run.set, indices, &groups, &found, beam);
        (found, measures)
    };
    let (greedy, of_greedy) = search(1);
    let (best, of_best) = search(BEAM);
    Ok(Translations {
        measures: TranslationMetrics {
            n: indices.len(),
            tokens: count,
            cross_entropy,
            perplexity: cross_entropy.exp(),
            searches: vec![of_greedy, of_best],
        },
        greedy,
        best,
    })
}

/// The figures of one part for the model's card.
fn card_metrics(part: &str, measures: &TranslationMetrics) -> Vec<Metric> {
    let n = measures.n;
    let best = measures.searches.last();
    let of_best = best.into_iter().flat_map(|best| {
        [
            metric(part, "bleu", best.bleu, best.bleu_interval, n),
            metric(part, "chrf", best.chrf, best.chrf_interval, n),
        ]
    });
    std::iter::once(metric(part, "perplexity", measures.perplexity, None, n))
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
        Choice {
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
