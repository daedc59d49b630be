//! What a run of a translator leaves behind to be read: `result.json`, `translations.csv`, the curves, pictures of
//! where it looked (`attention-1`, ...), the card, and the summary on the screen.

use anyhow::Result;
use figures::attention;
use metrics::translation::TranslationMetrics;
use models::translator::Hypothesis;
use serde::Serialize;

use super::{RunFacts, curves, figure};
use crate::experiments::Job;
use crate::run::Fitted;
use crate::translation::{SentenceRun, Translations};

mod card;
mod screen;

pub use screen::summary;

/// How many sentences are drawn.
const DRAWN: usize = 4;

/// Sentences of so many words are drawn: long enough to be looked around in.
const DRAWN_WORDS: std::ops::RangeInclusive<usize> = 6..=10;

/// `result.json` of a translator: what was done and what came of it. Stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct TranslationOutcome {
    /// What was done.
    #[serde(flatten)]
    pub run: RunFacts,
    /// What sentences are.
    pub text: TextSummary,
    /// Running figures of the best epoch's training batches, measured while the network changed.
    pub train: TrainFigures,
    /// The kept network on the whole validation part (which chose it).
    pub valid: TranslationMetrics,
    /// The kept network on the whole test part (looked at once).
    pub test: TranslationMetrics,
}

/// What sentences are.
#[derive(Clone, Debug, Serialize)]
pub struct TextSummary {
    /// The longest English sentence, in words.
    pub max_words: usize,
    /// Pairs that were left out because they are longer.
    pub too_long: usize,
    /// Pairs that were left out because they stand there twice.
    pub repeated: usize,
    /// Tokens of English.
    pub source_tokens: usize,
    /// Tokens of French.
    pub target_tokens: usize,
}

/// Figures over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Training pairs.
    pub n: usize,
    /// Mean of what is minimised.
    pub loss: Option<f64>,
    /// Mean cross-entropy of the tokens.
    pub cross_entropy: Option<f64>,
}

impl TrainFigures {
    /// The running figures of the kept epoch, if it finished.
    pub fn new<N>(fitted: &Fitted<N>, n: usize) -> Self {
        Self {
            n,
            loss: fitted.figure("loss"),
            cross_entropy: fitted.figure("cross-entropy"),
        }
    }
}

/// Writes the table, the figures and the card.
///
/// # Errors
/// When drawing or the disk fails.
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

/// `translations.csv`: path, sentence, reference, what was said greedily and by beam search, and the logarithm of
/// the latter's probability.
fn table(run: &SentenceRun<'_>, test: &Translations) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
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
        table.write_record([
            &run.set.origins[index].path,
            english,
            french,
            &target.decode(&greedy.tokens),
            &target.decode(&best.tokens),
            &format!("{:.4}", best.log_probability),
        ])?;
    }
    Ok(table.into_inner()?)
}

/// The first long test sentences whose translation ended, each drawn once.
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
            let [read, said] =
                languages.shown(&run.set.pairs[index][0], &found.tokens, found.ended);
            attention::draw(&read, &said, &found.attention)
        })
        .collect()
}
