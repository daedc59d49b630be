//! The summary of a training on the screen.

use super::result::{RunFacts, TaskResults};

/// Returns the summary: the headline, the sections' tables and lines, and what every run ends with.
pub fn summary<R: TaskResults>(run: &RunFacts, results: &R) -> String {
    let mut lines = vec![format!("{}: {}", run.experiment, results.headline())];
    for section in results.sections(run) {
        lines.extend(section.lines());
    }
    let monitored = results.monitored();
    let monitored = monitored.map_or(String::new(), |value| format!(", {value:.4}"));
    lines.push(format!(
        "kept epoch {} of {} (the best by {}{monitored}); {:.1} s of training; model: {}",
        run.best_epoch,
        run.epochs,
        R::MONITOR,
        run.seconds.train,
        run.model
    ));
    if run.interrupted {
        lines.push(
            "The training was interrupted: these are the figures of the finished epochs."
                .to_owned(),
        );
    }
    if run.data.generated {
        lines.push(
            "Trained and tested on generated stand-ins: the figures say nothing about real data."
                .to_owned(),
        );
    }
    lines.extend(run.notice.clone());
    if let Some(sample) = run.samples.first() {
        lines.push(format!("Try it: cargo run -p infer -- \"{sample}\""));
    } else if let Some(example) = results.example_input() {
        lines.push(format!("Try it: cargo run -p infer -- {example}"));
    }
    lines.join("\n")
}
