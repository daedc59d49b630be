//! Collects Burn's metric events into the history of a training, and stops a training that diverges.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Result;
use burn::train::Interrupter;
use burn::train::logger::MetricLogger;
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};

use crate::fit::clipping::Clipping;
use crate::fit::history::{self, Epoch, EpochListener};

/// Names that Burn gives to the metrics, with which it also calls `read_numeric`.
const LEARNING_RATE: &str = "Learning Rate";
const ACCURACY: &str = "Accuracy";
const LOSS: &str = "Loss";

/// What the recorder notifies, and reads from, beside Burn's metrics.
#[derive(Default)]
pub struct Hooks {
    /// Called with each finished epoch.
    pub listener: Option<EpochListener>,
    /// Stops a training that has diverged.
    pub interrupter: Option<Interrupter>,
    /// Source of the gradient norms.
    pub clipping: Option<Clipping>,
}

/// The place where the loss stopped being finite; no later step can recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Number of the batch in it, from 1.
    pub batch: usize,
    /// "training" or "validation".
    pub part: &'static str,
}

/// Collects metric events into [`Epoch`]s and writes them to the run's folder. Cloning shares the collection.
#[derive(Clone)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
}

struct State {
    folder: PathBuf,
    epochs: Vec<Epoch>,
    /// Burn's names of the metrics.
    names: HashMap<MetricId, String>,
    /// Metrics of the current epoch, by name and part.
    current: HashMap<(String, &'static str), Mean>,
    started: Instant,
    hooks: Hooks,
    divergence: Option<Divergence>,
    failure: Option<std::io::Error>,
}

/// A mean over batches, weighted by their sizes.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    weight: f64,
    last: f64,
    batches: usize,
    /// The value of a metric that computes its own mean.
    settled: Option<f64>,
}

impl Mean {
    fn add(&mut self, entry: &NumericEntry) {
        let (value, weight) = match entry {
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
        self.sum += value * weight;
        self.weight += weight;
        self.last = value;
    }

    fn value(&self) -> f64 {
        self.settled.unwrap_or(if self.weight > 0.0 {
            self.sum / self.weight
        } else {
            f64::NAN
        })
    }
}

impl Recorder {
    /// Creates a recorder without epochs that writes into `folder`.
    pub fn new(folder: &Path, hooks: Hooks) -> Self {
        Self::with_epochs(folder, Vec::new(), hooks)
    }

    /// Continues the history of an earlier run after its epoch `last`.
    ///
    /// # Errors
    /// When `log.jsonl` is missing or damaged, or has fewer epochs.
    pub fn resume(folder: &Path, last: usize, hooks: Hooks) -> Result<Self> {
        let path = folder.join("log.jsonl");
        let epochs = history::read_first(&path, last)?;
        anyhow::ensure!(
            epochs.len() == last,
            "{}: holds {} epochs, the checkpoint is of epoch {last}; start a new run",
            path.display(),
            epochs.len()
        );
        let recorder = Self::with_epochs(folder, epochs, hooks);
        recorder.truncate(last)?;
        Ok(recorder)
    }

    fn with_epochs(folder: &Path, epochs: Vec<Epoch>, hooks: Hooks) -> Self {
        let state = State {
            folder: folder.to_path_buf(),
            epochs,
            names: HashMap::new(),
            current: HashMap::new(),
            started: Instant::now(),
            hooks,
            divergence: None,
            failure: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Drops every epoch after the first `count`, from the files too: an interrupted epoch has no checkpoint to resume
    /// from.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn truncate(&self, count: usize) -> Result<()> {
        let mut state = self.lock();
        state.epochs.truncate(count);
        history::write_all(&state.folder, &state.epochs)
    }

    /// Returns the finished epochs.
    pub fn epochs(&self) -> Vec<Epoch> {
        self.lock().epochs.clone()
    }

    /// Returns where the training diverged, if it did.
    pub fn divergence(&self) -> Option<Divergence> {
        self.lock().divergence
    }

    /// Takes the first error of writing the history, if there was one.
    pub fn take_failure(&self) -> Option<std::io::Error> {
        self.lock().failure.take()
    }

    /// Starts the clock of the first epoch.
    pub fn start(&self) {
        self.lock().started = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn value(&self, name: &str, part: &'static str) -> Option<f64> {
        self.current.get(&(name.to_owned(), part)).map(Mean::value)
    }

    /// Returns the metrics of one part, under their keys in the history.
    fn metrics(&self, part: &'static str) -> BTreeMap<String, f64> {
        self.current
            .iter()
            .filter(|((name, of), _)| *of == part && name != LEARNING_RATE)
            .map(|((name, _), mean)| (key(name), to_fraction(name, mean.value())))
            .collect()
    }

    fn finish_epoch(&mut self, number: usize) {
        let learning_rate = self
            .current
            .get(&(LEARNING_RATE.to_owned(), "train"))
            .map_or(0.0, |rate| rate.last);
        let mut train = self.metrics("train");
        let clipping = self.hooks.clipping.as_ref();
        let norms = clipping.and_then(|clipping| clipping.norms(number).mean_and_max());
        if let Some([mean, max]) = norms {
            train.insert("gradient_norm".to_owned(), mean);
            train.insert("largest_gradient_norm".to_owned(), max);
        }
        let epoch = Epoch {
            epoch: number,
            train,
            valid: self.metrics("valid"),
            learning_rate,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        self.started = Instant::now();
        self.current.clear();
        if let Err(error) = history::append(&self.folder, &epoch) {
            self.failure.get_or_insert(error);
        }
        if let Some(listener) = &mut self.hooks.listener {
            listener(&epoch);
        }
        self.epochs.push(epoch);
    }

    /// Notes where the loss first stopped being finite, and stops the training.
    fn stop(&mut self, divergence: Divergence) {
        if self.divergence.is_some() {
            return;
        }
        self.divergence = Some(divergence);
        if let Some(interrupter) = &self.hooks.interrupter {
            interrupter.stop(None);
        }
    }
}

/// Returns the key of a metric in the history.
fn key(name: &str) -> String {
    name.to_lowercase().replace(' ', "_")
}

/// Converts Burn's accuracies, which are in percent.
fn to_fraction(name: &str, value: f64) -> f64 {
    if name == ACCURACY {
        value / 100.0
    } else {
        value
    }
}

fn part_name(split: &Split) -> &'static str {
    split.clone().into()
}

impl MetricLogger for Recorder {
    fn log(&mut self, update: MetricsUpdate, epoch: usize, split: &Split) {
        let mut state = self.lock();
        let state = &mut *state;
        for numeric in &update.entries_numeric {
            let Some(name) = state.names.get(&numeric.entry.metric_id).cloned() else {
                continue;
            };
            let Some(entry) = &numeric.numeric_entry else {
                continue;
            };
            let is_loss = name == LOSS;
            let mean = state.current.entry((name, part_name(split))).or_default();
            mean.add(entry);
            if is_loss && !mean.last.is_finite() {
                let batch = mean.batches;
                let part = match split {
                    Split::Train => "training",
                    _ => "validation",
                };
                state.stop(Divergence { epoch, batch, part });
            }
        }
    }

    /// Returns the mean of one epoch, by which Burn finds the best epoch.
    fn read_numeric(
        &mut self,
        name: &str,
        epoch: usize,
        split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        let state = self.lock();
        let value = match state.epochs.get(epoch.wrapping_sub(1)) {
            Some(past) => {
                let metrics = if part_name(split) == "train" {
                    &past.train
                } else {
                    &past.valid
                };
                metrics.get(&key(name)).copied()
            }
            None if epoch == state.epochs.len() + 1 => state
                .value(name, part_name(split))
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
