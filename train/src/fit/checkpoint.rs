//! Atomic checkpoints: one is complete or absent.
//!
//! A checkpoint is everything that a training needs to go on as if it had never stopped. It is written beside the
//! training into `checkpoint/epoch-N.partial/`; once its files are synced, the folder is renamed to `checkpoint/epoch-N/`
//! (`epoch-N-batch-K` within an epoch). Older checkpoints are deleted only after that, so a crash at any moment leaves at
//! least one complete checkpoint.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, anyhow};
use burn::lr_scheduler::LrSchedulerRecord;
use burn::optim::OptimizerRecord;
use burn::store::ModuleRecord;
use burn::train::checkpoint::{Checkpoint, Checkpointer, CheckpointerError};

use super::history;
use super::progress::{Position, Progress};

/// Name of the folder of the checkpoints in a run's.
const FOLDER: &str = "checkpoint";

/// Parts of a checkpoint that Burn writes, one file each.
const PARTS: [&str; 3] = ["network", "optimizer", "schedule"];

/// File with the [`Progress`]: CBOR, which keeps every bit of a float. Checkpoints of the first versions have none.
const PROGRESS: &str = "progress.cbor";

/// The checkpoints in a run's folder. Cloning shares the state.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    run: PathBuf,
    state: Arc<Mutex<State>>,
    /// Notified when a checkpoint has been completed, or has failed.
    completed: Arc<Condvar>,
}

#[derive(Debug, Default)]
struct State {
    /// Key of the next checkpoint, by which Burn's writers name it.
    next: usize,
    /// Checkpoints that are being written, by key.
    pending: BTreeMap<usize, Pending>,
    /// Why the last checkpoint could not be written.
    failure: Option<String>,
}

/// A checkpoint that is being written.
#[derive(Debug)]
struct Pending {
    position: Position,
    /// Best epoch so far, whose checkpoint is kept.
    best: Option<usize>,
    progress: Vec<u8>,
    /// Number of parts that were written, or tried in vain.
    finished: usize,
    failure: Option<String>,
}

/// What a checkpoint holds.
pub struct Saved {
    /// Tensors of the network.
    pub network: ModuleRecord,
    /// State of the optimiser.
    pub optimizer: OptimizerRecord,
    /// State of the learning-rate schedule.
    pub schedule: LrSchedulerRecord,
    /// History.
    pub progress: Progress,
}

/// Burn's checkpointer of one of the three parts.
pub struct Part {
    checkpoints: Checkpoints,
    name: &'static str,
}

impl Checkpoints {
    /// Opens the checkpoints of a run, without changing them.
    pub fn of(run: &Path) -> Self {
        Self {
            run: run.to_path_buf(),
            state: Arc::default(),
            completed: Arc::default(),
        }
    }

    /// Creates the folder, and removes what a crash left incomplete.
    ///
    /// # Errors
    /// When the folder cannot be created or cleaned.
    pub fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(self.folder())?;
        for entry in fs::read_dir(self.folder())? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "partial")
            {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }

    /// Returns Burn's checkpointers of network, optimiser and schedule.
    pub fn parts(&self) -> [Part; 3] {
        PARTS.map(|name| Part {
            checkpoints: self.clone(),
            name,
        })
    }

    /// Returns the positions of all complete checkpoints, the newest last.
    pub fn positions(&self) -> Vec<Position> {
        let entries = fs::read_dir(self.folder()).into_iter().flatten().flatten();
        let mut positions: Vec<Position> = entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        positions.sort_unstable();
        positions
    }

    /// Returns the position of the newest complete checkpoint.
    pub fn last(&self) -> Option<Position> {
        self.positions().pop()
    }

    /// Begins a checkpoint, and returns the key under which Burn's checkpointers complete it.
    ///
    /// # Errors
    /// When the progress cannot be encoded.
    pub fn begin(
        &self,
        position: Position,
        progress: &Progress,
        best: Option<usize>,
    ) -> Result<usize> {
        let mut bytes = Vec::new();
        ciborium::into_writer(progress, &mut bytes)?;
        let mut state = self.lock();
        let key = state.next;
        state.next += 1;
        let pending = Pending {
            position,
            best,
            progress: bytes,
            finished: 0,
            failure: None,
        };
        state.pending.insert(key, pending);
        Ok(key)
    }

    /// Returns whether a checkpoint is being written.
    pub fn is_busy(&self) -> bool {
        !self.lock().pending.is_empty()
    }

    /// Returns why the last checkpoint could not be written, if so.
    pub fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }

    /// Loads a checkpoint.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn load(&self, position: Position) -> Result<Saved> {
        let [network, optimizer, schedule] = PARTS.map(|part| self.file(position, part));
        let load = || -> Result<Saved> {
            Ok(Saved {
                network: <ModuleRecord as Checkpoint>::load(network).map_err(reason)?,
                optimizer: <OptimizerRecord as Checkpoint>::load(optimizer).map_err(reason)?,
                schedule: <LrSchedulerRecord as Checkpoint>::load(schedule).map_err(reason)?,
                progress: self.progress(position)?,
            })
        };
        load().map_err(|error| {
            anyhow!(
                "{}: cannot be read ({error:#}); start a new run",
                self.complete(position).display()
            )
        })
    }

    /// Loads the network at the end of an epoch.
    ///
    /// # Errors
    /// When its file is missing or damaged.
    pub fn network(&self, epoch: usize) -> Result<ModuleRecord> {
        ModuleRecord::load(self.file(Position::end_of(epoch), PARTS[0]))
            .map_err(|error| anyhow!("the checkpoint of epoch {epoch}: {error}"))
    }

    fn progress(&self, position: Position) -> Result<Progress> {
        let path = self.complete(position).join(PROGRESS);
        if !path.exists() && position.batches == 0 {
            let epochs = history::read_first(&self.run.join("log.jsonl"), position.epochs)?;
            anyhow::ensure!(
                epochs.len() == position.epochs,
                "log.jsonl holds {} epochs",
                epochs.len()
            );
            return Ok(Progress {
                epochs,
                ..Progress::default()
            });
        }
        let file = File::open(&path).context(PROGRESS)?;
        ciborium::from_reader(BufReader::new(file)).context(PROGRESS)
    }

    fn folder(&self) -> PathBuf {
        self.run.join(FOLDER)
    }

    fn file(&self, position: Position, part: &str) -> PathBuf {
        self.complete(position).join(format!("{part}.bpk"))
    }

    fn complete(&self, position: Position) -> PathBuf {
        self.folder().join(position.to_string())
    }

    fn partial(&self, position: Position) -> PathBuf {
        self.folder().join(format!("{position}.partial"))
    }

    /// Counts a part that was written, or could not be; the last one completes the checkpoint.
    fn part_finished(&self, key: usize, result: io::Result<()>) {
        let mut state = self.lock();
        let Some(pending) = state.pending.get_mut(&key) else {
            return;
        };
        pending.finished += 1;
        if let Err(error) = result {
            pending.failure.get_or_insert(error.to_string());
        }
        if pending.finished < PARTS.len() {
            return;
        }
        // Each part is written in the order of the checkpoints, so all parts of earlier ones are there. One of them may
        // still be completed by the writer of another part: it would take this one for an older one, and delete it.
        let mut state = self
            .completed
            .wait_while(state, |state| state.pending.range(..key).next().is_some())
            .unwrap_or_else(PoisonError::into_inner);
        // It stays in the list while it is completed: `is_busy` must not say that all is done.
        let Some(pending) = state.pending.get_mut(&key) else {
            return;
        };
        let (position, best) = (pending.position, pending.best);
        let (failure, progress) = (
            pending.failure.take(),
            std::mem::take(&mut pending.progress),
        );
        drop(state);
        let result = match failure {
            None => self
                .complete_pending(position, &progress, best)
                .map_err(|error| error.to_string()),
            Some(failure) => Err(failure),
        };
        if result.is_err() {
            // Its place on the disk may be what the rest of the run needs.
            let _ = fs::remove_dir_all(self.partial(position));
        }
        let mut state = self.lock();
        state.failure = result.err();
        state.pending.remove(&key);
        self.completed.notify_all();
    }

    fn complete_pending(
        &self,
        position: Position,
        progress: &[u8],
        best: Option<usize>,
    ) -> io::Result<()> {
        let partial = self.partial(position);
        let path = partial.join(PROGRESS);
        fs::write(&path, progress)?;
        sync_file(&path)?;
        files::sync_folder(&partial)?;
        self.discard(position)?;
        fs::rename(partial, self.complete(position))?;
        files::sync_folder(&self.folder())?;
        self.discard_others(position, best)
    }

    /// Deletes all checkpoints but the newest, at `position`, and that of the best epoch.
    ///
    /// # Errors
    /// When one cannot be deleted.
    pub fn discard_others(&self, position: Position, best: Option<usize>) -> io::Result<()> {
        let best = best.map(Position::end_of);
        for other in self.positions() {
            if other != position && Some(other) != best {
                self.discard(other)?;
            }
        }
        Ok(())
    }

    /// Deletes a checkpoint. It is renamed first, so that a crash half way leaves no folder that looks complete.
    fn discard(&self, position: Position) -> io::Result<()> {
        let complete = self.complete(position);
        if !complete.exists() {
            return Ok(());
        }
        let discarded = self.folder().join(format!("{position}.old.partial"));
        fs::rename(complete, &discarded)?;
        fs::remove_dir_all(discarded)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what a failure of Burn's checkpointer says.
fn reason(error: CheckpointerError) -> anyhow::Error {
    anyhow!("{error}")
}

/// Syncs a file to the disk.
fn sync_file(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Never fails, because Burn would end the training: a failure is noted, and the checkpoint before stays.
impl<R: Checkpoint> Checkpointer<R> for Part {
    fn save(&self, key: usize, record: R) -> Result<(), CheckpointerError> {
        let position = self
            .checkpoints
            .lock()
            .pending
            .get(&key)
            .map(|pending| pending.position);
        let Some(position) = position else {
            return Ok(());
        };
        let folder = self.checkpoints.partial(position);
        let write = || -> io::Result<()> {
            match fs::create_dir(&folder) {
                // By one of the other parts. The folders above are not created: if they have gone, the run has.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                result => result?,
            }
            let file = folder.join(format!("{}.bpk", self.name));
            record
                .save(file.clone())
                .map_err(|error| io::Error::other(error.to_string()))?;
            sync_file(&file)
        };
        self.checkpoints.part_finished(key, write());
        Ok(())
    }

    fn delete(&self, _key: usize) -> Result<(), CheckpointerError> {
        Ok(())
    }

    fn restore(&self, _key: usize) -> Result<R, CheckpointerError> {
        Err(CheckpointerError::Unknown(
            "checkpoints are loaded by their position".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The writers of the parts are threads of their own: that which ends the second checkpoint may come to its end
    /// before that which ends the first.
    #[test]
    fn checkpoints_are_completed_in_their_order() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(run.path());
        checkpoints.prepare().unwrap();
        let keys = [1, 2].map(|epoch| {
            let position = Position::end_of(epoch);
            fs::create_dir(checkpoints.partial(position)).unwrap();
            let begun = checkpoints.begin(position, &Progress::default(), Some(epoch));
            begun.unwrap()
        });
        let finish = |key: usize| checkpoints.part_finished(key, Ok(()));
        for key in [keys[0], keys[0], keys[1], keys[1]] {
            finish(key);
        }
        std::thread::scope(|scope| {
            let second = scope.spawn(|| finish(keys[1]));
            // Time to run ahead, which it must not use.
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert_eq!(checkpoints.positions(), []);
            finish(keys[0]);
            second.join().unwrap();
        });
        assert_eq!(checkpoints.positions(), [Position::end_of(2)]);
        assert!(!checkpoints.is_busy());
    }
}
