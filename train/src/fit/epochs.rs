//! The loop over the epochs, which can start and stop at any batch.
//!
//! Burn's own loop starts at the first batch of an epoch, and draws from a generator whose state it does not save. This
//! one seeds every draw by its place, and writes checkpoints within an epoch.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use burn::data::dataloader::DataLoaderIterator;
use burn::tensor::Device;
use burn::train::checkpoint::{AsyncCheckpointer, CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::{Aggregate, EventStoreClient, Split};
use burn::train::{
    EventProcessorTraining, InferenceStep, Learner, LearnerEvent, LearnerModel,
    LearningCheckpointer, SupervisedLearningStrategy, SupervisedTrainingEventProcessor,
    TrainLoader, TrainStep, TrainingComponents, TrainingItem, ValidLoader,
};
use datasets::{Draw, Purpose, TrainingLoader};

use super::cadence::{Cadence, Timer};
use super::progress::{Position, Progress};
use super::schedule::Plateau;
use super::session::Session;

/// The loop over the epochs of a training.
pub(super) struct EpochLoop<M: LearnerModel> {
    pub(super) session: Arc<Session>,
    pub(super) loader: Arc<dyn TrainingLoader<<M as TrainStep>::Input>>,
    /// Device of the network, without automatic differentiation.
    pub(super) device: Device,
    pub(super) seed: u64,
    pub(super) cadence: Cadence,
    /// Number of batches of an epoch.
    pub(super) batches: usize,
    /// State of a schedule that observes the validation loss.
    pub(super) plateau: Option<Plateau>,
    /// Burn's writers of checkpoints, which work beside the training.
    pub(super) writers: Mutex<Option<LearningCheckpointer<M>>>,
}

/// What the loop works with while it runs.
struct Running<M: LearnerModel> {
    learner: Learner<M>,
    processor: SupervisedTrainingEventProcessor<M>,
    store: Arc<EventStoreClient>,
    timer: Timer,
}

/// Saves whatever it is asked to: which checkpoints are kept is decided where they are completed.
struct Always;

impl CheckpointingStrategy for Always {
    fn checkpointing(
        &mut self,
        _key: usize,
        _store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        vec![CheckpointingAction::Save]
    }
}

/// Creates Burn's writers of the checkpoints of a session.
pub(super) fn writers<M: LearnerModel>(session: &Session) -> LearningCheckpointer<M> {
    let [network, optimizer, schedule] = session.checkpoints.parts();
    LearningCheckpointer::new(
        AsyncCheckpointer::new(network),
        AsyncCheckpointer::new(optimizer),
        AsyncCheckpointer::new(schedule),
        Box::new(Always),
    )
}

impl<M: LearnerModel> SupervisedLearningStrategy<M> for EpochLoop<M> {
    fn fit(
        &self,
        components: TrainingComponents<M>,
        mut learner: Learner<M>,
        _train: TrainLoader<M>,
        valid: ValidLoader<M>,
        _starting_epoch: usize,
    ) -> (M, SupervisedTrainingEventProcessor<M>) {
        learner.fork(&self.device.clone().autodiff());
        let mut running = Running {
            learner,
            processor: components.event_processor,
            store: components.event_store,
            timer: Timer::new(self.cadence),
        };
        let valid = valid.to_device(&self.device);
        let loader = self.loader.on(&self.device.clone().autodiff());
        let mut position = self.session.start;
        while !self.session.is_complete() {
            position = self.train(&mut running, &*loader, position);
            let is_finished = self.validate(&mut running, &valid, position.epochs + 1);
            if is_finished {
                position = Position::end_of(position.epochs + 1);
                self.end_epoch(&mut running, position);
            }
            if self.should_stop() {
                self.stop(&mut running, position, is_finished);
                break;
            }
        }
        self.wait();
        (running.learner.model(), running.processor)
    }
}

impl<M: LearnerModel> EpochLoop<M> {
    /// Trains the rest of an epoch, and returns where it stopped.
    fn train(
        &self,
        running: &mut Running<M>,
        loader: &dyn TrainingLoader<<M as TrainStep>::Input>,
        mut position: Position,
    ) -> Position {
        let interrupter = &self.session.interrupter;
        let epoch = position.epochs + 1;
        interrupter.fail_on_error(running.processor.process_train(LearnerEvent::StartSplit {
            epoch_number: epoch,
            total_items: loader.num_items(),
        }));
        let mut batches = loader.epoch(epoch, position.batches);
        while let Some(batch) = self.next(&mut *batches) {
            self.seed_device(epoch, position.batches, Purpose::Step);
            let output = running.learner.train_step(batch);
            running.learner.lr_step();
            running.learner.optimizer_step(output.grads);
            position.batches += 1;
            let item = TrainingItem::new(
                output.item,
                batches.progress(),
                Some(position.batches),
                Some(running.learner.lr_current()),
            );
            let event = LearnerEvent::ProcessedItem(item);
            interrupter.fail_on_error(running.processor.process_train(event));
            if running.timer.is_due(self.session.checkpoints.is_busy()) {
                self.save(running, position);
            }
        }
        interrupter.fail_on_error(
            running
                .processor
                .process_train(LearnerEvent::EndSplit(epoch)),
        );
        position
    }

    /// Runs the network over the validation part; returns `false` if the training stops before its end.
    fn validate(&self, running: &mut Running<M>, valid: &ValidLoader<M>, epoch: usize) -> bool {
        let interrupter = &self.session.interrupter;
        if interrupter.should_stop() {
            return false;
        }
        interrupter.fail_on_error(running.processor.process_valid(LearnerEvent::StartSplit {
            epoch_number: epoch,
            total_items: valid.num_items(),
        }));
        self.seed_device(epoch, 0, Purpose::Validation);
        let network = running.learner.model().valid();
        let mut batches = valid.iter();
        let mut count = 0;
        while let Some(batch) = self.next(&mut *batches) {
            count += 1;
            let output = InferenceStep::step(&network, batch);
            let item = TrainingItem::new(output, batches.progress(), Some(count), None);
            let event = LearnerEvent::ProcessedItem(item);
            interrupter.fail_on_error(running.processor.process_valid(event));
        }
        if interrupter.should_stop() {
            return false;
        }
        interrupter.fail_on_error(
            running
                .processor
                .process_valid(LearnerEvent::EndSplit(epoch)),
        );
        interrupter.fail_on_error(
            running
                .processor
                .process_train(LearnerEvent::EndEpoch(epoch)),
        );
        self.synchronize(running);
        true
    }

    /// Returns the next batch; none at the end of the data, and if the training is to stop.
    fn next<B>(&self, batches: &mut dyn DataLoaderIterator<B>) -> Option<B> {
        if self.should_stop() {
            return None;
        }
        let batch = batches.next()?;
        batch
            .map_err(|error| self.session.interrupter.fail(error))
            .ok()
    }

    /// Shows the schedule the epoch's validation loss, and writes its checkpoint.
    fn end_epoch(&self, running: &mut Running<M>, position: Position) {
        if let Some(plateau) = &self.plateau {
            let epochs = self.session.recorder.epochs();
            let loss = epochs.last().and_then(|epoch| epoch.valid.get("loss"));
            plateau.observe(loss.copied().unwrap_or(f64::NAN));
        }
        self.save(running, position);
    }

    /// Stops a training that was interrupted, with a checkpoint, or one that failed, without.
    fn stop(&self, running: &mut Running<M>, position: Position, is_saved: bool) {
        self.synchronize(running);
        let session = &self.session;
        let has_failed =
            session.interrupter.error().is_some() || session.recorder.divergence().is_some();
        if has_failed || session.is_complete() {
            return;
        }
        let _ = session.interrupted.set(());
        // Where it started, there is a checkpoint already, or nothing to save.
        if !is_saved && position != session.start {
            self.save(running, position);
        }
    }

    /// Hands a checkpoint to the writers.
    fn save(&self, running: &mut Running<M>, position: Position) {
        self.synchronize(running);
        let session = &self.session;
        if session.recorder.divergence().is_some() {
            return; // Nothing to resume from.
        }
        // Brings the running means of batch normalisations up to date: records hold them without the last update.
        drop(running.learner.model().valid());
        let begun = self.begin(position);
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Ok(key), Some(writers)) = (begun, &mut *writers) {
            writers.checkpoint(&running.learner, key, &running.store);
        }
        running.timer.restart();
    }

    fn begin(&self, position: Position) -> Result<usize> {
        let session = &self.session;
        let progress = Progress {
            batches: self.batches,
            ..session.recorder.progress()
        };
        session
            .checkpoints
            .begin(position, &progress, session.best())
    }

    /// Waits until the recorder has every event.
    fn synchronize(&self, running: &mut Running<M>) {
        let interrupter = &self.session.interrupter;
        interrupter.fail_on_error(running.processor.flush());
        // The store works through its events in order, so its answer comes after them.
        running
            .store
            .find_metric("Loss", 1, Aggregate::Mean, &Split::Train);
    }

    /// Waits until every checkpoint is written.
    fn wait(&self) {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        drop(writers.take());
    }

    /// Lets the draws of the network follow from their place.
    fn seed_device(&self, epoch: usize, batch: usize, purpose: Purpose) {
        let draw = Draw {
            seed: self.seed,
            epoch,
            batch,
        };
        self.device.seed(draw.seed(purpose));
    }

    fn should_stop(&self) -> bool {
        self.session.interrupter.should_stop()
    }
}
