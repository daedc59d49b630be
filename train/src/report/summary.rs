//! The summary of a training or an evaluation on the screen.

use super::result::{RunFacts, TaskResults, TrainingFacts};

/// Returns the summary: the headline, the sections' tables and lines, and what every run ends with.
pub fn summary<R: TaskResults>(run: &RunFacts, results: &R) -> String {
    let mut lines = vec![format!("{}: {}", run.experiment, results.headline())];
    for section in results.sections(run) {
        lines.extend(section.lines());
    }
    match (&run.evaluation, &run.training) {
        (Some(evaluated), _) => {
            lines.extend(evaluated.lines(run));
            lines.extend(evaluated.generated(&run.data).map(str::to_owned));
        }
        (None, training) => lines.extend(training.iter().flat_map(|training| {
            let recipe = &training.recipe;
            let monitored = results.monitored().filter(|_| recipe.monitor.is_none());
            training_lines(run, training, &recipe.monitored(R::MONITOR), monitored)
        })),
    }
    lines.extend(run.notice.clone());
    if let Some(sample) = run.samples.first() {
        lines.push(format!("Try it: cargo run -p infer -- \"{sample}\""));
    } else if let (Some(example), None) = (results.example_input(), &run.evaluation) {
        lines.push(format!("Try it: cargo run -p infer -- {example}"));
    }
    lines.join("\n")
}

/// Describes how the network was trained; `monitored` is the figure named `monitor` by which the kept epoch was the best.
fn training_lines(
    run: &RunFacts,
    training: &TrainingFacts,
    monitor: &str,
    monitored: Option<f64>,
) -> Vec<String> {
    let monitored = monitored.map_or(String::new(), |value| format!(", {value:.4}"));
    let mut lines = vec![format!(
        "kept epoch {} of {} (the best by {monitor}{monitored}); {:.1} s of training; model: {}",
        training.best_epoch,
        run.epochs,
        run.seconds.train.unwrap_or_default(),
        run.model
    )];
    if training.interrupted {
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
    lines
}
