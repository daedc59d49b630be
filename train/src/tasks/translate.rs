//! Translation: predicts the sentence of another language.

use std::sync::Arc;

use anyhow::Result;
use burn::train::metric::store::Direction;
use datasets::text::batch::{self, Forcing};
use datasets::{PairBatch, PairSet, PairTokens};
use metrics::translation::TranslationMetrics;
use models::file::Metric;
use models::{Calibration, Translator, TranslatorConfig};

use crate::data::Sentences;
use crate::fit::monitor::Monitor;
use crate::fit::objective::mean::MeanMetric;
use crate::fit::objective::translate::{CROSS_ENTROPY, Translate};
use crate::fit::recipe::Recipe;
use crate::fit::run::Loaders;
use crate::report::translation::{
    self as report, Evaluation, TextSummary, TranslationResults, Translations,
};
use crate::tasks::data::{Data, EVALUATION_BATCH, metric};
use crate::tasks::evaluation::translation::{BEAM, cross_entropy, search_metrics, translate};
use crate::tasks::job::Job;
use crate::tasks::task::{Task, TaskRun};

/// Translation of the sentences of `source`.
pub struct TranslationTask {
    /// Source of the pairs of sentences.
    pub source: Sentences,
    /// Returns the configuration for the numbers of tokens of both languages.
    pub network: fn([usize; 2]) -> TranslatorConfig,
}

impl Task for TranslationTask {
    type Source = Sentences;
    type Network = Translator;
    type Config = TranslatorConfig;
    type Objective = Translate;
    type Batch = PairBatch;
    type Metrics = (MeanMetric,);
    type Evaluation = Evaluation;
    type Results = TranslationResults;

    const MONITORS: &'static [Monitor] = &[
        Monitor {
            metric: "cross-entropy",
            direction: Direction::Lowest,
        },
        Monitor::LOSS,
    ];

    fn source(&self) -> &Sentences {
        &self.source
    }

    fn usual_config(&self, _recipe: &Recipe) -> TranslatorConfig {
        (self.network)([self.source.tokens; 2])
    }

    fn config(&self, set: &PairSet, _recipe: &Recipe) -> TranslatorConfig {
        let languages = &set.languages;
        (self.network)([languages.source.len(), languages.target.len()])
    }

    fn objective(&self, recipe: &Recipe) -> Translate {
        Translate {
            smoothing: recipe.label_smoothing,
        }
    }

    fn metrics(&self) -> (MeanMetric,) {
        (MeanMetric::new(CROSS_ENTROPY),)
    }

    fn loaders(&self, data: &Data<PairSet>, job: &Job) -> Result<Loaders<PairBatch>> {
        let Data { set, split, .. } = data;
        let recipe = &job.recipe;
        let tokens = Arc::new(set.tokens());
        let forcing = Forcing {
            floor: recipe.teacher_forcing,
            epochs: recipe.epochs,
        };
        let (train, valid) = (split.train.clone(), split.valid.clone());
        let size = recipe.batch_size;
        Ok(Loaders {
            train: batch::training_loader(tokens.clone(), train, size, job.seed, forcing),
            valid: batch::loader(tokens, valid, EVALUATION_BATCH),
        })
    }

    fn evaluate(
        &self,
        network: &Translator,
        data: &Data<PairSet>,
        job: &Job,
        _calibration: Option<&Calibration>,
    ) -> Result<Evaluation> {
        let tokens = Arc::new(data.set.tokens());
        let evaluate = |indices: &[usize]| evaluate(network, data, &tokens, indices, job);
        let valid = &data.split.valid;
        Ok(Evaluation {
            valid: match valid.is_empty() {
                true => None,
                false => Some(evaluate(valid)?),
            },
            test: evaluate(&data.split.test)?,
        })
    }

    fn model_metrics(evaluation: &Evaluation) -> Vec<Metric> {
        let valid = evaluation.valid.iter();
        let valid = valid.flat_map(|valid| model_metrics("valid", &valid.metrics));
        valid
            .chain(model_metrics("test", &evaluation.test.metrics))
            .collect()
    }

    fn report(
        &self,
        run: &TaskRun<'_, Self>,
        evaluation: Evaluation,
    ) -> Result<TranslationResults> {
        let Evaluation { valid, test } = evaluation;
        let Data { set, split, .. } = run.data;
        let attention_figures = report::write(&run.job.folder, set, split, run.epochs(), &test)?;
        Ok(TranslationResults {
            text: TextSummary {
                max_words: set.max_words,
                too_long: set.too_long,
                repeated: set.repeated,
                source_tokens: set.languages.source.len(),
                target_tokens: set.languages.target.len(),
            },
            valid: valid.map(|valid| valid.metrics),
            test: test.metrics,
            attention_figures,
        })
    }
}

/// Translates the pairs at `indices` by greedy and by beam search, and computes the metrics.
fn evaluate(
    network: &Translator,
    data: &Data<PairSet>,
    tokens: &Arc<PairTokens>,
    indices: &[usize],
    job: &Job,
) -> Result<Translations> {
    let device = &job.device.device;
    let loader = batch::loader(tokens.clone(), indices.to_vec(), EVALUATION_BATCH);
    let (cross_entropy, count) = cross_entropy(network, &*loader.to_device(device))?;
    let groups = data.split.groups_of(indices);
    let search = |beam: usize| {
        let found = translate(network, tokens, indices, beam, device);
        let metrics = search_metrics(&data.set, indices, &groups, &found, beam);
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

/// Returns the metrics of one part for the model file.
fn model_metrics(part: &str, metrics: &TranslationMetrics) -> Vec<Metric> {
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
