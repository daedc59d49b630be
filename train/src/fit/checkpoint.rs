//! Atomic checkpoints: one is complete or absent.
//!
//! Burn's file checkpointer writes each of its three files (network, optimiser, schedule) atomically, but not the set of
//! them. Here the three are written into `checkpoint/epoch-N.partial/` and synced, and the folder is renamed to
//! `checkpoint/epoch-N/` once all are there. An older epoch is deleted only after that, so that a crash at any moment
//! leaves at least one complete checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use burn::lr_scheduler::LrSchedulerRecord;
use burn::optim::OptimizerRecord;
use burn::store::ModuleRecord;
use burn::train::checkpoint::{Checkpoint, Checkpointer, CheckpointerError};

/// Parts of a checkpoint, one file each.
const PARTS: [&str; 3] = ["network", "optimizer", "schedule"];

/// The checkpoints in a run's folder. Cloning shares the state.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    pending: Arc<Mutex<Pending>>,
}

#[derive(Debug, Default)]
struct Pending {
    /// Number of written parts of each incomplete checkpoint, by epoch.
    written: BTreeMap<usize, usize>,
    /// Epochs whose checkpoints are to be deleted once a later one is complete.
    obsolete: BTreeSet<usize>,
}

/// Burn's checkpointer of one of the three parts.
pub struct Part {
    checkpoints: Checkpoints,
    name: &'static str,
}

impl Checkpoints {
    /// Opens the checkpoints under `run/checkpoint`, and removes incomplete ones.
    ///
    /// # Errors
    /// When the folder cannot be created or cleaned.
    pub fn new(run: &Path) -> io::Result<Self> {
        let folder = run.join("checkpoint");
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "partial")
            {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(Self {
            folder,
            pending: Arc::default(),
        })
    }

    /// Returns the checkpointers of network, optimiser and schedule.
    pub fn parts(&self) -> [Part; 3] {
        PARTS.map(|name| Part {
            checkpoints: self.clone(),
            name,
        })
    }

    /// Returns the epochs of all complete checkpoints.
    pub fn epochs(&self) -> Vec<usize> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .strip_prefix("epoch-")?
                    .parse()
                    .ok()
            })
            .collect()
    }

    /// Returns the epoch of the newest complete checkpoint.
    pub fn last(&self) -> Option<usize> {
        self.epochs().into_iter().max()
    }

    /// Loads the network of `epoch`.
    ///
    /// # Errors
    /// When its file is missing or damaged.
    pub fn network(&self, epoch: usize) -> Result<ModuleRecord> {
        ModuleRecord::load(self.file(epoch, "network"))
            .map_err(|error| anyhow!("the checkpoint of epoch {epoch}: {error}"))
    }

    /// Loads the three parts of `epoch` on trial: once training has begun, Burn panics if one is damaged.
    ///
    /// # Errors
    /// When a part is missing or damaged.
    pub fn check(&self, epoch: usize) -> Result<(), CheckpointerError> {
        let [network, optimizer, schedule] = PARTS.map(|part| self.file(epoch, part));
        <ModuleRecord as Checkpoint>::load(network)?;
        <OptimizerRecord as Checkpoint>::load(optimizer)?;
        <LrSchedulerRecord as Checkpoint>::load(schedule)?;
        Ok(())
    }

    fn file(&self, epoch: usize, part: &str) -> PathBuf {
        self.complete(epoch).join(format!("{part}.bpk"))
    }

    fn complete(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("epoch-{epoch}"))
    }

    fn partial(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("epoch-{epoch}.partial"))
    }

    /// Counts a written part; the last one completes the checkpoint.
    fn part_written(&self, epoch: usize) -> io::Result<()> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let written = pending.written.entry(epoch).or_default();
        *written += 1;
        if *written < PARTS.len() {
            return Ok(());
        }
        pending.written.remove(&epoch);
        self.discard(epoch)?;
        fs::rename(self.partial(epoch), self.complete(epoch))?;
        // Later epochs that are already obsolete stay until a checkpoint after them is complete.
        let later = pending.obsolete.split_off(&epoch);
        for epoch in std::mem::replace(&mut pending.obsolete, later) {
            self.discard(epoch)?;
        }
        Ok(())
    }

    /// Deletes a checkpoint. It is renamed first, so that a crash half way leaves no folder that looks complete.
    fn discard(&self, epoch: usize) -> io::Result<()> {
        let complete = self.complete(epoch);
        if !complete.exists() {
            return Ok(());
        }
        let discarded = self.folder.join(format!("epoch-{epoch}.old.partial"));
        fs::rename(complete, &discarded)?;
        fs::remove_dir_all(discarded)
    }
}

impl<R: Checkpoint> Checkpointer<R> for Part {
    fn save(&self, epoch: usize, record: R) -> Result<(), CheckpointerError> {
        let folder = self.checkpoints.partial(epoch);
        fs::create_dir_all(&folder).map_err(CheckpointerError::IOError)?;
        let file = folder.join(format!("{}.bpk", self.name));
        record.save(file.clone())?;
        File::open(&file)
            .and_then(|file| file.sync_all())
            .and_then(|()| self.checkpoints.part_written(epoch))
            .map_err(CheckpointerError::IOError)
    }

    fn delete(&self, epoch: usize) -> Result<(), CheckpointerError> {
        let pending = &self.checkpoints.pending;
        pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .obsolete
            .insert(epoch);
        Ok(())
    }

    fn restore(&self, epoch: usize) -> Result<R, CheckpointerError> {
        R::load(self.checkpoints.file(epoch, self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(part: &Part, epoch: usize) {
        let record = LrSchedulerRecord::new().with_scalar("step", 1u64);
        part.save(epoch, record).unwrap();
    }

    #[test]
    fn a_checkpoint_appears_only_when_all_three_parts_are_written() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(run.path()).unwrap();
        let [network, optimizer, schedule] = checkpoints.parts();
        save(&network, 1);
        save(&optimizer, 1);
        assert_eq!(checkpoints.last(), None);
        save(&schedule, 1);
        assert_eq!(checkpoints.last(), Some(1));
    }

    #[test]
    fn an_old_checkpoint_is_deleted_only_after_the_new_one_is_complete() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(run.path()).unwrap();
        let parts = checkpoints.parts();
        parts.iter().for_each(|part| save(part, 1));
        Checkpointer::<LrSchedulerRecord>::delete(&parts[0], 1).unwrap();
        save(&parts[0], 2);
        save(&parts[1], 2);
        assert_eq!(
            checkpoints.last(),
            Some(1),
            "the old one must still be there"
        );
        save(&parts[2], 2);
        assert_eq!(checkpoints.last(), Some(2));
        assert!(!run.path().join("checkpoint/epoch-1").exists());
    }

    #[test]
    fn incomplete_checkpoints_of_a_crash_are_removed() {
        let run = tempfile::tempdir().unwrap();
        for name in ["epoch-1", "epoch-1.old.partial", "epoch-2.partial"] {
            fs::create_dir_all(run.path().join("checkpoint").join(name)).unwrap();
        }
        let checkpoints = Checkpoints::new(run.path()).unwrap();
        assert_eq!(checkpoints.epochs(), [1]);
        let left = fs::read_dir(run.path().join("checkpoint")).unwrap().count();
        assert_eq!(left, 1);
    }

    /// Three threads write the three parts, so that one may be an epoch ahead.
    #[test]
    fn a_checkpoint_that_is_obsolete_before_it_is_complete_stays_until_the_next() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(run.path()).unwrap();
        let [network, optimizer, schedule] = checkpoints.parts();
        save(&network, 1);
        save(&optimizer, 1);
        Checkpointer::<LrSchedulerRecord>::delete(&network, 1).unwrap();
        save(&network, 2);
        save(&schedule, 1);
        assert_eq!(checkpoints.last(), Some(1), "there is no other yet");
        save(&optimizer, 2);
        save(&schedule, 2);
        assert_eq!(checkpoints.epochs(), [2]);
    }
}
