//! `card.md` of a translator.

use std::fmt::Write;

use super::super::card::{write_head, write_training};
use super::{TranslationOutcome, screen};

/// Returns the text of `card.md` for a run with `drawn` figures of attention.
pub fn markdown(outcome: &TranslationOutcome, drawn: usize) -> String {
    let mut card = String::new();
    // Writing to a String cannot fail.
    let _ = write_card(&mut card, outcome, drawn);
    card
}

fn write_card(card: &mut String, outcome: &TranslationOutcome, drawn: usize) -> std::fmt::Result {
    let TranslationOutcome {
        run, text, test, ..
    } = outcome;
    write_head(card, run)?;
    writeln!(
        card,
        "## What it is for, and what not\n\n\
         - For: learning how such a network works. Given an English sentence of at most {} words, it says a\n  \
           French one.\n\
         - Not for: anything that depends on the translation. It saw short everyday sentences only; what it has not\n  \
           seen it translates into something that sounds right and may be wrong.\n",
        text.max_words
    )?;
    write_training(card, run, "validation cross-entropy")?;
    writeln!(
        card,
        "{} pairs are longer and were left out, {} stand there twice. Tokens: {} English, {} French, learned from the\n\
         training part.\n",
        text.too_long, text.repeated, text.source_tokens, text.target_tokens
    )?;
    writeln!(
        card,
        "## Test\n\n{} pairs, looked at once, when everything was chosen; none of their sentences, English or French,\n\
         is in what was trained on or chosen with. Perplexity {:.3} per token ({} tokens).\n",
        test.n, test.perplexity, test.tokens
    )?;
    let beams = test.searches.iter().map(|search| match search.beam {
        1 => " greedy |".to_owned(),
        beam => format!(" beam of {beam} |"),
    });
    writeln!(card, "| |{}", beams.collect::<String>())?;
    writeln!(card, "|---|{}", "---|".repeat(test.searches.len()))?;
    for (name, figures) in screen::figures(outcome) {
        writeln!(card, "| {name} | {} |", figures.join(" | "))?;
    }
    writeln!(
        card,
        "\nBLEU and chrF2 as sacreBLEU computes them (13a tokens, case counts, exponential smoothing), with 95 %\n\
         intervals. \"One reference\": each pair by itself, though a sentence may have other right translations.\n"
    )?;
    writeln!(card, "## Figures\n\n![Loss](curves.png)")?;
    for number in 1..=drawn {
        writeln!(card, "![Where it looked](attention-{number}.png)")?;
    }
    Ok(())
}
