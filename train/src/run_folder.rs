//! The folder of a run: `runs/<experiment>-<number>/`. `runs/latest` points to the newest run with a model.
//!
//! One process at a time writes into a run. It holds a lock on the file `.lock` in the folder, which the operating system
//! releases when the process ends, in whatever way. Reading needs no lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use files::{StagedFolder, WriteError};
use models::file::{FileError, MODEL_FILE};
use serde::Serialize;

/// Name of the link to the newest run.
const LATEST: &str = "latest";

/// Name of the file that a writing process locks. It is empty.
const LOCK: &str = ".lock";

/// Age at which an unfinished folder in `runs` counts as left behind: a running process completes its own in
/// milliseconds.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

/// The folder of a run. Cloning shares the lock.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it is inside another run's folder, as that of a fold.
    is_nested: bool,
    /// The locked file; `None` in a folder that is only read, and on file systems without locks.
    lock: Option<Arc<File>>,
}

impl RunFolder {
    /// Creates `runs/<experiment>-<number>` with the first free number, for this process to write into.
    ///
    /// `fill` writes the first files. They are in the folder when it appears, whenever the process is killed.
    ///
    /// # Errors
    /// If `runs` cannot be written.
    pub fn create(
        runs: &Path,
        experiment: &str,
        fill: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Self> {
        let create = || {
            files::create_folder(runs)?;
            if let Err(error) = files::remove_leftovers(runs, LEFTOVER_AGE) {
                eprintln!("note: {}: cannot be cleaned ({error})", runs.display());
            }
            let mut staged = StagedFolder::create_in(runs)?;
            fill(&Self::unlocked(staged.path().to_path_buf()))?;
            for number in 1.. {
                let path = runs.join(format!("{experiment}-{number}"));
                if staged.publish(&path)? {
                    return Self::unlocked(path).lock();
                }
            }
            unreachable!("some number is free")
        };
        create().map_err(|error| with_remedy(error, None))
    }

    /// Creates or opens a folder inside for a part of the run; `latest` never points to it.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn subfolder(&self, name: &str) -> Result<Self> {
        let path = self.path.join(name);
        files::create_folder(&path)?;
        Ok(Self {
            path,
            is_nested: true,
            lock: self.lock.clone(),
        })
    }

    /// Opens an existing run for reading; `run` is its folder, or the name of a folder in `runs`.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(runs: &Path, run: &Path) -> Result<Self> {
        let candidates = [run.to_path_buf(), runs.join(run)];
        match candidates
            .into_iter()
            .find(|path| path.join("config.json").is_file())
        {
            Some(path) => Ok(Self::unlocked(resolved(path)?)),
            None => bail!(
                "{}: no run with a config.json here or under {}; `--resume` takes the folder of a run",
                run.display(),
                runs.display()
            ),
        }
    }

    fn unlocked(path: PathBuf) -> Self {
        Self {
            path,
            is_nested: false,
            lock: None,
        }
    }

    /// Makes this process the one that writes into the folder.
    ///
    /// # Errors
    /// If another process writes there, or the folder cannot be written.
    pub fn lock(self) -> Result<Self> {
        let path = self.file(LOCK);
        let file = (OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .map_err(|reason| WriteError { path, reason })?;
        let lock = match file.try_lock() {
            Ok(()) => Some(Arc::new(file)),
            Err(TryLockError::WouldBlock) => bail!(
                "{}: another process is writing into this run; wait until it ends, or stop it, or start a new run",
                self.path.display()
            ),
            Err(TryLockError::Error(error)) => {
                eprintln!(
                    "note: {}: this file system has no locks ({error}); do not resume the run twice at the same time",
                    self.path.display()
                );
                None
            }
        };
        Ok(Self { lock, ..self })
    }

    /// Deletes the unfinished files of killed processes from the folder and the folders in it.
    ///
    /// # Errors
    /// If a folder cannot be read, or a file cannot be deleted.
    pub fn remove_leftovers(&self) -> Result<()> {
        // Without a lock they may be those of a running process.
        if self.lock.is_none() {
            return Ok(());
        }
        remove_leftovers_below(&self.path)
            .with_context(|| format!("{}: cannot be cleaned", self.path.display()))
    }

    /// Ends a new run that failed: deletes its folder, unless it holds something to resume from. Returns the error with
    /// a remedy.
    pub fn fail(&self, error: anyhow::Error) -> anyhow::Error {
        match holds_progress(&self.path) {
            Ok(false) => {
                if let Err(error) = files::remove_folder(&self.path) {
                    eprintln!("note: {} cannot be deleted ({error})", self.path.display());
                }
                with_remedy(error, None)
            }
            Ok(true) => with_remedy(error, Some(&self.path)),
            Err(_) => self.explain(error),
        }
    }

    /// Adds a remedy to the error of a run that is kept, if it is an error of writing.
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        with_remedy(error, self.path.is_dir().then_some(&*self.path))
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
        Ok(files::write(&self.file(name), contents)?)
    }

    /// Writes a value atomically as pretty JSON.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.write(name, serde_json::to_string_pretty(value)? + "\n")
    }

    /// Points `runs/latest` here: a symbolic link on Unix, elsewhere a small file with the folder's name.
    ///
    /// # Errors
    /// If the link cannot be created.
    pub fn make_latest(&self) -> Result<()> {
        if self.is_nested {
            return Ok(());
        }
        let (Some(runs), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(());
        };
        let latest = runs.join(LATEST);
        #[cfg(unix)]
        files::replace_link(Path::new(name), &latest)?;
        #[cfg(not(unix))]
        files::write(&latest, name.as_encoded_bytes())?;
        Ok(())
    }
}

/// Returns whether a run, or a training inside it, has a complete checkpoint, a model or a result.
fn holds_progress(run: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(run)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let holds = if name == MODEL_FILE || name == "result.json" {
            true
        } else if name == "checkpoint" {
            has_checkpoint(&path)?
        } else {
            entry.file_type()?.is_dir() && holds_progress(&path)?
        };
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_checkpoint(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "partial") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn remove_leftovers_below(folder: &Path) -> io::Result<()> {
    files::remove_leftovers(folder, Duration::ZERO)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_leftovers_below(&entry.path())?;
        }
    }
    Ok(())
}

/// Adds to an error of writing what the user can do; `kept` is the run, unless it has been deleted.
fn with_remedy(error: anyhow::Error, kept: Option<&Path>) -> anyhow::Error {
    let Some(kind) = failed_write(&error) else {
        return error;
    };
    let is_full = is_full(kind);
    match kept {
        Some(run) => {
            let first = if is_full {
                "free some space"
            } else {
                "make it writable"
            };
            let run = run.display();
            anyhow!("{error:#}; {first}, then continue with `train --resume {run}`")
        }
        None if is_full => {
            anyhow!("{error:#}; free some space, or choose another place with --out")
        }
        None if kind == ErrorKind::NotFound => anyhow!("{error:#}; start a new run"),
        None => anyhow!("{error:#}; choose another place with --out"),
    }
}

/// Returns the kind of an error of writing; `None` if something else went wrong.
fn failed_write(error: &anyhow::Error) -> Option<ErrorKind> {
    error.chain().find_map(|cause| {
        let io_kind = || {
            let kind = cause.downcast_ref::<io::Error>()?.kind();
            // No read fails with one of these.
            (is_full(kind) || kind == ErrorKind::ReadOnlyFilesystem).then_some(kind)
        };
        if let Some(error) = cause.downcast_ref::<WriteError>() {
            Some(error.reason.kind())
        } else if let Some(FileError::Write { reason, .. }) = cause.downcast_ref() {
            Some(reason.kind())
        } else if let Some(datasets::Error::Io { action, reason, .. }) = cause.downcast_ref() {
            ["create", "write"].contains(action).then(|| reason.kind())
        } else {
            io_kind()
        }
    })
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Resolves a link, so that `runs/latest` cannot come to point to itself.
fn resolved(path: PathBuf) -> Result<PathBuf> {
    if path.is_symlink() || path.file_name().is_none() {
        fs::canonicalize(&path).with_context(|| format!("{}: cannot be followed", path.display()))
    } else {
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(_: &RunFolder) -> Result<()> {
        Ok(())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn runs_are_numbered_and_latest_follows_the_newest() {
        let runs = tempfile::tempdir().unwrap();
        let first = RunFolder::create(runs.path(), "mnist-mlp", empty).unwrap();
        let second = RunFolder::create(runs.path(), "mnist-mlp", empty).unwrap();
        assert!(first.path().ends_with("mnist-mlp-1"));
        assert!(second.path().ends_with("mnist-mlp-2"));
        first.make_latest().unwrap();
        second.make_latest().unwrap();
        second.write("result.json", "{}").unwrap();
        let latest = runs.path().join(LATEST);
        assert_eq!(
            fs::read_to_string(latest.join("result.json")).unwrap(),
            "{}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn latest_opens_the_run_that_it_points_to() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path(), "hebb", empty).unwrap();
        run.write("config.json", "{}").unwrap();
        run.make_latest().unwrap();
        for name in [Path::new(LATEST), &runs.path().join(LATEST)] {
            let opened = RunFolder::open(runs.path(), name).unwrap();
            assert!(opened.path().ends_with("hebb-1"));
            opened.make_latest().unwrap();
        }
        assert!(runs.path().join("latest/config.json").is_file());
    }

    #[test]
    fn an_error_names_the_file_in_place_of_the_runs_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        fs::write(&file, "").unwrap();
        let error = RunFolder::create(&file, "hebb", empty).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.starts_with("cannot write "), "{message}");
        assert!(
            message.contains("runs: ") && message.ends_with("--out"),
            "{message}"
        );
    }

    #[test]
    fn a_run_appears_with_its_first_files_or_not_at_all() {
        let runs = tempfile::tempdir().unwrap();
        let failed = RunFolder::create(runs.path(), "hebb", |_| bail!("no"));
        failed.unwrap_err();
        assert!(names(runs.path()).is_empty());
        let run = RunFolder::create(runs.path(), "hebb", |folder| {
            assert!(!runs.path().join("hebb-1").exists());
            folder.write("config.json", "{}")
        });
        assert_eq!(names(runs.path()), ["hebb-1"]);
        assert_eq!(names(run.unwrap().path()), [LOCK, "config.json"]);
    }

    #[test]
    fn processes_that_start_at_once_get_runs_of_their_own() {
        let runs = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    RunFolder::create(runs.path(), "hebb", |folder| {
                        folder.write("config.json", "{}")
                    })
                    .unwrap()
                });
            }
        });
        let expected: Vec<_> = (1..=8).map(|number| format!("hebb-{number}")).collect();
        assert_eq!(names(runs.path()), expected);
    }

    #[test]
    fn only_one_process_writes_into_a_run() {
        let runs = tempfile::tempdir().unwrap();
        let config = |folder: &RunFolder| folder.write("config.json", "{}");
        let writer = RunFolder::create(runs.path(), "hebb", config).unwrap();
        let fold = writer.subfolder("fold-1").unwrap();
        drop(writer);
        let open = || RunFolder::open(runs.path(), Path::new("hebb-1")).unwrap();
        let message = open().lock().unwrap_err().to_string();
        assert!(
            message.contains("hebb-1: another process is writing"),
            "{message}"
        );
        drop(fold);
        open().lock().unwrap();
    }

    #[test]
    fn a_failed_run_is_kept_if_there_is_something_to_resume_from() {
        for (file, is_kept) in [
            ("log.jsonl", false),
            ("checkpoint/epoch-1.partial/network.bpk", false),
            ("checkpoint/epoch-1/network.bpk", true),
            ("checkpoint/epoch-0-batch-7/network.bpk", true),
            ("fold-1/checkpoint/epoch-1/network.bpk", true),
            ("fold-2/result.json", true),
            (MODEL_FILE, true),
        ] {
            let runs = tempfile::tempdir().unwrap();
            let run = RunFolder::create(runs.path(), "hebb", empty).unwrap();
            let path = run.file(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
            let message = run.fail(anyhow!("the loss is not finite")).to_string();
            assert_eq!(message, "the loss is not finite");
            assert_eq!(run.path().exists(), is_kept, "{file}");
            assert_eq!(names(runs.path()).len(), usize::from(is_kept), "{file}");
        }
    }

    #[test]
    fn errors_of_writing_name_the_remedy() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path(), "hebb", empty).unwrap();
        let error = |kind: ErrorKind| WriteError {
            path: run.file("log.jsonl"),
            reason: kind.into(),
        };
        let resume = format!(
            "then continue with `train --resume {}`",
            run.path().display()
        );
        for (kind, remedy) in [
            (ErrorKind::StorageFull, "free some space, "),
            (ErrorKind::QuotaExceeded, "free some space, "),
            (ErrorKind::ReadOnlyFilesystem, "make it writable, "),
        ] {
            let message = run.explain(error(kind).into()).to_string();
            assert!(message.contains("log.jsonl: "), "{message}");
            assert!(
                message.ends_with(&(remedy.to_owned() + &resume)),
                "{message}"
            );
        }
        let unread = io::Error::from(ErrorKind::NotFound);
        let unread = anyhow::Error::new(unread).context("data: cannot be read");
        assert!(!run.explain(unread).to_string().contains(';'));
        let message = run.fail(error(ErrorKind::StorageFull).into()).to_string();
        assert!(
            message.ends_with("free some space, or choose another place with --out"),
            "{message}"
        );
    }

    #[test]
    fn leftovers_are_removed_by_the_writer_alone() {
        let runs = tempfile::tempdir().unwrap();
        let config = |folder: &RunFolder| folder.write("config.json", "{}");
        let run = RunFolder::create(runs.path(), "hebb", config).unwrap();
        let left = run.subfolder("fold-1").unwrap().file(".x.partial");
        fs::write(&left, "").unwrap();
        let reader = RunFolder::open(runs.path(), run.path()).unwrap();
        reader.remove_leftovers().unwrap();
        assert!(left.exists());
        run.remove_leftovers().unwrap();
        assert!(!left.exists());
    }
}
