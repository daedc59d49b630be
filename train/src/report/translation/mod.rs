//! The report of a translator's run: `result.json`, `translations.csv`, the curves, attention weights (`attention-1`, ...),
//! the card, and the summary on the screen.

use anyhow::Result;
use figures::attention;
use metrics::translation::TranslationMetrics;
use models::translator::Hypothesis;
use serde::Serialize;

use super::{RunFacts, curves, figure};
use crate::fit::run::Fitted;
use crate::tasks::job::Job;
use crate::tasks::translate::SentenceRun;

mod card;
mod screen;

pub use screen::summary;

/// Number of sentences whose attention is drawn.
const DRAWN: usize = 4;

/// Number of words of a sentence whose attention is drawn: long enough to show where it lies.
const DRAWN_WORDS: std::ops::RangeInclusive<usize> = 6..=10;

/// `result.json` of a translator: the run and its results. Its layout is stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct TranslationOutcome {
    /// Facts about the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Facts about the sentences.
    pub text: TextSummary,
    /// Means over the training batches of the best epoch, while the network changed.
    pub train: TrainFigures,
    /// Metrics of the kept network on the validation part, by which it was chosen.
    pub valid: TranslationMetrics,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: TranslationMetrics,
}

/// Facts about the sentences of a run.
#[derive(Clone, Debug, Serialize)]
pub struct TextSummary {
    /// Length of the longest English sentence, in words.
    pub max_words: usize,
    /// Number of pairs left out because they are longer.
    pub too_long: usize,
    /// Number of pairs left out because they are repetitions.
    pub repeated: usize,
    /// Size of the English vocabulary, in tokens.
    pub source_tokens: usize,
    /// Size of the French vocabulary, in tokens.
    pub target_tokens: usize,
}

/// Means over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Number of training pairs.
    pub n: usize,
    /// Mean of the minimised loss.
    pub loss: Option<f64>,
    /// Mean cross-entropy of the tokens.
    pub cross_entropy: Option<f64>,
}

impl TrainFigures {
    /// Returns the means of the kept epoch, if it finished.
    pub fn new<N>(fitted: &Fitted<N>, n: usize) -> Self {
        Self {
            n,
            loss: fitted.figure("loss"),
            cross_entropy: fitted.figure("cross-entropy"),
        }
    }
}

/// Translations of one part.
pub struct Translations {
    /// Metrics of the translations.
    pub metrics: TranslationMetrics,
    /// Translations by greedy search.
    pub greedy: Vec<Hypothesis>,
    /// Translations by beam search.
    pub best: Vec<Hypothesis>,
}

/// Writes the table, the figures and the card.
///
/// # Errors
/// When a file cannot be drawn or written.
pub fn write<N>(
    job: &Job,
    run: &SentenceRun<'_>,
    fitted: &Fitted<N>,
    test: &Translations,
    outcome: &TranslationOutcome,
) -> Result<()> {
    let folder = &job.folder;
    folder.write("translations.csv", table(run, test)?)?;
    if let Some(svg) = curves::draw(&fitted.epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    let drawn = draw(run, &test.best);
    for (number, svg) in drawn.iter().enumerate() {
        figure::write(folder, &format!("attention-{}", number + 1), svg)?;
    }
    folder.write("card.md", card::markdown(outcome, drawn.len()))
}

/// Returns `translations.csv`: path, sentence, reference, translations by greedy and by beam search, and the logarithm of
/// the latter's probability.
fn table(run: &SentenceRun<'_>, test: &Translations) -> Result<Vec<u8>> {
    let mut table = files::Table::new([
        "path",
        "english",
        "reference",
        "greedy",
        "beam",
        "log_probability",
    ])?;
    let target = &run.set.languages.target;
    let found = test.greedy.iter().zip(&test.best);
    for (&index, (greedy, best)) in run.split.test.iter().zip(found) {
        let [english, french] = &run.set.pairs[index];
        table.row([
            &run.set.origins[index].path,
            english,
            french,
            &target.decode(&greedy.tokens),
            &target.decode(&best.tokens),
            &format!("{:.4}", best.log_probability),
        ])?;
    }
    Ok(table.finish()?)
}

/// Draws the attention of some distinct test sentences whose translation has an end.
fn draw(run: &SentenceRun<'_>, best: &[Hypothesis]) -> Vec<String> {
    let languages = &run.set.languages;
    let mut seen = std::collections::HashSet::new();
    let long = run.split.test.iter().zip(best).filter(|(index, found)| {
        let english = &run.set.pairs[**index][0];
        found.ended && DRAWN_WORDS.contains(&datasets::text::words(english)) && seen.insert(english)
    });
    // Spread over the part, which is in the order of the table: short sentences first.
    let long: Vec<_> = long.collect();
    let step = (long.len() / DRAWN).max(1);
    (long.into_iter().step_by(step).take(DRAWN))
        .map(|(&index, found)| {
            let [source, translation] =
                languages.shown(&run.set.pairs[index][0], &found.tokens, found.ended);
            attention::draw(&source, &translation, &found.attention)
        })
        .collect()
}
