//! The summary a run ends with on the screen.

use comfy_table::{CellAlignment, Table, presets};

use super::Outcome;

/// The table of classes and the lines around it.
pub fn summary(outcome: &Outcome) -> String {
    let test = &outcome.test;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["class", "precision", "recall", "F1", "n"]);
    for class in &test.per_class {
        table.add_row([
            class.class.clone(),
            format!("{:.3}", class.precision),
            format!("{:.3}", class.recall),
            format!("{:.3}", class.f1),
            class.support.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut lines = vec![
        format!(
            "{}: test accuracy {:.4} (95 % interval {:.4} to {:.4}, n = {}), error rate {:.4}, cross-entropy {:.4}",
            outcome.experiment,
            test.accuracy,
            test.accuracy_interval[0],
            test.accuracy_interval[1],
            test.n,
            test.error_rate,
            test.loss
        ),
        table.to_string(),
    ];
    lines.extend(leak(outcome));
    lines.push(format!(
        "kept epoch {} of {} (validation accuracy {:.4}); {:.1} s of training; model: {}",
        outcome.best_epoch,
        outcome.epochs,
        outcome.valid.accuracy,
        outcome.seconds.train,
        outcome.model
    ));
    if outcome.interrupted {
        lines.push("The training was interrupted: these are the figures so far.".to_owned());
    }
    if outcome.data.generated {
        lines.push(
            "Trained and tested on generated stand-ins: this says nothing about real data."
                .to_owned(),
        );
    }
    lines.extend(outcome.notice.clone());
    if let Some(sample) = outcome.samples.first() {
        lines.push(format!("Try it: cargo run -p infer -- \"{sample}\""));
    }
    lines.join("\n")
}

/// What the figures are without the test pictures that have copies in training.
pub fn leak(outcome: &Outcome) -> Option<String> {
    let leaking = outcome.test_leaking.as_ref()?;
    let rest = match &outcome.test_clean {
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
        "{} of the {} test pictures are copies of pictures trained on or chosen with: {rest}",
        leaking.n, outcome.test.n
    ))
}
