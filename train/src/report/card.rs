//! `card.md`: the run in words, for people.

use std::fmt::Write;

use super::Outcome;

/// Writes the card of a run.
pub fn markdown(outcome: &Outcome) -> String {
    let mut card = String::new();
    // Writing to a String cannot fail.
    let _ = write_card(&mut card, outcome);
    card
}

fn write_card(card: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let Outcome {
        data, test, recipe, ..
    } = outcome;
    writeln!(card, "# {}\n", outcome.experiment)?;
    if let Some(notice) = &outcome.notice {
        writeln!(card, "**{notice}**\n")?;
    }
    if data.generated {
        writeln!(
            card,
            "Trained on generated stand-ins: it knows nothing of real data.\n"
        )?;
    }
    writeln!(card, "| | |\n|---|---|")?;
    writeln!(
        card,
        "| data | {}, {} classes: {} |",
        data.name,
        data.classes.len(),
        data.classes.join(", ")
    )?;
    writeln!(
        card,
        "| split | {}, seed {}: {} training, {} validation, {} test |",
        data.split, outcome.seed, data.train, data.valid, data.test
    )?;
    writeln!(card, "| data fingerprint | `{}` |", data.fingerprint)?;
    writeln!(
        card,
        "| training | {:?}, learning rate {} ({:?}), batch {}, {} epochs{} |",
        recipe.optimizer,
        recipe.learning_rate,
        recipe.schedule,
        recipe.batch_size,
        outcome.epochs,
        if outcome.interrupted {
            ", interrupted"
        } else {
            ""
        }
    )?;
    writeln!(
        card,
        "| kept | epoch {}, the best by validation accuracy |",
        outcome.best_epoch
    )?;
    writeln!(card, "| device | {} |", outcome.device)?;
    writeln!(card, "| parameters | {} |\n", outcome.parameters)?;
    writeln!(card, "## Test\n")?;
    writeln!(
        card,
        "Accuracy {:.4} (95 % interval {:.4} to {:.4}, n = {}), cross-entropy {:.4}, macro F1 {:.4}.\n",
        test.accuracy,
        test.accuracy_interval[0],
        test.accuracy_interval[1],
        test.n,
        test.loss,
        test.macro_f1
    )?;
    writeln!(
        card,
        "| class | precision | recall | F1 | n |\n|---|---|---|---|---|"
    )?;
    for class in &test.per_class {
        writeln!(
            card,
            "| {} | {:.3} | {:.3} | {:.3} | {} |",
            class.class, class.precision, class.recall, class.f1, class.support
        )?;
    }
    if let Some(leak) = super::screen::leak(outcome) {
        writeln!(
            card,
            "\n{leak}. A figure over all of them says in part what the network remembers."
        )?;
    }
    Ok(())
}
