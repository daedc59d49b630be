//! The history of a training: one entry per finished epoch, in `log.jsonl` and `metrics.csv`.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use files::WriteError;
use serde::{Deserialize, Serialize};

/// The metrics of one epoch, by name (`loss`, `accuracy`, ...); accuracies are fractions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Metrics over the training batches, measured while the network changed.
    pub train: BTreeMap<String, f64>,
    /// Metrics over the validation part, after the last step of the epoch.
    pub valid: BTreeMap<String, f64>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Wall-clock seconds of training and validation.
    pub seconds: f64,
}

/// A callback for each finished epoch.
pub type EpochListener = Box<dyn FnMut(&Epoch) + Send>;

/// Reads every epoch of a run's `log.jsonl`.
///
/// # Errors
/// When the file is missing or damaged.
pub fn read(path: &Path) -> Result<Vec<Epoch>> {
    read_first(path, usize::MAX)
}

/// Reads at most `count` epochs from the start of a run's `log.jsonl`.
///
/// # Errors
/// When the file is missing, or damaged within these epochs.
pub(super) fn read_first(path: &Path, count: usize) -> Result<Vec<Epoch>> {
    let file = File::open(path).with_context(|| {
        format!(
            "{}: cannot be opened to resume the run; start a new one",
            path.display()
        )
    })?;
    let mut epochs = Vec::new();
    for line in BufReader::new(file).lines().take(count) {
        let line = line.with_context(|| format!("{}: cannot be read", path.display()))?;
        let epoch = serde_json::from_str(&line).with_context(|| {
            let line = epochs.len() + 1;
            format!(
                "{}: line {line} is not an epoch; start a new run",
                path.display()
            )
        })?;
        epochs.push(epoch);
    }
    Ok(epochs)
}

/// Replaces both files in `folder`, each atomically: without its log a run cannot be resumed.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_all(folder: &Path, epochs: &[Epoch]) -> Result<()> {
    let mut log = String::new();
    let mut metrics = String::new();
    for (index, epoch) in epochs.iter().enumerate() {
        log += &serde_json::to_string(epoch)?;
        log.push('\n');
        metrics += &csv_lines(epoch, index == 0);
    }
    files::write(&folder.join("log.jsonl"), log)?;
    Ok(files::write(&folder.join("metrics.csv"), metrics)?)
}

/// Appends an epoch to both files in `folder`.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn append(folder: &Path, epoch: &Epoch) -> Result<(), WriteError> {
    let append = |name: &str, lines: &dyn Fn(bool) -> io::Result<String>| {
        let path = folder.join(name);
        let append = || {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            let is_new = file.metadata()?.len() == 0;
            file.write_all(lines(is_new)?.as_bytes())
        };
        append().map_err(|reason| WriteError { path, reason })
    };
    append("log.jsonl", &|_| Ok(serde_json::to_string(epoch)? + "\n"))?;
    append("metrics.csv", &|is_new| Ok(csv_lines(epoch, is_new)))
}

/// Returns the line of an epoch in `metrics.csv`, below the header if it is the first.
fn csv_lines(epoch: &Epoch, is_first: bool) -> String {
    let mut columns = vec![("epoch".to_owned(), epoch.epoch.to_string())];
    for (part, metrics) in [("train", &epoch.train), ("valid", &epoch.valid)] {
        let metrics = metrics.iter();
        columns.extend(metrics.map(|(name, x)| (format!("{part}_{name}"), x.to_string())));
    }
    columns.push(("learning_rate".to_owned(), epoch.learning_rate.to_string()));
    columns.push(("seconds".to_owned(), format!("{:.3}", epoch.seconds)));
    let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let header = if is_first {
        names.join(",") + "\n"
    } else {
        String::new()
    };
    header + &values.join(",") + "\n"
}
