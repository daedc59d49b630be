//! Cross-validation: one training per fold, each tested on another part of the examples, and the results of all folds
//! together. Every fold is a run of its own in `fold-1`, `fold-2`, ... inside the run's folder.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};
use metrics::{ClassificationMetrics, Predictions};
use models::file::MODEL_FILE;
use serde_json::Value;

use super::config::Config;
use crate::data::Fold;
use crate::experiments::Experiment;
use crate::fit::interrupt;
use crate::options::data::{FoldModels, Folds};
use crate::report;
use crate::report::cross_validation::{CrossValidation, Pooled, Spread};
use crate::report::finished::{Finished, RESULT_FORMAT};
use crate::run_folder::RunFolder;
use crate::tasks::job::Job;

/// Trains and tests every fold, and writes what they come to.
///
/// # Errors
/// When a fold fails.
pub fn cross_validate(
    experiment: &Experiment,
    job: &Job,
    config: &Config,
    folds: Folds,
) -> Result<Finished> {
    let mut results = Vec::new();
    for number in 1..=folds.count {
        eprintln!("\nfold {number} of {}", folds.count);
        let folder = job.folder.subfolder(&fold_name(number))?;
        let result = match finished(&folder, job.resume)? {
            Some(result) => result,
            None => train(experiment, job, config, number, folds)?,
        };
        results.push(result);
        if interrupt::requested().is_some() {
            break;
        }
    }
    job.accept()?;
    let outcome = gather(job, config, folds, results)?;
    write(job, folds, &outcome)?;
    job.folder.make_latest()?;
    Finished::write(outcome.summary(), &outcome, &job.folder)
}

/// The result of a fold that an earlier call has finished.
fn finished(folder: &RunFolder, resume: bool) -> Result<Option<Value>> {
    let path = folder.file("result.json");
    if !resume || !path.is_file() {
        return Ok(None);
    }
    let broken = || format!("{}: cannot be read; delete it and go on", path.display());
    let text = fs::read_to_string(&path).with_context(broken)?;
    let result: Value = serde_json::from_str(&text).with_context(broken)?;
    Ok((result["interrupted"] == false).then_some(result))
}

/// Trains and tests one fold, and returns its `result.json`.
fn train(
    experiment: &Experiment,
    job: &Job,
    config: &Config,
    number: usize,
    folds: Folds,
) -> Result<Value> {
    let mut job = job.inner(&fold_name(number))?;
    job.data.fold = Some(Fold {
        number,
        of: folds.count,
    });
    let config = Config {
        folds: None,
        data: job.data.clone(),
        ..config.clone()
    };
    job.pending.push((job.folder.clone(), config.to_json()?));
    let finished = experiment.training()?.train(&job)?;
    Ok(serde_json::from_str(&finished.json)?)
}

/// Returns the name of a fold's folder.
fn fold_name(number: usize) -> String {
    format!("fold-{number}")
}

fn gather(
    job: &Job,
    config: &Config,
    folds: Folds,
    results: Vec<Value>,
) -> Result<CrossValidation> {
    // The first among equals.
    let valid = |fold: &usize| results[*fold]["valid"]["accuracy"].as_f64().unwrap_or(0.0);
    let best = (0..results.len())
        .rev()
        .max_by(|a, b| valid(a).total_cmp(&valid(b)));
    let first = results.first().context("no fold was trained")?;
    let classes: Vec<String> = serde_json::from_value(first["data"]["classes"].clone())?;
    let folders = folders(job, results.len())?;
    let (predictions, groups) = test_predictions(&folders, &classes)?;
    Ok(CrossValidation {
        format: RESULT_FORMAT,
        experiment: config.experiment.clone(),
        seed: config.seed,
        folds: folds.count,
        interrupted: results.len() < folds.count
            || results.iter().any(|result| result["interrupted"] == true),
        device: job.device.description.clone(),
        data: first["data"].clone(),
        test: spreads(&results),
        pooled: Pooled::new(ClassificationMetrics::new(
            &predictions,
            &classes,
            Some(&groups),
        )),
        best_fold: best.unwrap_or(0) + 1,
        model: job.folder.file(MODEL_FILE).display().to_string(),
        notice: first["notice"].as_str().map(str::to_owned),
        fold_results: results,
    })
}

/// Returns mean and standard deviation of every number among the folds' test metrics.
fn spreads(results: &[Value]) -> std::collections::BTreeMap<String, Spread> {
    let first = results
        .first()
        .and_then(|result| result["test"].as_object());
    let names = first.into_iter().flat_map(|test| test.keys());
    names
        .filter_map(|name| {
            let values = results.iter().map(|result| result["test"][name].as_f64());
            Some((
                name.clone(),
                Spread::new(values.collect::<Option<Vec<f64>>>()?),
            ))
        })
        .collect()
}

/// The folders of the first `count` folds.
fn folders(job: &Job, count: usize) -> Result<Vec<RunFolder>> {
    (1..=count)
        .map(|number| job.folder.subfolder(&fold_name(number)))
        .collect()
}

/// Reads the test predictions of every fold, and the groups of the examples.
fn test_predictions(
    folders: &[RunFolder],
    classes: &[String],
) -> Result<(Predictions, Vec<usize>)> {
    let mut predictions = Predictions::new(classes.len());
    let mut tested_groups = Vec::new();
    for folder in folders {
        let mut groups: HashMap<String, usize> = HashMap::new();
        for row in rows(folder, "split.csv")? {
            let group = row[3]
                .parse()
                .with_context(|| broken(folder, "split.csv"))?;
            groups.insert(row[0].to_owned(), group);
        }
        for row in rows(folder, "predictions.csv")? {
            if &row[0] != "test" {
                continue;
            }
            let broken = || broken(folder, "predictions.csv");
            let label = classes.iter().position(|class| *class == row[2]);
            let probabilities = row.iter().skip(row.len() - classes.len());
            let logits: Vec<f64> = probabilities
                .map(|probability| Ok(probability.parse::<f64>()?.max(f64::MIN_POSITIVE).ln()))
                .collect::<Result<_>>()
                .with_context(broken)?;
            predictions.push(&logits, label.with_context(broken)?);
            tested_groups.push(*groups.get(&row[1]).with_context(broken)?);
        }
    }
    Ok((predictions, tested_groups))
}

fn broken(folder: &RunFolder, name: &str) -> String {
    format!("{}: cannot be read", folder.file(name).display())
}

/// The rows of a table in a fold's folder.
fn rows(folder: &RunFolder, name: &str) -> Result<Vec<csv::StringRecord>> {
    let rows = csv::Reader::from_path(folder.file(name))
        .and_then(|mut table| table.records().collect::<Result<Vec<_>, _>>());
    rows.with_context(|| broken(folder, name))
}

fn write(job: &Job, folds: Folds, outcome: &CrossValidation) -> Result<()> {
    let folders = folders(job, outcome.fold_results.len())?;
    let best = fs::read(folders[outcome.best_fold - 1].file(MODEL_FILE));
    match best {
        Ok(model) => job.folder.write(MODEL_FILE, model)?,
        // A resumed run whose other models are gone already has the best.
        Err(error) if !job.folder.file(MODEL_FILE).is_file() => {
            return Err(error).context(format!("fold {}: its model", outcome.best_fold));
        }
        Err(_) => {}
    }
    if folds.models == FoldModels::Best && !outcome.interrupted {
        for folder in &folders {
            remove(folder)?;
        }
    }
    job.folder
        .write("predictions.csv", predictions(&folders)?)?;
    let classes: Vec<String> = serde_json::from_value(outcome.data["classes"].clone())?;
    let confusion = &outcome.pooled.metrics.confusion;
    let confusion = figures::confusion::draw(confusion, &classes)?;
    report::figure::write(&job.folder, "confusion", &confusion)?;
    job.folder.write("card.md", outcome.card())
}

/// Takes away a fold's model and checkpoints.
fn remove(folder: &RunFolder) -> Result<()> {
    let (model, checkpoints) = (folder.file(MODEL_FILE), folder.file("checkpoint"));
    if model.is_file() {
        fs::remove_file(&model).with_context(|| format!("{}", model.display()))?;
    }
    if checkpoints.is_dir() {
        fs::remove_dir_all(&checkpoints).with_context(|| format!("{}", checkpoints.display()))?;
    }
    Ok(())
}

/// Returns `predictions.csv` of a cross-validation: the test predictions of all folds, each with its fold.
fn predictions(folders: &[RunFolder]) -> Result<Vec<u8>> {
    let read = |folder: &RunFolder| {
        let path = folder.file("predictions.csv");
        csv::Reader::from_path(&path).with_context(|| format!("{}: cannot be read", path.display()))
    };
    let Some(first) = folders.first() else {
        return Ok(Vec::new());
    };
    let header = read(first)?.headers()?.clone();
    let mut table = files::Table::new(std::iter::once("fold").chain(header.iter().skip(1)))?;
    for (fold, folder) in folders.iter().enumerate() {
        let number = (fold + 1).to_string();
        for row in read(folder)?.records() {
            let row = row?;
            if &row[0] == "test" {
                table.row(std::iter::once(&*number).chain(row.iter().skip(1)))?;
            }
        }
    }
    Ok(table.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// NumPy: `np.mean([0.9, 0.8, 0.85])` = 0.85, `np.std(..., ddof=1)` = 0.05.
    #[test]
    fn folds_come_to_means_and_deviations() {
        let fold = |accuracy: f64, confusion: [[usize; 2]; 2]| json!({"test": {"accuracy": accuracy, "per_class": [], "confusion": confusion}});
        let results = [
            fold(0.9, [[5, 1], [0, 4]]),
            fold(0.8, [[4, 1], [1, 4]]),
            fold(0.85, [[6, 0], [2, 2]]),
        ];
        let spread = &spreads(&results)["accuracy"];
        assert!((spread.mean - 0.85).abs() < 1e-12 && (spread.std - 0.05).abs() < 1e-12);
        assert_eq!(spreads(&results).len(), 1);
    }
}
