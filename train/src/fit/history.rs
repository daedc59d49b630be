//! What happened in each epoch: kept in memory for the curves and for choosing the best epoch,
//! and written to `log.jsonl` and `metrics.csv` as each epoch ends.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use burn::train::Interrupter;
use burn::train::logger::MetricLogger;
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};
use serde::{Deserialize, Serialize};

use crate::fit::clipping::Clipping;

/// The figures of one epoch, by metric name (`loss`, `accuracy`, ...); accuracies are fractions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Over the training batches, measured while the network was still changing.
    pub train: BTreeMap<String, f64>,
    /// Over the validation part, after the epoch's last step.
    pub valid: BTreeMap<String, f64>,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Wall-clock seconds for training and validation.
    pub seconds: f64,
}

/// A callback for each finished epoch.
pub type EpochListener = Box<dyn FnMut(&Epoch) + Send>;

/// What takes part in a training beside the log.
#[derive(Default)]
pub struct Events {
    /// Told of each finished epoch.
    pub listener: Option<EpochListener>,
    /// Stops a training that has diverged.
    pub interrupter: Option<Interrupter>,
    /// Knows how long the gradients were.
    pub clipping: Option<Clipping>,
}

/// Where the loss was no finite number any more: no later step can mend that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diverged {
    /// Counted from 1.
    pub epoch: usize,
    /// Counted from 1.
    pub batch: usize,
    /// "training" or "validation".
    pub part: &'static str,
}

/// Collects Burn's metric events into [`Epoch`]s. Cloning shares the collection.
#[derive(Clone)]
pub struct History {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    folder: PathBuf,
    epochs: Vec<Epoch>,
    names: HashMap<MetricId, String>,
    current: HashMap<(String, &'static str), Mean>,
    started: Instant,
    events: Events,
    diverged: Option<Diverged>,
    failure: Option<std::io::Error>,
}

/// A mean over batches, each counted by its size.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
    last: f64,
    batches: usize,
    settled: Option<f64>,
}

impl Mean {
    fn add(&mut self, entry: &NumericEntry) {
        let (value, count) = match entry {
            NumericEntry::Value(value) => (*value, 1.0),
            NumericEntry::Aggregated {
                aggregated_value,
                count,
            } => (*aggregated_value, *count as f64),
            NumericEntry::Final(value) => {
                self.settled = Some(*value);
                return;
            }
        };
        self.batches += 1;
        self.sum += value * count;
        self.count += count;
        self.last = value;
    }

    fn value(&self) -> f64 {
        self.settled.unwrap_or(if self.count > 0.0 {
            self.sum / self.count
        } else {
            f64::NAN
        })
    }
}

/// Burn's names for the metrics; `read_numeric` is asked with them.
const LEARNING_RATE: &str = "Learning Rate";
const ACCURACY: &str = "Accuracy";
const LOSS: &str = "Loss";

impl History {
    /// A history that writes into `folder`.
    pub fn new(folder: &Path, events: Events) -> Self {
        let inner = Inner {
            folder: folder.to_path_buf(),
            epochs: Vec::new(),
            names: HashMap::new(),
            current: HashMap::new(),
            started: Instant::now(),
            events,
            diverged: None,
            failure: None,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// The history of an earlier run, cut after `last` epochs, to go on from there.
    ///
    /// # Errors
    /// When `log.jsonl` is missing, broken, or has fewer epochs.
    pub fn resume(folder: &Path, last: usize, events: Events) -> Result<Self> {
        let path = folder.join("log.jsonl");
        let epochs = lines(&path, last)?;
        anyhow::ensure!(
            epochs.len() == last,
            "{}: holds {} epochs, the checkpoint is of epoch {last}; start a new run",
            path.display(),
            epochs.len()
        );
        let history = Self::new(folder, events);
        history.lock().epochs = epochs;
        history.keep(last)?;
        Ok(history)
    }

    /// Forgets every epoch after the first `count`, on disk too: of an epoch that was stopped there
    /// is no checkpoint to go on from.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, count: usize) -> Result<()> {
        let mut inner = self.lock();
        inner.epochs.truncate(count);
        // Whole or not at all: without its log a run cannot be resumed.
        let mut log = String::new();
        for epoch in &inner.epochs {
            log += &serde_json::to_string(epoch)?;
            log.push('\n');
        }
        files::write(&inner.folder.join("log.jsonl"), log)?;
        let mut metrics = String::new();
        for (index, epoch) in inner.epochs.iter().enumerate() {
            metrics += &columns(epoch, index == 0);
        }
        Ok(files::write(&inner.folder.join("metrics.csv"), metrics)?)
    }

    /// Every finished epoch so far.
    pub fn epochs(&self) -> Vec<Epoch> {
        self.lock().epochs.clone()
    }

    /// Where the training has diverged, if it has.
    pub fn diverged(&self) -> Option<Diverged> {
        self.lock().diverged
    }

    /// The first error of writing the log, if there was one.
    pub fn take_failure(&self) -> Option<std::io::Error> {
        self.lock().failure.take()
    }

    /// Starts the clock of the first epoch.
    pub fn start(&self) {
        self.lock().started = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn value(&self, name: &str, split: &'static str) -> Option<f64> {
        self.current.get(&(name.to_owned(), split)).map(Mean::value)
    }

    fn figures(&self, split: &'static str) -> BTreeMap<String, f64> {
        self.current
            .iter()
            .filter(|((name, of), _)| *of == split && name != LEARNING_RATE)
            .map(|((name, _), mean)| (key(name), to_fraction(name, mean.value())))
            .collect()
    }

    fn finish_epoch(&mut self, number: usize) {
        let learning_rate = self
            .current
            .get(&(LEARNING_RATE.to_owned(), "train"))
            .map_or(0.0, |rate| rate.last);
        let mut train = self.figures("train");
        let norms = self.events.clipping.as_ref();
        if let Some([mean, largest]) = norms.and_then(|clipping| clipping.norms(number).figures()) {
            train.insert("gradient_norm".to_owned(), mean);
            train.insert("largest_gradient_norm".to_owned(), largest);
        }
        let epoch = Epoch {
            epoch: number,
            train,
            valid: self.figures("valid"),
            learning_rate,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        self.started = Instant::now();
        self.current.clear();
        if let Err(error) = self.write(&epoch) {
            self.failure.get_or_insert(error);
        }
        if let Some(listener) = &mut self.events.listener {
            listener(&epoch);
        }
        self.epochs.push(epoch);
    }

    fn write(&self, epoch: &Epoch) -> std::io::Result<()> {
        let append = |name: &str| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.folder.join(name))
        };
        writeln!(append("log.jsonl")?, "{}", serde_json::to_string(epoch)?)?;

        let mut metrics = append("metrics.csv")?;
        let new = metrics.metadata()?.len() == 0;
        metrics.write_all(columns(epoch, new).as_bytes())
    }
}

/// Every finished epoch of a run's `log.jsonl`.
///
/// # Errors
/// When it is missing or broken.
pub fn read(path: &Path) -> Result<Vec<Epoch>> {
    lines(path, usize::MAX)
}

/// The first epochs of a log, so many at most.
fn lines(path: &Path, count: usize) -> Result<Vec<Epoch>> {
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
                "{}: line {line} is no epoch; start a new run",
                path.display()
            )
        })?;
        epochs.push(epoch);
    }
    Ok(epochs)
}

/// An epoch's line of `metrics.csv`, below the header if it is the first.
fn columns(epoch: &Epoch, first: bool) -> String {
    let mut columns = vec![("epoch".to_owned(), epoch.epoch.to_string())];
    for (part, figures) in [("train", &epoch.train), ("valid", &epoch.valid)] {
        let figures = figures.iter();
        columns.extend(figures.map(|(name, x)| (format!("{part}_{name}"), x.to_string())));
    }
    columns.push(("learning_rate".to_owned(), epoch.learning_rate.to_string()));
    columns.push(("seconds".to_owned(), format!("{:.3}", epoch.seconds)));
    let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let header = if first {
        names.join(",") + "\n"
    } else {
        String::new()
    };
    header + &values.join(",") + "\n"
}

fn key(name: &str) -> String {
    name.to_lowercase().replace(' ', "_")
}

/// Burn reports accuracy in percent.
fn to_fraction(name: &str, value: f64) -> f64 {
    if name == ACCURACY {
        value / 100.0
    } else {
        value
    }
}

fn of_split(split: &Split) -> &'static str {
    split.clone().into()
}

impl MetricLogger for History {
    fn log(&mut self, update: MetricsUpdate, epoch: usize, split: &Split) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        for numeric in &update.entries_numeric {
            let Some(name) = inner.names.get(&numeric.entry.metric_id).cloned() else {
                continue;
            };
            let Some(entry) = &numeric.numeric_entry else {
                continue;
            };
            let is_loss = name == LOSS;
            let mean = inner.current.entry((name, of_split(split))).or_default();
            mean.add(entry);
            if is_loss && !mean.last.is_finite() && inner.diverged.is_none() {
                inner.diverged = Some(Diverged {
                    epoch,
                    batch: mean.batches,
                    part: match split {
                        Split::Train => "training",
                        _ => "validation",
                    },
                });
                if let Some(interrupter) = &inner.events.interrupter {
                    interrupter.stop(None);
                }
            }
        }
    }

    /// Burn asks for one epoch's figures to find the best epoch; each is answered with one settled
    /// value.
    fn read_numeric(
        &mut self,
        name: &str,
        epoch: usize,
        split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        let inner = self.lock();
        let value = match inner.epochs.get(epoch.wrapping_sub(1)) {
            Some(past) => {
                let figures = if of_split(split) == "train" {
                    &past.train
                } else {
                    &past.valid
                };
                figures.get(&key(name)).copied()
            }
            None if epoch == inner.epochs.len() + 1 => inner
                .value(name, of_split(split))
                .map(|value| to_fraction(name, value)),
            None => None,
        };
        Ok(value.map(NumericEntry::Final).into_iter().collect())
    }

    fn log_metric_definition(&mut self, definition: MetricDefinition) {
        self.lock()
            .names
            .insert(definition.metric_id, definition.name.to_string());
    }

    fn log_epoch_summary(&mut self, summary: EpochSummary) {
        if summary.split == Split::Valid {
            self.lock().finish_epoch(summary.epoch_number);
        }
    }
}
