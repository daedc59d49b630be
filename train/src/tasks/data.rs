//! The examples of a run, and what their source contributes to the model file and to `result.json`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use datasets::split::Split;
use datasets::{Dataset, Metadata, Preprocessing, SplitKind};
use models::file::{self, Card, DataCard, MEDICAL_NOTICE, MODEL_FILE, Metric};
use models::{Architecture, Calibration};

use crate::data::DataSource;
use crate::fit::interrupt;
use crate::fit::memory;
use crate::fit::recipe::Recipe;
use crate::report::finished::RESULT_FORMAT;
use crate::report::result::{DataSummary, RunFacts, Seconds, TrainingFacts};
use crate::report::split_table;
use crate::report::trained::History;
use crate::tasks::job::Job;
use crate::wrong_arguments::WrongArguments;

/// Number of examples per batch in evaluation.
pub const EVALUATION_BATCH: usize = 64;

/// Examples of a run, divided into training, validation and test part.
pub struct Data<S> {
    /// The examples.
    pub set: Arc<S>,
    /// Their parts.
    pub split: Split,
    /// Time to read or generate them.
    pub(super) load_seconds: f64,
    /// Whether predictions must be accompanied by the medical notice.
    pub(super) is_medical: bool,
    /// Paths of generated examples to try the model on.
    pub(super) samples: Vec<String>,
}

impl<S: Dataset> Data<S> {
    /// Loads and splits the examples, prints a summary, and writes `split.csv` and samples to try the model on.
    ///
    /// # Errors
    /// When the data cannot be read or split, or a file cannot be written.
    pub fn load(source: &impl DataSource<Set = S>, job: &Job) -> Result<Self> {
        let dataset = source.dataset();
        if dataset.find(&job.data)?.is_none() {
            eprintln!(
                "No {} data: training on {} generated stand-ins. The figures say nothing about real data; run `train fetch`, or name your folder with --data.",
                dataset.name.name(),
                dataset.stand_ins(&job.data)
            );
        }
        let started = Instant::now();
        let (set, split) = source.load(&job.data, job.seed)?;
        let metadata = set.metadata();
        let split = only_class(split, &metadata, job.data.train_class.as_deref())?;
        let load_seconds = started.elapsed().as_secs_f64();
        print_summary(job, metadata.name, &metadata, &split, load_seconds);
        split_table::write(&job.folder, &set, &split, job.resume)?;
        let samples = if metadata.generated {
            let folder = job.folder.file("samples");
            source.write_samples(&folder, job.seed.wrapping_add(1))?
        } else {
            Vec::new()
        };
        Ok(Self {
            split,
            load_seconds,
            is_medical: dataset.name.is_medical(),
            samples: (samples.iter().map(|path| path.display().to_string())).collect(),
            set: Arc::new(set),
        })
    }

    /// Returns the card that the model file records.
    pub fn card(
        &self,
        job: &Job,
        architecture: Architecture,
        epochs: usize,
        metrics: Vec<Metric>,
        calibration: Option<Calibration>,
    ) -> Card<Preprocessing> {
        let metadata = self.set.metadata();
        let class_names = match architecture.classes() {
            0 => Vec::new(),
            _ => metadata.class_names.to_vec(),
        };
        Card {
            format_version: file::FORMAT_VERSION,
            hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
            experiment: job.experiment.to_owned(),
            architecture,
            preprocess: self.set.preprocessing(),
            class_names,
            data: DataCard {
                name: metadata.name.to_owned(),
                fingerprint: self.set.fingerprint(),
                generated: metadata.generated,
                split: self.split.kind.to_string(),
                class: job.data.train_class.clone(),
                train: self.split.train.len(),
                valid: self.split.valid.len(),
                test: self.split.test.len(),
            },
            seed: job.seed,
            epochs,
            device: job.device.description.clone(),
            trained_at: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            metrics,
            calibration,
            notice: self.notice(),
        }
    }

    /// Checks that there are training examples of two classes at least, and notes the classes without any.
    ///
    /// # Errors
    /// When all training examples are of one class.
    pub fn check_classes(&self) -> Result<()> {
        let Metadata {
            class_names, noun, ..
        } = self.set.metadata();
        let counts = self.set.class_counts(&self.split.train);
        let classes = class_names.iter().zip(&counts);
        let (absent, present): (Vec<_>, Vec<_>) = classes.partition(|(_, count)| **count == 0);
        let names = |classes: &[(&String, &usize)]| {
            let names: Vec<&str> = classes.iter().map(|(name, _)| name.as_str()).collect();
            names.join(", ")
        };
        ensure!(
            present.len() > 1,
            "all training {noun} are of the class {}; a classifier needs some of {} as well",
            names(&present),
            names(&absent)
        );
        if !absent.is_empty() {
            eprintln!("note: no training {noun} of: {}", names(&absent));
        }
        Ok(())
    }

    /// Returns the weight of each class in the loss, if the recipe has class weights.
    ///
    /// # Errors
    /// When a weight is of a class that is not there.
    pub fn class_weights(&self, recipe: &Recipe) -> Result<Option<Vec<f64>>> {
        let Some(weights) = &recipe.class_weights else {
            return Ok(None);
        };
        let names = self.set.metadata().class_names;
        let counts = self.set.class_counts(&self.split.train);
        let weights = weights.of(names, &counts);
        Ok(Some(weights.map_err(WrongArguments::new)?))
    }

    /// Returns the weights by the names of the classes, for the report.
    fn named_class_weights(&self, recipe: &Recipe) -> Option<BTreeMap<String, f64>> {
        let weights = self.class_weights(recipe).ok().flatten()?;
        let names = self.set.metadata().class_names.iter().cloned();
        Some(names.zip(weights).collect())
    }

    fn notice(&self) -> Option<String> {
        self.is_medical.then(|| MEDICAL_NOTICE.to_owned())
    }

    /// Returns the facts of a finished run. The seconds are those of the training, if there was one, and of the evaluation.
    pub fn facts(
        &self,
        job: &Job,
        parameters: usize,
        history: Option<&History>,
        (train, evaluate): (Option<f64>, f64),
    ) -> RunFacts {
        let epochs = history.map_or(&[][..], |history| &history.epochs);
        RunFacts {
            format: RESULT_FORMAT,
            experiment: job.experiment.to_owned(),
            seed: job.seed,
            epochs: epochs.len(),
            training: history.map(|history| TrainingFacts {
                best_epoch: history.best_epoch,
                // Also if the signal came after it, in a training for comparison.
                interrupted: history.interrupted || interrupt::requested().is_some(),
                recipe: job.recipe.clone(),
                class_weights: self.named_class_weights(&job.recipe),
                init: job.init.clone(),
                earlier_recipes: job.earlier.clone(),
            }),
            device: job.device.description.clone(),
            parameters,
            data: DataSummary::new(&*self.set, &self.split, job.data.train_class.clone()),
            seconds: Seconds {
                load: self.load_seconds,
                train,
                evaluate,
                per_epoch: epochs.iter().map(|epoch| epoch.seconds).collect(),
            },
            peak_memory_bytes: memory::peak_bytes(),
            model: job.folder.file(MODEL_FILE).display().to_string(),
            evaluation: None,
            notice: self.notice(),
            samples: self.samples.clone(),
        }
    }
}

/// Creates a metric for the model file's card.
pub fn metric(part: &str, name: &str, value: f64, interval: Option<[f64; 2]>, n: usize) -> Metric {
    Metric {
        name: name.to_owned(),
        split: part.to_owned(),
        value,
        interval,
        n,
    }
}

/// Restricts training and validation to the examples of `class`.
fn only_class(split: Split, set: &Metadata<'_>, class: Option<&str>) -> Result<Split> {
    let Some(name) = class else { return Ok(split) };
    let known = || set.class_names.join(", ");
    let class = set.class_names.iter().position(|class| class == name);
    let class = class.with_context(|| {
        format!(
            "--train-class {name}: {} has no such class; there are {}",
            set.name,
            known()
        )
    })?;
    let split = split.trained_on(set.labels, class);
    ensure!(
        !split.train.is_empty() && !split.valid.is_empty(),
        "--train-class {name}: the split leaves no training or no validation examples of it; choose another --split"
    );
    Ok(split)
}

/// Prints the data set with its `name`, split, device and folder.
pub(super) fn print_summary(
    job: &Job,
    name: &str,
    set: &Metadata<'_>,
    split: &Split,
    seconds: f64,
) {
    let classes = match set.class_names.len() {
        0 => String::new(),
        count => format!(" of {count} classes"),
    };
    let only = job.data.train_class.as_ref();
    let only = only.map_or(String::new(), |class| format!(" of {class} alone"));
    let parts = match split.kind {
        SplitKind::All => "all of them the test part".to_owned(),
        kind => format!(
            "{} train{only}, {} validation, {} test; split {kind}, seed {}",
            split.train.len(),
            split.valid.len(),
            split.test.len(),
            job.seed
        ),
    };
    eprintln!(
        "{name}: {} {}{classes} in {seconds:.1} s ({parts})",
        set.labels.len(),
        set.noun,
    );
    if split.group_count() < set.labels.len() && split.kind != SplitKind::All {
        eprintln!(
            "{} groups of {}; {} of the {} test {noun} share a group with training or validation {noun}",
            split.group_count(),
            set.group_noun,
            split.leaking().into_iter().filter(|leaks| *leaks).count(),
            split.test.len(),
            noun = set.noun
        );
    }
    for note in set.notes {
        eprintln!("note: {note}");
    }
    if !set.skipped.is_empty() {
        eprintln!(
            "skipped {} unreadable files (--strict refuses them):",
            set.skipped.len()
        );
        for skipped in set.skipped {
            eprintln!("  {}: {}", skipped.path, skipped.reason);
        }
    }
    eprintln!("device: {}", job.device.description);
    if let Some(notice) = &job.device.notice {
        eprintln!("note: {notice}");
    }
    eprintln!("run: {}", job.folder.path().display());
}
