//! `card.md`, the model card of a run: intended use, training data, metrics and their uncertainty (after Mitchell et al.
//! 2019, Model Cards for Model Reporting, <https://arxiv.org/abs/1810.03993>).

use super::result::{DataSummary, RunFacts, TaskResults};
use super::section::{Section, Table};

/// Returns the card of a training.
pub fn training<R: TaskResults>(run: &RunFacts, results: &R) -> String {
    let mut sections = vec![
        Section::new("Intended use").card_list(results.intended_use(run)),
        training_section(run, R::MONITOR),
    ];
    sections.extend(results.sections(run));
    markdown(
        &run.experiment,
        run.notice.as_deref(),
        run.data.generated,
        &sections,
    )
}

/// Formats a card: title, notice, whether the data were generated, and the sections.
pub fn markdown(
    title: &str,
    notice: Option<&str>,
    is_generated: bool,
    sections: &[Section],
) -> String {
    let mut blocks = vec![format!("# {title}")];
    blocks.extend(notice.map(|notice| format!("**{notice}**")));
    if is_generated {
        blocks.push(
            "Trained on generated stand-ins: the figures say nothing about real data.".to_owned(),
        );
    }
    blocks.extend(sections.iter().map(Section::markdown));
    blocks.join("\n\n") + "\n"
}

/// Describes how the network was trained; `monitor` names the figure by which the kept epoch was the best.
fn training_section(run: &RunFacts, monitor: &str) -> Section {
    let RunFacts { data, recipe, .. } = run;
    let classes = match data.classes.len() {
        0 => String::new(),
        count => format!(", {count} classes: {}", data.classes.join(", ")),
    };
    let mut table = Table::new(["", ""]);
    table.row(["data", &format!("{}{classes}", data.name)]);
    let split = format!(
        "{}, seed {}: {} training, {} validation, {} test",
        data.split, run.seed, data.train, data.valid, data.test
    );
    table.row(["split", &split]);
    if let Some(class) = &data.train_class {
        table.row(["class", &format!("trained and validated on {class} alone")]);
    }
    table.row(["leakage", &leakage(data)]);
    table.row(["unreadable files", &data.skipped.to_string()]);
    table.row(["data fingerprint", &format!("`{}`", data.fingerprint)]);
    let training = format!(
        "{:?}, learning rate {} ({:?}), batch size {}, {} epochs{}",
        recipe.optimizer,
        recipe.learning_rate,
        recipe.schedule,
        recipe.batch_size,
        run.epochs,
        if run.interrupted { ", interrupted" } else { "" }
    );
    table.row(["training", &training]);
    let kept = format!("epoch {}, the best by {monitor}", run.best_epoch);
    table.row(["kept", &kept]);
    table.row(["device", &run.device]);
    table.row(["parameters", &run.parameters.to_string()]);
    Section::new("Training").card_text(table.markdown())
}

/// Describes test examples whose group is in training or validation.
fn leakage(data: &DataSummary) -> String {
    match &data.leakage {
        Some(found) => found.clone(),
        None if data.generated => "none: every example was generated anew".to_owned(),
        None => format!(
            "unknown: the split is {}, so that near-duplicates of a test example may be in the training part, and the \
             figures may measure memory",
            data.split
        ),
    }
}
