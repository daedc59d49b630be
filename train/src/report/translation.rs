//! The report of a translator: results, sections, `translations.csv`, the curves, and attention weights in
//! `attention-1`, ...

use anyhow::Result;
use datasets::PairSet;
use datasets::split::Split;
use figures::attention;
use metrics::translation::{SearchMetrics, TranslationMetrics};
use models::translator::Hypothesis;
use serde::Serialize;

use super::result::{RunFacts, TaskResults};
use super::section::{Section, Table};
use super::{curves, figure};
use crate::fit::history::Epoch;
use crate::run_folder::RunFolder;

/// Number of sentences whose attention is drawn.
const DRAWN: usize = 4;

/// Number of words of a sentence whose attention is drawn: long enough to show where it lies.
const DRAWN_WORDS: std::ops::RangeInclusive<usize> = 6..=10;

/// Evaluation of a translator.
pub struct Evaluation {
    /// Translations of the validation part; `None` if it is empty.
    pub valid: Option<Translations>,
    /// Translations of the test part.
    pub test: Translations,
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

/// Results of a translator in `result.json`.
#[derive(Clone, Debug, Serialize)]
pub struct TranslationResults {
    /// Facts about the sentences.
    pub text: TextSummary,
    /// Metrics of the kept network on the validation part, by which it was chosen; `None` if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<TranslationMetrics>,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: TranslationMetrics,
    /// Number of figures of attention weights in the run's folder.
    #[serde(skip)]
    pub attention_figures: usize,
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

impl TaskResults for TranslationResults {
    const METRIC: &'static str = "cross_entropy";
    const MONITOR: &'static str = "validation cross-entropy";

    fn monitored(&self) -> Option<f64> {
        Some(self.valid.as_ref()?.cross_entropy)
    }

    fn headline(&self) -> String {
        let test = &self.test;
        let best = test.searches.last();
        let best = best.map_or(String::new(), |best| {
            format!("BLEU {:.1}, chrF2 {:.1}, ", best.bleu, best.chrf)
        });
        format!(
            "test {best}perplexity {:.2} (n = {} pairs, {} tokens)",
            test.perplexity, test.n, test.tokens
        )
    }

    fn intended_use(&self, _run: &RunFacts) -> Vec<String> {
        vec![
            format!(
                "For: learning how such a network works. It translates an English sentence of at most {} words into \
                 French.",
                self.text.max_words
            ),
            "Not for: anything that depends on the translation. It was trained on short everyday sentences only; \
             translations of others sound right and may be wrong."
                .to_owned(),
        ]
    }

    fn example_input(&self) -> Option<&'static str> {
        Some("--text \"How are you?\"")
    }

    fn sections(&self, run: &RunFacts) -> Vec<Section> {
        let Self { text, test, .. } = self;
        let attention = (1..=self.attention_figures)
            .map(|number| ("Attention weights", format!("attention-{number}.png")));
        vec![
            Section::new("Sentences").card_text(format!(
                "{} pairs are longer and were left out, {} are repeated. Tokens: {} English, {} French, learned from the \
                 training part.",
                text.too_long, text.repeated, text.source_tokens, text.target_tokens
            )),
            Section::new("Test")
                .card_text(format!(
                    "{} pairs, {}{}. Perplexity {:.3} per token ({} tokens).",
                    test.n,
                    run.test_part(),
                    match run.evaluation {
                        Some(_) => "",
                        None =>
                            "; none of their sentences, English or French, is in the training or validation part",
                    },
                    test.perplexity,
                    test.tokens
                ))
                .table(self.search_table())
                .card_text(
                    "BLEU and chrF2 as sacreBLEU computes them (13a tokens, case counts, exponential smoothing), with \
                     95 % intervals. \"One reference\": each pair by itself, though a sentence may have other right \
                     translations.",
                ),
            Section::new("Figures")
                .figures(run.curves("Loss"))
                .figures(attention),
        ]
    }
}

impl TranslationResults {
    /// Returns a table with a column for each search.
    fn search_table(&self) -> Table {
        let searches = &self.test.searches;
        let names = searches.iter().map(|search| match search.beam {
            1 => "greedy".to_owned(),
            beam => format!("beam of {beam}"),
        });
        let mut table = Table::new(std::iter::once("test".to_owned()).chain(names));
        let within = |value: f64, interval: Option<[f64; 2]>| {
            let interval = interval.map_or(String::new(), |[low, high]| {
                format!(" ({low:.1} to {high:.1})")
            });
            format!("{value:.1}{interval}")
        };
        let mut row = |name: &str, figure: &dyn Fn(&SearchMetrics) -> String| {
            table.row(std::iter::once(name.to_owned()).chain(searches.iter().map(figure)));
        };
        row("BLEU, one reference", &|search| {
            within(search.bleu, search.bleu_interval)
        });
        row("chrF2, one reference", &|search| {
            within(search.chrf, search.chrf_interval)
        });
        row("BLEU, all references of a sentence", &|search| {
            format!("{:.1}", search.bleu_all_references)
        });
        row("brevity penalty", &|search| {
            format!("{:.3}", search.brevity_penalty)
        });
        row("equal to the reference", &|search| {
            format!("{:.1} %", 100.0 * search.exact)
        });
        table
    }
}

/// Writes the table and the figures; returns the number of figures of attention weights.
///
/// # Errors
/// When a file cannot be drawn or written.
pub fn write(
    folder: &RunFolder,
    set: &PairSet,
    split: &Split,
    epochs: &[Epoch],
    test: &Translations,
) -> Result<usize> {
    folder.write("translations.csv", table(set, split, test)?)?;
    if let Some(svg) = curves::draw(epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    let drawn = draw_attention(set, split, &test.best);
    for (number, svg) in drawn.iter().enumerate() {
        figure::write(folder, &format!("attention-{}", number + 1), svg)?;
    }
    Ok(drawn.len())
}

/// Returns `translations.csv`: path, sentence, reference, translations by greedy and by beam search, and the logarithm of
/// the latter's probability.
fn table(set: &PairSet, split: &Split, test: &Translations) -> Result<Vec<u8>> {
    let mut table = files::Table::new([
        "path",
        "english",
        "reference",
        "greedy",
        "beam",
        "log_probability",
    ])?;
    let target = &set.languages.target;
    let found = test.greedy.iter().zip(&test.best);
    for (&index, (greedy, best)) in split.test.iter().zip(found) {
        let [english, french] = &set.pairs[index];
        table.row([
            &set.origins[index].path,
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
fn draw_attention(set: &PairSet, split: &Split, best: &[Hypothesis]) -> Vec<String> {
    let languages = &set.languages;
    let mut seen = std::collections::HashSet::new();
    let long = split.test.iter().zip(best).filter(|(index, found)| {
        let english = &set.pairs[**index][0];
        found.ended
            && DRAWN_WORDS.contains(&datasets::text::word_count(english))
            && seen.insert(english)
    });
    // Spread over the part, which is in the order of the table: short sentences first.
    let long: Vec<_> = long.collect();
    let step = (long.len() / DRAWN).max(1);
    (long.into_iter().step_by(step).take(DRAWN))
        .map(|(&index, found)| {
            let [source, translation] =
                languages.display_tokens(&set.pairs[index][0], &found.tokens, found.ended);
            attention::draw(&source, &translation, &found.attention)
        })
        .collect()
}
