//! `card.md`, the model card of a run: intended use, training data, metrics and their uncertainty (after Mitchell et al.
//! 2019, Model Cards for Model Reporting, <https://arxiv.org/abs/1810.03993>).

use super::result::{DataSummary, RunFacts, TaskResults, TrainingFacts};
use super::section::{Section, Table};
use crate::fit::class_weights::Sampling;
use crate::fit::continuation::differences;
use crate::fit::progress::Position;
use models::FEATURES;

/// Returns the card of a training or an evaluation.
pub fn card<R: TaskResults>(run: &RunFacts, results: &R) -> String {
    let mut sections = vec![Section::new("Intended use").card_list(results.intended_use(run))];
    let (title, generated) = match &run.evaluation {
        Some(evaluated) => {
            sections.push(evaluated.section(run));
            let title = format!("{}, evaluated", run.experiment);
            (title, evaluated.generated(&run.data))
        }
        None => {
            let training = run.training.iter();
            sections.extend(training.map(|training| training_section(run, training, R::MONITOR)));
            let generated = run.data.generated.then_some(GENERATED);
            (run.experiment.clone(), generated)
        }
    };
    sections.extend(results.sections(run));
    markdown(&title, run.notice.as_deref(), generated, &sections)
}

/// Sentence of a training on generated data.
pub const GENERATED: &str =
    "Trained on generated stand-ins: the figures say nothing about real data.";

/// Formats a card: title, notice, a sentence about generated data, and the sections.
pub fn markdown(
    title: &str,
    notice: Option<&str>,
    generated: Option<&str>,
    sections: &[Section],
) -> String {
    let mut blocks = vec![format!("# {title}")];
    blocks.extend(notice.map(|notice| format!("**{notice}**")));
    blocks.extend(generated.map(str::to_owned));
    blocks.extend(sections.iter().map(Section::markdown));
    blocks.join("\n\n") + "\n"
}

/// Describes how the network was trained; `monitor` names the figure by which the kept epoch was the best.
fn training_section(run: &RunFacts, training: &TrainingFacts, monitor: &str) -> Section {
    let data = &run.data;
    let TrainingFacts {
        best_epoch,
        interrupted,
        recipe,
        ..
    } = training;
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
    let summary = format!(
        "{:?}, learning rate {} ({:?}), batch size {}, {} epochs{}",
        recipe.optimizer,
        recipe.learning_rate,
        recipe.schedule,
        recipe.batch_size,
        run.epochs,
        if *interrupted { ", interrupted" } else { "" }
    );
    table.row(["training", &summary]);
    for [what, how] in balance(training).into_iter().chain(origin(training)) {
        table.row([&*what, &*how]);
    }
    let monitored = recipe.monitored(monitor);
    let ties = match monitored.as_str() {
        "validation loss" => "",
        _ => "; ties go to the lower loss",
    };
    let kept = format!("epoch {best_epoch}, the best by {monitored}{ties}");
    table.row(["kept", &kept]);
    table.row(["device", &run.device]);
    table.row(["parameters", &run.parameters.to_string()]);
    Section::new("Training").card_text(table.markdown())
}

/// Describes how classes of unequal size are balanced.
fn balance(training: &TrainingFacts) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let recipe = &training.recipe;
    if let (Some(weights), Some(named)) = (&recipe.class_weights, &training.class_weights) {
        let named = named
            .iter()
            .map(|(class, weight)| format!("{class} {weight:.3}"));
        let named = named.collect::<Vec<_>>().join(", ");
        rows.push([
            "class weights".to_owned(),
            format!("{weights}: {named}; validation and test are not weighted"),
        ]);
    }
    if recipe.sampling == Sampling::Balanced {
        rows.push([
            "sampling".to_owned(),
            "balanced: an epoch draws each class equally often".to_owned(),
        ]);
    }
    rows
}

/// Describes the model that the training started from, its frozen layers, and its earlier recipes.
fn origin(training: &TrainingFacts) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    if let Some(init) = &training.init {
        let model = format!(
            "the weights of `{}` ({} on {}, SHA-256 `{}`)",
            init.model.display(),
            init.experiment,
            init.data,
            init.sha256
        );
        rows.push(["started from".to_owned(), model]);
    }
    if let Some(last) = &training.recipe.freeze {
        let layers = match last.as_str() {
            FEATURES => "all layers but the last".to_owned(),
            last => format!("the layers up to {last}"),
        };
        rows.push(["frozen".to_owned(), layers]);
    }
    for earlier in &training.earlier_recipes {
        let Position { epochs, batches } = earlier.until;
        let until = match batches {
            0 => format!("until the end of epoch {epochs}"),
            batches => format!("until batch {batches} of epoch {}", epochs + 1),
        };
        let settings = differences(&earlier.recipe, &training.recipe).join(", ");
        let settings = match settings.as_str() {
            "" => "as above".to_owned(),
            settings => settings.to_owned(),
        };
        rows.push([until, settings]);
    }
    rows
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
