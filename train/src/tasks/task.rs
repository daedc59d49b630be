//! The interface of a task: what differs from one kind of training to another.

use anyhow::Result;
use burn::module::{Module, ModuleDisplay};
use burn::train::MetricRegistration;
use models::file::Metric;
use models::{Architecture, Calibration, FromChoices, Network, NetworkConfig, OtherNetwork};

use crate::data::DataSource;
use crate::fit::batch::Batch;
use crate::fit::history::Epoch;
use crate::fit::monitor::Monitor;
use crate::fit::objective::Objective;
use crate::fit::recipe::Recipe;
use crate::fit::run::Loaders;
use crate::fit::supervised::Supervised;
use crate::report::result::TaskResults;
use crate::report::trained::{History, Trained};
use crate::tasks::data::Data;
use crate::tasks::job::Job;

/// Data set of a task.
pub type Set<T> = <<T as Task>::Source as DataSource>::Set;

/// What a network is trained to do.
///
/// [`Trainable`](super::driver::Trainable) does for every task what all of them have in common.
pub trait Task: Sync {
    /// Source of the examples.
    type Source: DataSource;
    /// Network that is trained.
    type Network: Network + Module + ModuleDisplay + 'static;
    /// Configuration of the network.
    type Config: NetworkConfig<Network = Self::Network, Options: FromChoices>
        + Into<Architecture>
        + TryFrom<Architecture, Error = OtherNetwork>
        + Clone;
    /// What is minimised.
    type Objective: Objective<<Self::Network as Network>::Output> + Sync + 'static;
    /// Batch of examples.
    type Batch: Batch<
            Input = <Self::Network as Network>::Input,
            Target = <Self::Objective as Objective<<Self::Network as Network>::Output>>::Target,
        >;
    /// Metrics that training shows beside the loss.
    type Metrics: MetricRegistration<Supervised<Self::Network, Self::Objective, Self::Batch>>;
    /// What evaluation returns.
    type Evaluation;
    /// Results in `result.json`.
    type Results: TaskResults;

    /// Validation figures by which the best epoch can be chosen; by the first, unless the user names another.
    const MONITORS: &'static [Monitor];

    /// Returns the source of the examples.
    fn source(&self) -> &Self::Source;

    /// Returns the configuration for a data set of the usual size, before the user's choices.
    fn usual_config(&self, recipe: &Recipe) -> Self::Config;

    /// Returns the configuration for `set`, before the user's choices.
    fn config(&self, set: &Set<Self>, recipe: &Recipe) -> Self::Config;

    /// Refuses a job that does not fit the network.
    ///
    /// # Errors
    /// Names the option, and the remedy.
    fn check(&self, _config: &Self::Config, _job: &Job) -> Result<()> {
        Ok(())
    }

    /// Returns the objective.
    fn objective(&self, recipe: &Recipe) -> Self::Objective;

    /// Returns the metrics that training shows beside the loss.
    fn metrics(&self) -> Self::Metrics;

    /// Returns the loaders of the training and the validation part.
    ///
    /// # Errors
    /// When the run folder cannot be read.
    fn loaders(&self, data: &Data<Set<Self>>, job: &Job) -> Result<Loaders<Self::Batch>>;

    /// Evaluates a trained network on the validation and the test part. A `calibration` is that of a model file; without
    /// one it is fitted to the training and the validation part.
    ///
    /// # Errors
    /// When a loader or the device fails.
    fn evaluate(
        &self,
        network: &Self::Network,
        data: &Data<Set<Self>>,
        job: &Job,
        calibration: Option<&Calibration>,
    ) -> Result<Self::Evaluation>;

    /// Returns the metrics that the model file records.
    fn model_metrics(evaluation: &Self::Evaluation) -> Vec<Metric>;

    /// Returns the calibration that the model file records, if the network's outputs are probabilities.
    fn calibration(_evaluation: &Self::Evaluation) -> Option<Calibration> {
        None
    }

    /// Writes tables and figures, and returns the results.
    ///
    /// # Errors
    /// When the device fails, or a file cannot be drawn or written.
    fn report(
        &self,
        run: &TaskRun<'_, Self>,
        evaluation: Self::Evaluation,
    ) -> Result<Self::Results>;
}

/// A network that was trained for a task, and the examples that it was evaluated on.
pub struct TaskRun<'a, T: Task + ?Sized> {
    /// What was asked for.
    pub job: &'a Job,
    /// Examples and their parts.
    pub data: &'a Data<Set<T>>,
    /// Configuration of the network.
    pub config: &'a T::Config,
    /// Network of the best epoch.
    pub network: &'a T::Network,
    /// History of the training; `None` if it is not known.
    pub history: Option<&'a History>,
    /// Whether the network comes from a model file instead of a training that has just ended.
    pub is_loaded: bool,
}

impl<T: Task + ?Sized> TaskRun<'_, T> {
    /// Returns what reports draw from.
    pub fn trained(&self) -> Trained<'_, Set<T>, T::Network> {
        Trained {
            folder: &self.job.folder,
            device: &self.job.device.device,
            seed: self.job.seed,
            recipe: &self.job.recipe,
            set: &self.data.set,
            split: &self.data.split,
            network: self.network,
            epochs: self.epochs(),
        }
    }

    /// Returns the epochs of the training; none if they are not known.
    pub fn epochs(&self) -> &[Epoch] {
        self.history.map_or(&[], |history| &history.epochs)
    }
}
