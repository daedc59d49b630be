//! What studies that train small networks share: the digits, and the one training path around them.

use std::sync::Arc;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::train::metric::AccuracyMetric;
use datasets::images::batch;
use datasets::split::Split;
use datasets::{ImageBatch, ImageSet};
use models::{MlpConfig, NetworkConfig, Sequential};
use serde::Serialize;

use crate::data::{DataSource, Pictures};
use crate::fit::monitor::Monitor;
use crate::fit::objective::Classify;
use crate::fit::recipe::Recipe;
use crate::fit::run::{Fitted, Loaders, Run};
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;

/// Examples per step where nothing is learned.
const EVALUATION_BATCH: usize = 256;

/// What `result.json` holds of a study that trains several networks on the digits.
#[derive(Serialize)]
pub struct Findings<T> {
    /// Whether the digits are generated.
    pub generated: bool,
    /// Training digits.
    pub train: usize,
    /// Validation digits.
    pub valid: usize,
    /// How every network was trained.
    pub recipe: Recipe,
    /// What each network came to.
    pub networks: Vec<T>,
}

/// MNIST, or what stands in for it.
pub struct Digits {
    set: Arc<ImageSet>,
    split: Split,
}

impl Digits {
    /// Reads or generates them.
    ///
    /// # Errors
    /// When data was asked for that is not there or not readable.
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

    /// The same with the first so many training digits: the split has shuffled them.
    pub fn first(mut self, count: usize) -> Self {
        self.split.train.truncate(count);
        self
    }

    /// What was found with them.
    pub fn findings<T>(&self, recipe: Recipe, networks: Vec<T>) -> Findings<T> {
        Findings {
            generated: self.set.generated,
            train: self.split.train.len(),
            valid: self.split.valid.len(),
            recipe,
            networks,
        }
    }

    /// A perceptron with these hidden layers for them.
    pub fn network(&self, hidden: &[usize]) -> MlpConfig {
        MlpConfig {
            hidden: hidden.to_vec(),
            classes: self.set.class_names.len(),
            ..MlpConfig::mnist()
        }
    }

    /// The validation part.
    pub fn valid(&self) -> Arc<dyn DataLoader<ImageBatch>> {
        batch::loader(
            self.set.clone(),
            self.split.valid.clone(),
            EVALUATION_BATCH,
            None,
        )
    }

    /// Trains, or goes on with, a network on the one training path.
    ///
    /// # Errors
    /// When the disk or the device fails, or the training diverges.
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
            folder: folder.path(),
            console: job.console.fresh(),
            resume,
        };
        let loss = recipe.loss;
        let seed = job.options.seed;
        let train = self.split.train.clone();
        let loaders = Loaders {
            train: batch::training_loader(self.set.clone(), train, recipe.batch_size, seed, None),
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
