//! The summary of a translator's run on the screen.

use comfy_table::{CellAlignment, Table, presets};
use metrics::translation::SearchMetrics;

use super::TranslationOutcome;
use crate::report::screen::ending;

/// Returns the summary: the metrics of the test part, and the lines that end every run.
pub fn summary(outcome: &TranslationOutcome) -> String {
    let TranslationOutcome { run, test, .. } = outcome;
    let best = test.searches.last();
    let best = best.map_or(String::new(), |best| {
        format!("BLEU {:.1}, chrF2 {:.1}, ", best.bleu, best.chrf)
    });
    let mut lines = vec![
        format!(
            "{}: test {best}perplexity {:.2} (n = {} pairs, {} tokens)",
            run.experiment, test.perplexity, test.n, test.tokens
        ),
        searches(outcome),
    ];
    lines.extend(ending(run, "the best by validation cross-entropy"));
    if run.samples.is_empty() {
        lines.push("Try it: cargo run -p infer -- --text \"How are you?\"".to_owned());
    }
    lines.join("\n")
}

/// Returns a table with a column for each search.
fn searches(outcome: &TranslationOutcome) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let columns = &outcome.test.searches;
    let name = |beam: usize| match beam {
        1 => "greedy".to_owned(),
        beam => format!("beam of {beam}"),
    };
    let header = columns.iter().map(|search| name(search.beam));
    table.set_header(std::iter::once("test".to_owned()).chain(header));
    for (name, figures) in figures(outcome) {
        table.add_row(std::iter::once(name.to_owned()).chain(figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Returns each metric of the test part, for each search.
pub(super) fn figures(outcome: &TranslationOutcome) -> Vec<(&'static str, Vec<String>)> {
    let of = |figure: &dyn Fn(&SearchMetrics) -> String| {
        outcome.test.searches.iter().map(figure).collect::<Vec<_>>()
    };
    let within = |value: f64, interval: Option<[f64; 2]>| {
        let interval = interval.map_or(String::new(), |[low, high]| {
            format!(" ({low:.1} to {high:.1})")
        });
        format!("{value:.1}{interval}")
    };
    vec![
        (
            "BLEU, one reference",
            of(&|search| within(search.bleu, search.bleu_interval)),
        ),
        (
            "chrF2, one reference",
            of(&|search| within(search.chrf, search.chrf_interval)),
        ),
        (
            "BLEU, all references of a sentence",
            of(&|search| format!("{:.1}", search.bleu_all_references)),
        ),
        (
            "brevity penalty",
            of(&|search| format!("{:.3}", search.brevity_penalty)),
        ),
        (
            "the reference itself",
            of(&|search| format!("{:.1} %", 100.0 * search.exact)),
        ),
    ]
}
