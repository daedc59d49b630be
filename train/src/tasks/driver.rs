//! The life of a training, which is the same for every task.

use std::time::Instant;

use anyhow::{Context, Result};
use models::file::{self, MODEL_FILE};
use models::{Architecture, ArchitectureError, Choices, NetworkConfig};

use crate::data::{DataSource, DatasetSpec};
use crate::fit::monitor::Monitor;
use crate::fit::recipe::Recipe;
use crate::fit::run::Fitted;
use crate::report::finished::Finished;
use crate::report::result::{RunResult, TaskResults, TrainFigures};
use crate::report::trained::History;
use crate::tasks::data::Data;
use crate::tasks::job::Job;
use crate::tasks::loaded::{self, LoadedModel};
use crate::tasks::lr_find;
use crate::tasks::start;
use crate::tasks::task::{Set, Task, TaskRun};

/// A task without its types, as the table of experiments holds it.
pub trait Trainable: Sync {
    /// Returns the data set that the task is trained on.
    fn dataset(&self) -> &DatasetSpec;

    /// Returns the architecture of the network for a data set of the usual size.
    ///
    /// # Errors
    /// When the network does not have one of the choices.
    fn architecture(
        &self,
        choices: &Choices,
        recipe: &Recipe,
    ) -> Result<Architecture, ArchitectureError>;

    /// Returns the validation figures by which the best epoch can be chosen; the first is the default.
    fn monitors(&self) -> &'static [Monitor];

    /// Trains the network, evaluates it, and writes the whole run folder.
    ///
    /// # Errors
    /// When an option does not fit the network, or the data, the device or the disk fails.
    fn train(&self, job: &Job) -> Result<Finished>;

    /// Evaluates a model file, and writes the report into the job's folder.
    ///
    /// # Errors
    /// When the model or the data cannot be used, or the device or the disk fails.
    fn evaluate_model(&self, model: &LoadedModel<'_>, job: &Job) -> Result<Finished>;
}

impl<T: Task> Trainable for T {
    fn dataset(&self) -> &DatasetSpec {
        self.source().dataset()
    }

    fn architecture(
        &self,
        choices: &Choices,
        recipe: &Recipe,
    ) -> Result<Architecture, ArchitectureError> {
        let config = choices.apply(self.usual_config(recipe))?;
        config.validate()?;
        Ok(config.into())
    }

    fn monitors(&self) -> &'static [Monitor] {
        T::MONITORS
    }

    fn train(&self, job: &Job) -> Result<Finished> {
        self.check(&job.choices.apply(self.usual_config(&job.recipe))?, job)?;
        let data = Data::load(self.source(), job)?;
        let config = (job.choices).apply(self.config(&data.set, &job.recipe))?;
        config.validate()?;
        if job.lr_find {
            find_learning_rate(self, &config, &data, job)?;
        }
        let fitted = fit(self, &config, &data, job)?;

        let started = Instant::now();
        // A resumed run has drawn other numbers until here, or none.
        job.device.device.seed(job.seed);
        let evaluation = self.evaluate(&fitted.network, &data, job, None)?;
        let evaluate_seconds = started.elapsed().as_secs_f64();

        let card = data.card(
            job,
            config.clone().into(),
            fitted.epochs.len(),
            T::model_metrics(&evaluation),
            T::calibration(&evaluation),
        );
        file::save(&job.folder.file(MODEL_FILE), &fitted.network, &card)?;
        let history = History::of(&fitted);
        let run = TaskRun {
            job,
            data: &data,
            config: &config,
            network: &fitted.network,
            history: Some(&history),
            is_loaded: false,
        };
        job.device.device.seed(job.seed);
        let results = self.report(&run, evaluation)?;
        let parameters = config.layers().parameters();
        let seconds = (Some(fitted.seconds), evaluate_seconds);
        let n = data.split.train.len();
        let result = RunResult {
            run: data.facts(job, parameters, Some(&history), seconds),
            train: Some(TrainFigures::new(&history, n, T::Results::METRIC)),
            results,
        };
        Finished::training(&result, &job.folder)
    }

    fn evaluate_model(&self, model: &LoadedModel<'_>, job: &Job) -> Result<Finished> {
        loaded::evaluate(self, model, job)
    }
}

/// Draws a network's weights from the job's seed, and trains it.
///
/// # Errors
/// When the data, the device or the disk fails.
pub fn fit<T: Task>(
    task: &T,
    config: &T::Config,
    data: &Data<Set<T>>,
    job: &Job,
) -> Result<Fitted<T::Network>> {
    let name = job.recipe.monitor.as_deref();
    let monitor = Monitor::choose(T::MONITORS, name).context(unknown_monitor(name, T::MONITORS))?;
    job.run().fit(
        start::network::<T>(config, data, job)?,
        task.objective(&job.recipe),
        task.metrics(),
        monitor,
        task.loaders(data, job)?,
    )
}

/// Describes a figure that a task does not measure.
pub fn unknown_monitor(name: Option<&str>, monitors: &[Monitor]) -> String {
    let known: Vec<_> = monitors.iter().map(|monitor| monitor.metric).collect();
    format!(
        "--monitor {}: is not measured after each epoch; choose {}",
        name.unwrap_or_default(),
        known.join(" or ")
    )
}

/// Searches for a learning rate, and writes and prints what was found.
fn find_learning_rate<T: Task>(
    task: &T,
    config: &T::Config,
    data: &Data<Set<T>>,
    job: &Job,
) -> Result<()> {
    let device = job.device.device.clone().autodiff();
    let network = start::network::<T>(config, data, job)?;
    let batches = task.loaders(data, job)?.train.to_device(&device);
    let search = lr_find::search(network, task.objective(&job.recipe), &job.recipe, &*batches)?;
    search.write(&job.folder)?;
    eprintln!("{}", search.advice(&job.recipe, &job.folder));
    Ok(())
}
