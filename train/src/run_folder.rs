//! One run on disk: `runs/<experiment>-<number>/`, with `runs/latest` pointing to the newest that left a model.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;

/// The name of the pointer to the newest run.
const LATEST: &str = "latest";

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it lies in another run's folder, as a fold does.
    inner: bool,
}

impl RunFolder {
    /// Makes `runs/<experiment>-<number>` with the first free number.
    ///
    /// # Errors
    /// When `runs` cannot be written.
    pub fn create(runs: &Path, experiment: &str) -> Result<Self> {
        fs::create_dir_all(runs).with_context(|| cannot_write(runs))?;
        for number in 1.. {
            let path = runs.join(format!("{experiment}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, inner: false }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| cannot_write(runs)),
            }
        }
        unreachable!("some number is free")
    }

    /// A folder inside for a part of the run, which `latest` never points to.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn inner(&self, name: &str) -> Result<Self> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).with_context(|| cannot_write(&path))?;
        Ok(Self { path, inner: true })
    }

    /// An existing run: a folder, or the name of one under `runs`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(runs: &Path, run: &Path) -> Result<Self> {
        let candidates = [run.to_path_buf(), runs.join(run)];
        match candidates
            .into_iter()
            .find(|path| path.join("config.json").is_file())
        {
            Some(path) => Ok(Self {
                path: real_name(path)?,
                inner: false,
            }),
            None => bail!(
                "{}: no run with a config.json here or under {}; `--resume` takes the folder of a run",
                run.display(),
                runs.display()
            ),
        }
    }

    /// Takes a failed run away unless it holds a whole checkpoint to resume from.
    pub fn remove_if_nothing_was_learned(&self) {
        let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
        let has_checkpoint = |run: &Path| {
            entries(&run.join("checkpoint"))
                .any(|entry| entry.path().extension().is_none_or(|end| end != "partial"))
        };
        let learned = has_checkpoint(&self.path)
            || entries(&self.path).any(|inner| has_checkpoint(&inner.path()));
        if !learned && let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("note: {} is left behind ({error})", self.path.display());
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
        files::write(&self.file(name), contents)
            .map_err(|error| anyhow!("{error}; choose another place with --out"))
    }

    /// Writes a value atomically as pretty JSON.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.write(name, serde_json::to_string_pretty(value)? + "\n")
    }

    /// Lets `runs/latest` point here: a symbolic link on Unix, elsewhere a small file that holds
    /// the folder's name.
    ///
    /// # Errors
    /// When the link cannot be made.
    pub fn make_latest(&self) -> Result<()> {
        if self.inner {
            return Ok(());
        }
        let (Some(runs), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(());
        };
        let latest = runs.join(LATEST);
        #[cfg(unix)]
        {
            let fresh = runs.join(format!(".{LATEST}-{}", std::process::id()));
            std::os::unix::fs::symlink(name, &fresh)
                .and_then(|()| fs::rename(&fresh, &latest))
                .with_context(|| format!("{}: cannot point to the run", latest.display()))
        }
        #[cfg(not(unix))]
        Ok(files::write(&latest, name.as_encoded_bytes())?)
    }
}

/// The run's own name: `runs/latest` must not come to point to itself.
fn real_name(path: PathBuf) -> Result<PathBuf> {
    if path.is_symlink() || path.file_name().is_none() {
        fs::canonicalize(&path).with_context(|| format!("{}: cannot be followed", path.display()))
    } else {
        Ok(path)
    }
}

fn cannot_write(path: &Path) -> String {
    format!(
        "{}: cannot be written; choose another place with --out",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_numbered_and_latest_follows_the_newest() {
        let runs = tempfile::tempdir().unwrap();
        let first = RunFolder::create(runs.path(), "mnist-mlp").unwrap();
        let second = RunFolder::create(runs.path(), "mnist-mlp").unwrap();
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
    fn latest_is_opened_by_the_name_of_its_run() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path(), "hebb").unwrap();
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
    fn a_file_in_the_way_of_the_runs_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        fs::write(&file, "").unwrap();
        let error = RunFolder::create(&file, "hebb").unwrap_err();
        assert!(
            format!("{error:#}").contains("runs: cannot be written"),
            "{error:#}"
        );
    }
}
