//! `card.md` of a network over trees.

use std::fmt::Write;

use super::super::card::{write_classes, write_head, write_training};
use super::{SubsetAccuracy, TreeOutcome};
use crate::report::screen;

/// Returns the text of `card.md`.
pub fn markdown(outcome: &TreeOutcome) -> String {
    let mut card = String::new();
    // Writing to a String cannot fail.
    let _ = write_card(&mut card, outcome);
    card
}

fn write_card(card: &mut String, outcome: &TreeOutcome) -> std::fmt::Result {
    let run = &outcome.run;
    write_head(card, run)?;
    writeln!(
        card,
        "## What it is for, and what not\n\n\
         - For: learning how such a network works. Given an English sentence with its parse tree, it tells the\n  \
         sentiment of the whole and of every phrase: {}.\n\
         - Not for: judging people by what they write. It knows {} words, all of film reviews; of plain text\n  \
         it is given no parse but a right-branching tree, which it was not trained on.\n",
        run.data.classes.join(", "),
        outcome.vocabulary - 1
    )?;
    write_training(card, run, "validation accuracy on whole sentences")?;
    let (valid, test) = (&outcome.valid, &outcome.test);
    writeln!(
        card,
        "## Test\n\n{} sentences, looked at once, when everything was chosen; intervals of 95 %.\n\n\
         | accuracy | validation | test |\n|---|---|---|",
        test.sentences.n
    )?;
    let row = |card: &mut String, name: &str, [valid, test]: [&SubsetAccuracy; 2]| {
        writeln!(
            card,
            "| {name} | {} | {} |",
            super::accuracy_text(valid),
            super::accuracy_text(test)
        )
    };
    let [valid_sentences, test_sentences] = [valid, test].map(|part| SubsetAccuracy {
        n: part.sentences.n,
        accuracy: part.sentences.accuracy,
        interval: part.sentences.accuracy_interval,
    });
    row(card, "whole sentences", [&valid_sentences, &test_sentences])?;
    row(
        card,
        "all words and phrases",
        [&valid.phrases, &test.phrases],
    )?;
    if let (Some(valid), Some(test)) = (&valid.polarity, &test.polarity) {
        let name = "negative or positive, of sentences that are not neutral (probabilities summed)";
        row(card, name, [valid, test])?;
    }
    writeln!(card)?;
    write_classes(card, &test.sentences)?;
    let (clean, leaking) = (outcome.test_clean.as_ref(), outcome.test_leaking.as_ref());
    if let Some(leak) = screen::leak_of(run, &test.sentences, clean, leaking) {
        writeln!(card, "\n{leak}.")?;
    }
    writeln!(
        card,
        "\nProbabilities are a softmax of the logits divided by a temperature of {:.3}, fitted on the\n\
         validation sentences; the expected calibration error is {:.4} on the test.\n",
        outcome.temperature, test.sentences.calibration_error
    )?;
    writeln!(
        card,
        "## Figures\n\n![Loss of phrases and accuracy of sentences](curves.png)\n![Confusion matrix](confusion.png)\n\
         ![ROC](roc.png)\n![Reliability](reliability.png)\n![Sentences it tells well](trees.png)\n\
         ![The worst mistakes](mistakes.png)"
    )
}
