//! `card.md`, the model card of a run: intended use, training data, metrics and their uncertainty (after Mitchell et al.
//! 2019, Model Cards for Model Reporting, <https://arxiv.org/abs/1810.03993>).

use std::fmt::Write;

use metrics::ClassificationMetrics;

use super::{Outcome, RunFacts, spiking};

/// Returns the text of `card.md`.
pub fn markdown(outcome: &Outcome) -> String {
    let mut card = String::new();
    // Writing to a String cannot fail.
    let _ = write_card(&mut card, outcome);
    card
}

fn write_card(card: &mut String, outcome: &Outcome) -> std::fmt::Result {
    write_head(card, &outcome.run)?;
    let kinds = outcome.run.data.classes.len();
    let (scans, others) = (
        format!("tells {kinds} kinds apart"),
        format!("tells {kinds} classes apart"),
    );
    write_purpose(card, &outcome.run, [&scans, &others])?;
    write_training(card, &outcome.run, "validation accuracy")?;
    write_test(card, outcome)?;
    write_abstention(card, outcome)?;
    if let Some(figures) = &outcome.spikes {
        writeln!(card, "## Spikes\n\n{}\n", spiking::words(figures))?;
        writeln!(
            card,
            "![Raster](raster.png)\n![Membranes](membranes.png)\n![Steps](steps.png)\n"
        )?;
    }
    writeln!(
        card,
        "## Figures\n\n![Loss and accuracy](curves.png)\n![Confusion matrix](confusion.png)\n\
         ![ROC](roc.png)\n![Reliability](reliability.png)\n![Risk and coverage](risk_coverage.png)\n\
         ![The surest mistakes](mistakes.png)"
    )
}

/// Writes the title, the notice, and whether the data were generated.
pub(super) fn write_head(card: &mut String, run: &RunFacts) -> std::fmt::Result {
    writeln!(card, "# {}\n", run.experiment)?;
    if let Some(notice) = &run.notice {
        writeln!(card, "**{notice}**\n")?;
    }
    if run.data.generated {
        writeln!(
            card,
            "Trained on generated stand-ins: it knows nothing of real data.\n"
        )?;
    }
    Ok(())
}

/// Writes the intended use; the two texts say what the network does with a scan, and with another picture.
pub(super) fn write_purpose(
    card: &mut String,
    run: &RunFacts,
    [with_scan, with_picture]: [&str; 2],
) -> std::fmt::Result {
    let classes = run.data.classes.join(", ");
    writeln!(card, "## What it is for, and what not\n")?;
    if run.notice.is_some() {
        writeln!(
            card,
            "- For: learning how such a network works, and research on public pictures. Given one head MRI\n  \
             slice as a picture, it {with_scan}: {classes}."
        )?;
        writeln!(
            card,
            "- Not for: any decision about a person. It saw single slices of one public collection, no\n  \
             whole scans, no other scanner, no other disease; it does not know age, history or contrast\n  \
             agent; and no physician checked its answers.\n\
             - Pictures of another kind are to be recognised as such (see Doubt), but a scan of another\n  \
             organ may look familiar enough to be answered.\n"
        )
    } else {
        writeln!(
            card,
            "- For: learning how such a network works. Given one picture, it {with_picture}: {classes}.\n\
             - Not for: pictures taken or written in another way than those it was trained on.\n"
        )
    }
}

/// Writes how the network was trained; `chosen_by` names the figure by which the kept epoch was the best.
pub(super) fn write_training(
    card: &mut String,
    run: &RunFacts,
    chosen_by: &str,
) -> std::fmt::Result {
    let RunFacts { data, recipe, .. } = run;
    writeln!(card, "## Training\n\n| | |\n|---|---|")?;
    let classes = match data.classes.len() {
        0 => String::new(),
        count => format!(", {count} classes: {}", data.classes.join(", ")),
    };
    writeln!(card, "| data | {}{classes} |", data.name)?;
    writeln!(
        card,
        "| split | {}, seed {}: {} training, {} validation, {} test |",
        data.split, run.seed, data.train, data.valid, data.test
    )?;
    if let Some(class) = &data.train_class {
        writeln!(card, "| trained on and chosen by | {class} alone |")?;
    }
    writeln!(card, "| leakage | {} |", leakage(run))?;
    writeln!(card, "| unreadable files | {} |", data.skipped)?;
    writeln!(card, "| data fingerprint | `{}` |", data.fingerprint)?;
    writeln!(
        card,
        "| training | {:?}, learning rate {} ({:?}), batch {}, {} epochs{} |",
        recipe.optimizer,
        recipe.learning_rate,
        recipe.schedule,
        recipe.batch_size,
        run.epochs,
        if run.interrupted { ", interrupted" } else { "" }
    )?;
    writeln!(
        card,
        "| kept | epoch {}, the best by {chosen_by} |",
        run.best_epoch
    )?;
    writeln!(card, "| device | {} |", run.device)?;
    writeln!(card, "| parameters | {} |\n", run.parameters)
}

/// Returns what is known about test examples whose group is in training or validation.
fn leakage(run: &RunFacts) -> String {
    let data = &run.data;
    match &data.leakage {
        Some(found) => found.clone(),
        None if data.generated => "none: every example was made anew".to_owned(),
        None => format!(
            "not searched for: the split is {}, near-copies of a test example may stand in the training \
             part, and the figures then say how well the network remembers",
            data.split
        ),
    }
}

fn write_test(card: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let test = &outcome.test;
    let ClassificationMetrics { intervals, .. } = test;
    writeln!(card, "## Test\n")?;
    writeln!(
        card,
        "{} {} in {} groups, looked at once, when everything was chosen. Intervals are of 95 %, from {} \
         bootstrap resamples drawn by group.\n",
        test.n, outcome.run.data.noun, intervals.groups, intervals.resamples
    )?;
    writeln!(card, "| | | interval |\n|---|---|---|")?;
    let [low, high] = test.accuracy_interval;
    let wilson = format!(
        "{} (Wilson: {low:.3} to {high:.3})",
        interval_text(intervals.accuracy)
    );
    let rows = [
        ("accuracy", Some(test.accuracy), wilson),
        (
            "balanced accuracy (mean recall)",
            Some(test.balanced_accuracy),
            interval_text(intervals.balanced_accuracy),
        ),
        (
            "macro F1",
            Some(test.macro_f1),
            interval_text(intervals.macro_f1),
        ),
        (
            "macro AUROC, one against the rest",
            test.auroc,
            interval_text(intervals.auroc),
        ),
        ("log loss", Some(test.loss), String::new()),
        ("Brier score (0 to 2)", Some(test.brier), String::new()),
        (
            "expected calibration error",
            Some(test.calibration_error),
            String::new(),
        ),
    ];
    for (name, value, interval) in rows {
        writeln!(card, "| {name} | {} | {interval} |", decimals(value))?;
    }
    writeln!(card)?;
    write_classes(card, test)?;
    if let Some(leak) = super::screen::leak(outcome) {
        writeln!(
            card,
            "\n{leak}. A figure over all of them says in part what the network remembers."
        )?;
    }
    writeln!(card)
}

/// Writes a table with a row for each class.
pub(super) fn write_classes(card: &mut String, test: &ClassificationMetrics) -> std::fmt::Result {
    writeln!(
        card,
        "| class | precision | recall | interval | F1 | AUROC | n |\n|---|---|---|---|---|---|---|"
    )?;
    for (class, of_class) in test.per_class.iter().zip(&test.intervals.per_class) {
        writeln!(
            card,
            "| {} | {:.3} | {:.3} | {} | {:.3} | {} | {} |",
            class.class,
            class.precision,
            class.recall,
            interval_text(of_class.recall),
            class.f1,
            decimals(class.auroc),
            class.support
        )?;
    }
    Ok(())
}

fn write_abstention(card: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let calibration = &outcome.calibration;
    let part = &calibration.test;
    let probe = &calibration.probe.all;
    let noun = outcome.run.data.noun;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    writeln!(card, "## Calibration and doubt\n")?;
    writeln!(
        card,
        "- Probabilities: softmax of the logits divided by a temperature of {:.3}, fitted on the validation\n  \
         part. On the test part the expected calibration error was {:.4} before and is {:.4} now, the log\n  \
         loss {:.4} and {:.4}.",
        calibration.temperature,
        part.calibration_error_before,
        outcome.test.calibration_error,
        part.loss_before,
        outcome.test.loss
    )?;
    writeln!(
        card,
        "- Uncertain: no answer is given where no class reaches {}, chosen on the validation part so that\n  \
         about {} of the given answers are wrong.",
        percent(calibration.threshold.unwrap_or_default()),
        percent(calibration.target_error.unwrap_or_default())
    )?;
    writeln!(
        card,
        "- Unfamiliar: no answer is given where the input's statistics (of a picture light, contrast, border,\n  \
         fineness, symmetry) are farther from the training part's than {:.2} (Mahalanobis distance), which one in\n  \
         a hundred of the validation part is.",
        calibration.familiarity_limit.unwrap_or(f64::INFINITY)
    )?;
    let [low, high] = part.accuracy_answered_interval;
    let right = part.accuracy_answered.map_or(String::new(), |right| {
        format!(
            ", and of those {} are right\n  (interval {low:.3} to {high:.3})",
            percent(right)
        )
    });
    writeln!(
        card,
        "- Of the test {noun} {} get an answer ({} uncertain, {} unfamiliar){right}.\n  \
         Of the surest 90 % {} are right; the area under the risk-coverage curve is {:.4}.",
        percent(part.coverage),
        part.uncertain,
        part.unfamiliar,
        percent(outcome.test.risk_coverage.accuracy_at_90),
        outcome.test.risk_coverage.aurc
    )?;
    writeln!(
        card,
        "- Of {} generated {noun} of another kind (as noise) \
         {} get no answer: {} unfamiliar, {} uncertain, {} refused; {} are answered. `train probe` asks again.\n",
        probe.n,
        percent(probe.abstention_rate()),
        probe.unfamiliar,
        probe.uncertain,
        probe.refused,
        probe.answered
    )
}

fn decimals(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

fn interval_text(interval: Option<[f64; 2]>) -> String {
    interval.map_or("-".to_owned(), |[low, high]| {
        format!("{low:.3} to {high:.3}")
    })
}
