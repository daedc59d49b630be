//! The handwritten digits of studies that train small networks.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::train::metric::AccuracyMetric;
use datasets::images::batch;
use datasets::split::Split;
use datasets::{Emphasis, ImageBatch, ImageSet};
use models::{MlpConfig, NetworkConfig, Sequential};
use serde::Serialize;

use crate::data::{DataSource, Pictures};
use crate::fit::cadence::Cadence;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Classify;
use crate::fit::recipe::Recipe;
use crate::fit::run::{Fitted, Loaders, Run};
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;

/// Batch size of the evaluation.
const EVALUATION_BATCH: usize = 256;

/// The contents of `result.json` of a study that trains several networks.
#[derive(Serialize)]
pub struct Findings<T> {
    /// Whether the digits are generated.
    pub generated: bool,
    /// Number of training digits.
    pub train: usize,
    /// Number of validation digits.
    pub valid: usize,
    /// Recipe of every training.
    pub recipe: Recipe,
    /// Findings about each network.
    pub networks: Vec<T>,
}

/// MNIST or generated stand-ins, with a split.
pub struct Digits {
    set: Arc<ImageSet>,
    split: Split,
}

impl Digits {
    /// Loads the digits, or generates stand-ins if there is no data.
    ///
    /// # Errors
    /// If the data that the user named is missing or cannot be read.
    pub fn load(job: &StudyJob<'_>) -> Result<Self> {
        let pictures = Pictures::mnist();
        let data = job.options.data.arguments();
        if pictures.dataset.find(&data)?.is_none() {
            eprintln!(
                "No mnist data: training on {} generated stand-ins, see `train fetch mnist`, or name your folder with --data.",
                pictures.dataset.stand_ins(&data)
            );
        }
        let (set, split) = pictures.load(&data, job.options.seed)?;
        Ok(Self {
            set: Arc::new(set),
            split,
        })
    }

    /// Keeps `count` training digits, the first ones of the shuffled split.
    pub fn first(mut self, count: usize) -> Self {
        self.split.train.truncate(count);
        self
    }

    /// Creates the findings about networks that were trained on these digits.
    pub fn findings<T>(&self, recipe: Recipe, networks: Vec<T>) -> Findings<T> {
        Findings {
            generated: self.set.generated,
            train: self.split.train.len(),
            valid: self.split.valid.len(),
            recipe,
            networks,
        }
    }

    /// Returns a multilayer perceptron for the digits, with `hidden` units in its hidden layers.
    pub fn network(&self, hidden: &[usize]) -> MlpConfig {
        MlpConfig {
            hidden: hidden.to_vec(),
            classes: self.set.class_names.len(),
            ..MlpConfig::mnist()
        }
    }

    /// Returns the validation digits in batches.
    pub fn valid(&self) -> Arc<dyn DataLoader<ImageBatch>> {
        let indices = self.split.valid.clone();
        batch::loader(self.set.clone(), indices, EVALUATION_BATCH)
    }

    /// Trains a network; `resume` continues from the last checkpoint in `folder`.
    ///
    /// # Errors
    /// If a file cannot be written, the device fails, or the training diverges.
    pub fn fit(
        &self,
        job: &StudyJob<'_>,
        config: &MlpConfig,
        recipe: &Recipe,
        folder: &RunFolder,
        resume: bool,
    ) -> Result<Fitted<Sequential>> {
        let device = &job.device.device;
        device.seed(job.options.seed);
        let run = Run {
            recipe,
            device: device.clone(),
            seed: job.options.seed,
            folder: folder.path(),
            console: job.console.fresh(),
            resume,
            checkpoint_every: Cadence::default(),
            accept: Box::new(|| Ok(())),
            earlier: &[],
        };
        let loss = recipe.loss;
        let seed = job.options.seed;
        let train = self.split.train.clone();
        let loaders = Loaders {
            train: batch::training_loader(
                self.set.clone(),
                train,
                recipe.batch_size,
                seed,
                None,
                Emphasis::default(),
            ),
            valid: self.valid(),
        };
        run.fit(
            config.init(&device.clone().autodiff()),
            Classify { loss },
            (AccuracyMetric::new(),),
            Monitor::ACCURACY,
            loaders,
        )
    }
}
