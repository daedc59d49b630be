//! Collects Burn's metric events into the history of a training, and stops a training that diverges.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use burn::train::Interrupter;
use burn::train::logger::MetricLogger;
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};
use files::WriteError;

use crate::fit::clipping::Clipping;
use crate::fit::history::{self, Epoch, EpochListener};
use crate::fit::progress::{LEARNING_RATE, Progress, RunningMean};

/// Names that Burn gives to the metrics.
const ACCURACY: &str = "Accuracy";
const LOSS: &str = "Loss";

/// Burn's name of the training part.
const TRAIN: &str = "train";

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
    current: HashMap<(String, &'static str), RunningMean>,
    /// When this process began the current epoch, and how long another process worked on it before.
    started: Instant,
    elapsed: Duration,
    hooks: Hooks,
    divergence: Option<Divergence>,
    failure: Option<WriteError>,
}

impl Recorder {
    /// Creates a recorder that goes on from an earlier training's progress, and writes into `folder`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn new(folder: &Path, progress: &Progress, hooks: Hooks) -> Result<Self> {
        let current = progress.metrics.iter();
        let current = current.map(|(name, mean)| ((name.clone(), TRAIN), *mean));
        let elapsed = Duration::try_from_secs_f64(progress.seconds).unwrap_or_default();
        let state = State {
            folder: folder.to_path_buf(),
            epochs: progress.epochs.clone(),
            names: HashMap::new(),
            current: current.collect(),
            started: Instant::now(),
            elapsed,
            hooks,
            divergence: None,
            failure: None,
        };
        let recorder = Self {
            state: Arc::new(Mutex::new(state)),
        };
        recorder.write()?;
        Ok(recorder)
    }

    /// Writes the files anew: an earlier training may have been killed between the log of an epoch and its checkpoint.
    fn write(&self) -> Result<()> {
        let state = self.lock();
        history::write_all(&state.folder, &state.epochs)
    }

    /// Returns how far the training has come. The metrics are those of the training batches: validation is repeated.
    pub fn progress(&self) -> Progress {
        let state = self.lock();
        let metrics = state.current.iter();
        let metrics = metrics.filter(|((_, part), _)| *part == TRAIN);
        let mut metrics: Vec<_> = metrics
            .map(|((name, _), mean)| (name.clone(), *mean))
            .collect();
        metrics.sort_by(|(a, _), (b, _)| a.cmp(b));
        let clipping = state.hooks.clipping.as_ref();
        Progress {
            epochs: state.epochs.clone(),
            metrics,
            batches: 0,
            norms: clipping.map(Clipping::norms).unwrap_or_default(),
            seconds: state.seconds(),
        }
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
    pub fn take_failure(&self) -> Option<WriteError> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the seconds of the current epoch so far.
    fn seconds(&self) -> f64 {
        (self.elapsed + self.started.elapsed()).as_secs_f64()
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
            .get(&(LEARNING_RATE.to_owned(), TRAIN))
            .map_or(0.0, |rate| rate.last);
        let mut train = self.metrics(TRAIN);
        let clipping = self.hooks.clipping.as_ref();
        let norms = clipping.and_then(|clipping| clipping.take_norms().mean_and_max());
        if let Some([mean, max]) = norms {
            train.insert("gradient_norm".to_owned(), mean);
            train.insert("largest_gradient_norm".to_owned(), max);
        }
        let epoch = Epoch {
            epoch: number,
            train,
            valid: self.metrics("valid"),
            learning_rate,
            seconds: self.seconds(),
        };
        self.started = Instant::now();
        self.elapsed = Duration::ZERO;
        self.current.clear();
        if let Err(error) = history::append(&self.folder, &epoch) {
            // Where the log cannot be written, the results could not either.
            self.failure.get_or_insert(error);
            self.interrupt();
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
        self.interrupt();
    }

    fn interrupt(&self) {
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
            // Burn's own means at the end of a split know nothing of the batches before the training was resumed.
            let (value, weight) = match entry {
                NumericEntry::Value(value) => (*value, 1.0),
                NumericEntry::Aggregated {
                    aggregated_value,
                    count,
                } => (*aggregated_value, *count as f64),
                NumericEntry::Final(_) => continue,
            };
            let is_loss = name == LOSS;
            let mean = state.current.entry((name, part_name(split))).or_default();
            mean.add(value, weight);
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

    /// Returns nothing: the best epoch is found in the history.
    fn read_numeric(
        &mut self,
        _name: &str,
        _epoch: usize,
        _split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        Ok(Vec::new())
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
