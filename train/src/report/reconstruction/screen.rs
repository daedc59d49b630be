//! The summary of an autoencoder's run on the screen.

use comfy_table::{CellAlignment, Table, presets};
use metrics::codes::CodeActivity;
use metrics::reconstruction::ReconstructionMetrics;

use super::ReconstructionOutcome;
use crate::report::screen::ending;

/// Returns the summary: the metrics of the test part, and the lines that end every run.
pub fn summary(outcome: &ReconstructionOutcome) -> String {
    let ReconstructionOutcome { run, test, .. } = outcome;
    let noisy = test.psnr_noisy.map_or(String::new(), |noisy| {
        let gain = test.psnr - noisy;
        let side = if gain < 0.0 { "below" } else { "above" };
        format!(
            ", {:.2} dB {side} the {noisy:.2} dB of what went in",
            gain.abs()
        )
    });
    let mut lines = vec![
        format!(
            "{}: test binary cross-entropy {:.4}, mean squared error {:.5}, PSNR {:.2} dB{noisy} (n = {})",
            run.experiment, test.bce, test.mse, test.psnr, test.n
        ),
        figures(outcome),
    ];
    if let (Some(divergence), Some(bound)) = (test.divergence, test.negative_bound) {
        lines.push(format!(
            "negative evidence lower bound {bound:.2} nats per picture, {divergence:.2} of them the divergence of the codes"
        ));
    }
    if let Some(found) = &outcome.neighbours {
        let [low, high] = found.interval;
        lines.push(format!(
            "{} nearest neighbours among the training codes tell the class of {:.2} % of the test pictures (95 % interval {:.2} to {:.2})",
            found.k,
            100.0 * found.accuracy,
            100.0 * low,
            100.0 * high
        ));
    }
    lines.extend(anomalies(outcome));
    lines.extend(ending(run, "the best by validation loss"));
    lines.join("\n")
}

/// Returns how well the error detects the classes that were not trained on, if one class was.
pub(super) fn anomalies(outcome: &ReconstructionOutcome) -> Option<String> {
    let found = outcome.anomalies.as_ref()?;
    let area = found
        .auroc
        .map_or("-".to_owned(), |area| format!("{area:.3}"));
    let interval = found.interval.map_or(String::new(), |[low, high]| {
        format!(" (95 % interval {low:.3} to {high:.3})")
    });
    let by_class: Vec<String> = found
        .by_class
        .iter()
        .filter_map(|class| Some(format!("{} {:.3}", class.class, class.auroc?)))
        .collect();
    Some(format!(
        "trained on {} alone, the error tells {} others from {} of it with an AUROC of {area}{interval}: {}",
        found.normal,
        found.anomalies_n,
        found.normal_n,
        by_class.join(", ")
    ))
}

/// Returns a table with a column for the network, and one for the network without the penalty.
fn figures(outcome: &ReconstructionOutcome) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let other = outcome.unpenalized.as_ref();
    let mut header = vec!["test".to_owned(), String::new()];
    let mut columns: Vec<(&ReconstructionMetrics, &CodeActivity)> =
        vec![(&outcome.test, &outcome.code)];
    if let Some(other) = other {
        header.push("without the penalty".to_owned());
        columns.push((&other.test, &other.code));
    }
    table.set_header(header);
    type Figure = fn(&ReconstructionMetrics, &CodeActivity) -> String;
    let rows: [(&str, Figure); 6] = [
        ("binary cross-entropy", |test, _| format!("{:.4}", test.bce)),
        ("PSNR, dB", |test, _| format!("{:.2}", test.psnr)),
        ("mean activity of the code", |_, code| {
            format!("{:.3}", code.mean)
        }),
        ("share of active values", |_, code| {
            format!("{:.3}", code.active)
        }),
        ("sparseness", |_, code| format!("{:.3}", code.sparseness)),
        ("dead units", |_, code| {
            format!("{} of {}", code.dead_units, code.units)
        }),
    ];
    for (name, figure) in rows {
        let figures = columns.iter().map(|(test, code)| figure(test, code));
        table.add_row(std::iter::once(name.to_owned()).chain(figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
