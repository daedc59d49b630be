//! What every training begins and ends with, whatever it learns from: reading and dividing, the
//! model's card, examples to try the model on, the facts of the run.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use datasets::split::Split;
use datasets::{Dataset, ImageSet, Metadata, Preprocessing};
use models::file::{self, Card, DataCard, MEDICAL_NOTICE, MODEL_FILE, Metric};
use models::{Architecture, Calibration};

use crate::data::DataSource;
use crate::fit::memory;
use crate::fit::run::{Fitted, Run};
use crate::report::finished::RESULT_FORMAT;
use crate::report::result::{DataSummary, RunFacts, Seconds};
use crate::report::split_table;
use crate::tasks::job::Job;

/// Examples per step where nothing is learned.
pub const EVALUATION_BATCH: usize = 64;

/// A run on examples that were read and divided.
pub struct DataRun<'a, S> {
    job: &'a Job,
    /// The examples.
    pub set: Arc<S>,
    /// Their parts.
    pub split: Split,
    load_seconds: f64,
    is_medical: bool,
    samples: Vec<String>,
}

/// A run on pictures.
pub type PictureRun<'a> = DataRun<'a, ImageSet>;

impl<'a, S: Dataset> DataRun<'a, S> {
    /// Reads and divides the examples, says so, and writes `split.csv`.
    ///
    /// # Errors
    /// When the data or the disk fails.
    pub fn begin(source: &impl DataSource<Set = S>, job: &'a Job) -> Result<Self> {
        let dataset = source.dataset();
        if dataset.find(&job.data)?.is_none() {
            eprintln!(
                "No {} data: training on {} generated stand-ins. The figures say nothing about real data; see `train fetch`, or name your folder with --data.",
                dataset.name.name(),
                dataset.stand_ins(&job.data)
            );
        }
        let started = Instant::now();
        let (set, split) = source.load(&job.data, job.seed)?;
        let metadata = set.metadata();
        let split = only_class(split, &metadata, job.data.train_class.as_deref())?;
        let load_seconds = started.elapsed().as_secs_f64();
        announce(job, &metadata, &split, load_seconds);
        split_table::write(&job.folder, &set, &split, job.resume)?;
        let samples = if metadata.generated {
            let folder = job.folder.file("samples");
            source.write_samples(&folder, job.seed.wrapping_add(1))?
        } else {
            Vec::new()
        };
        Ok(Self {
            job,
            split,
            load_seconds,
            is_medical: dataset.name.is_medical(),
            samples: (samples.iter().map(|path| path.display().to_string())).collect(),
            set: Arc::new(set),
        })
    }

    /// The training itself.
    pub fn run(&self) -> Run<'a> {
        Run {
            recipe: &self.job.recipe,
            device: self.job.device.device.clone(),
            folder: self.job.folder.path(),
            console: self.job.console.clone(),
            resume: self.job.resume,
        }
    }

    /// The card of the model.
    pub fn card<N>(
        &self,
        architecture: Architecture,
        fitted: &Fitted<N>,
        metrics: Vec<Metric>,
        calibration: Option<Calibration>,
    ) -> Card<Preprocessing> {
        let Self {
            set, split, job, ..
        } = self;
        let names_classes = architecture.classes() > 0;
        let fingerprint = set.fingerprint();
        let preprocess = set.preprocessing();
        let set = set.metadata();
        Card {
            format_version: file::FORMAT_VERSION,
            hebb_version: env!("CARGO_PKG_VERSION").to_owned(),
            experiment: job.experiment.to_owned(),
            architecture,
            preprocess,
            class_names: if names_classes {
                set.class_names.to_vec()
            } else {
                Vec::new()
            },
            data: DataCard {
                name: set.name.to_owned(),
                fingerprint,
                generated: set.generated,
                split: split.kind.to_string(),
                class: job.data.train_class.clone(),
                train: split.train.len(),
                valid: split.valid.len(),
                test: split.test.len(),
            },
            seed: job.seed,
            epochs: fitted.epochs.len(),
            device: job.device.description.clone(),
            trained_at: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            metrics,
            calibration,
            notice: self.notice(),
        }
    }

    fn notice(&self) -> Option<String> {
        self.is_medical.then(|| MEDICAL_NOTICE.to_owned())
    }

    /// The facts of the run, once all is measured.
    pub fn facts<N>(
        &self,
        parameters: usize,
        fitted: &Fitted<N>,
        train_seconds: f64,
        evaluate_seconds: f64,
    ) -> RunFacts {
        let job = self.job;
        RunFacts {
            format: RESULT_FORMAT,
            experiment: job.experiment.to_owned(),
            seed: job.seed,
            epochs: fitted.epochs.len(),
            best_epoch: fitted.best_epoch,
            interrupted: fitted.interrupted,
            device: job.device.description.clone(),
            parameters,
            recipe: job.recipe.clone(),
            data: DataSummary::new(&*self.set, &self.split, job.data.train_class.clone()),
            seconds: Seconds {
                load: self.load_seconds,
                train: train_seconds,
                evaluate: evaluate_seconds,
                per_epoch: fitted.epochs.iter().map(|epoch| epoch.seconds).collect(),
            },
            peak_memory_bytes: memory::peak_bytes(),
            model: job.folder.file(MODEL_FILE).display().to_string(),
            notice: self.notice(),
            samples: self.samples.clone(),
        }
    }
}

/// A figure for a model's card.
pub fn metric(part: &str, name: &str, value: f64, interval: Option<[f64; 2]>, n: usize) -> Metric {
    Metric {
        name: name.to_owned(),
        split: part.to_owned(),
        value,
        interval,
        n,
    }
}

/// The split with nothing but this class to train on and to choose by.
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
        "--train-class {name}: the split leaves none of it to train on or to choose by; take another --split"
    );
    Ok(split)
}

fn announce(job: &Job, set: &Metadata<'_>, split: &Split, seconds: f64) {
    let classes = match set.class_names.len() {
        0 => String::new(),
        count => format!(" of {count} classes"),
    };
    let only = job.data.train_class.as_ref();
    let only = only.map_or(String::new(), |class| format!(" of {class} alone"));
    eprintln!(
        "{}: {} {}{classes} in {seconds:.1} s ({} train{only}, {} validation, {} test; split {}, seed {})",
        set.name,
        set.labels.len(),
        set.noun,
        split.train.len(),
        split.valid.len(),
        split.test.len(),
        split.kind,
        job.seed
    );
    if split.group_count() < set.labels.len() {
        eprintln!(
            "{} groups of {}; of the test {}, {} have one of their group in what is trained on or chosen with",
            split.group_count(),
            set.group_noun,
            set.noun,
            split.leaking().into_iter().filter(|leaks| *leaks).count()
        );
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
