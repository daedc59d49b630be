//! The summary of a run on the screen.

use comfy_table::{CellAlignment, Table, presets};
use metrics::ClassificationMetrics;

use super::{Outcome, RunFacts, spiking};

/// Returns the summary of a classifier's run.
pub fn summary(outcome: &Outcome) -> String {
    let test = &outcome.test;
    let mut lines = vec![
        format!(
            "{}: test accuracy {:.4} (95 % interval {:.4} to {:.4}, n = {}), error rate {:.4}, cross-entropy {:.4}",
            outcome.run.experiment,
            test.accuracy,
            test.accuracy_interval[0],
            test.accuracy_interval[1],
            test.n,
            test.error_rate,
            test.loss
        ),
        metrics(test),
        classes(test),
        abstention(outcome),
    ];
    lines.extend(leak(outcome));
    lines.extend(outcome.spikes.as_ref().map(spiking::words));
    let chosen = format!("validation accuracy {:.4}", outcome.valid.accuracy);
    lines.extend(ending(&outcome.run, &chosen));
    lines.join("\n")
}

/// Returns the lines that end every summary; `chosen` is the figure by which the kept epoch was the best.
pub fn ending(run: &RunFacts, chosen: &str) -> Vec<String> {
    let mut lines = vec![format!(
        "kept epoch {} of {} ({chosen}); {:.1} s of training; model: {}",
        run.best_epoch, run.epochs, run.seconds.train, run.model
    )];
    if run.interrupted {
        lines.push("The training was interrupted: these are the figures so far.".to_owned());
    }
    if run.data.generated {
        lines.push(
            "Trained and tested on generated stand-ins: this says nothing about real data."
                .to_owned(),
        );
    }
    lines.extend(run.notice.clone());
    if let Some(sample) = run.samples.first() {
        lines.push(format!("Try it: cargo run -p infer -- \"{sample}\""));
    }
    lines
}

/// Returns the accuracy with and without the test examples whose group is in training or validation, if there are any.
pub fn leak(outcome: &Outcome) -> Option<String> {
    let (clean, leaking) = (outcome.test_clean.as_ref(), outcome.test_leaking.as_ref());
    leak_of(&outcome.run, &outcome.test, clean, leaking)
}

/// Returns the accuracy on the `clean` and the `leaking` test examples, if there are leaking ones.
pub fn leak_of(
    run: &RunFacts,
    test: &ClassificationMetrics,
    clean: Option<&ClassificationMetrics>,
    leaking: Option<&ClassificationMetrics>,
) -> Option<String> {
    let leaking = leaking?;
    let rest = match clean {
        Some(clean) => format!(
            "accuracy {:.4} on them, {:.4} (95 % interval {:.4} to {:.4}) on the clean {}",
            leaking.accuracy,
            clean.accuracy,
            clean.accuracy_interval[0],
            clean.accuracy_interval[1],
            clean.n
        ),
        None => "none is left to measure with".to_owned(),
    };
    Some(format!(
        "{} of the {} test {} have one of their group in what was trained on or chosen with: {rest}",
        leaking.n, test.n, run.data.noun
    ))
}

/// Returns the table of metrics over all classes, with their bootstrap intervals.
fn metrics(test: &ClassificationMetrics) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let intervals = &test.intervals;
    let header = format!("95 % by {} groups", intervals.groups);
    table.set_header(["test", "", header.as_str()]);
    for (name, value, interval) in [
        ("accuracy", Some(test.accuracy), intervals.accuracy),
        (
            "balanced accuracy",
            Some(test.balanced_accuracy),
            intervals.balanced_accuracy,
        ),
        ("macro F1", Some(test.macro_f1), intervals.macro_f1),
        ("macro AUROC", test.auroc, intervals.auroc),
        ("Brier score", Some(test.brier), None),
        ("calibration error", Some(test.calibration_error), None),
    ] {
        table.add_row([name.to_owned(), decimals(value), interval_text(interval)]);
    }
    aligned(table)
}

/// Returns a table with a line for each class.
pub fn classes(test: &ClassificationMetrics) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["class", "precision", "recall", "95 %", "F1", "AUROC", "n"]);
    for (class, intervals) in test.per_class.iter().zip(&test.intervals.per_class) {
        table.add_row([
            class.class.clone(),
            format!("{:.3}", class.precision),
            format!("{:.3}", class.recall),
            interval_text(intervals.recall),
            format!("{:.3}", class.f1),
            decimals(class.auroc),
            class.support.to_string(),
        ]);
    }
    aligned(table)
}

/// Returns the lines about calibration and abstention.
fn abstention(outcome: &Outcome) -> String {
    let calibration = &outcome.calibration;
    let (part, probe) = (&calibration.test, &calibration.probe.all);
    let noun = outcome.run.data.noun;
    let right = part.accuracy_answered;
    let right = right.map_or(String::new(), |right| {
        format!(", {:.1} % of them right", 100.0 * right)
    });
    format!(
        "calibrated with temperature {:.2} (calibration error {:.3} before, {:.3} after)\n\
         answers {:.1} % of the test {noun}{right} ({} uncertain, {} unfamiliar), and {} of {} generated {noun} of another kind",
        calibration.temperature,
        part.calibration_error_before,
        outcome.test.calibration_error,
        100.0 * part.coverage,
        part.uncertain,
        part.unfamiliar,
        probe.answered,
        probe.n
    )
}

fn decimals(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

fn interval_text(interval: Option<[f64; 2]>) -> String {
    interval.map_or(String::new(), |[low, high]| {
        format!("{low:.3} to {high:.3}")
    })
}

/// Returns a table without borders, its numbers aligned to the right.
pub fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    aligned(table)
}

/// Formats a number without decimals and with a space between groups of three digits, as in `1 234 567`.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let (start, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let parts =
        std::iter::once(start.into()).filter(|start: &std::borrow::Cow<'_, str>| !start.is_empty());
    parts.chain(groups).collect::<Vec<_>>().join(" ")
}

/// Formats a number with at most six decimals, without trailing zeros.
pub fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Aligns every column but the first to the right.
fn aligned(mut table: Table) -> String {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
