//! The folder of a run: `runs/<experiment>-<number>/`. `runs/latest` points to the newest run with a model.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;

/// Name of the link to the newest run.
const LATEST: &str = "latest";

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it is inside another run's folder, as that of a fold.
    is_nested: bool,
}

impl RunFolder {
    /// Creates `runs/<experiment>-<number>` with the first free number.
    ///
    /// # Errors
    /// If `runs` cannot be written.
    pub fn create(runs: &Path, experiment: &str) -> Result<Self> {
        fs::create_dir_all(runs).with_context(|| cannot_write(runs))?;
        for number in 1.. {
            let path = runs.join(format!("{experiment}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => {
                    return Ok(Self {
                        path,
                        is_nested: false,
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| cannot_write(runs)),
            }
        }
        unreachable!("some number is free")
    }

    /// Creates or opens a folder inside for a part of the run; `latest` never points to it.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn subfolder(&self, name: &str) -> Result<Self> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).with_context(|| cannot_write(&path))?;
        Ok(Self {
            path,
            is_nested: true,
        })
    }

    /// Opens an existing run; `run` is its folder, or the name of a folder in `runs`.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(runs: &Path, run: &Path) -> Result<Self> {
        let candidates = [run.to_path_buf(), runs.join(run)];
        match candidates
            .into_iter()
            .find(|path| path.join("config.json").is_file())
        {
            Some(path) => Ok(Self {
                path: resolved(path)?,
                is_nested: false,
            }),
            None => bail!(
                "{}: no run with a config.json here or under {}; `--resume` takes the folder of a run",
                run.display(),
                runs.display()
            ),
        }
    }

    /// Deletes the folder of a failed run, unless it has a complete checkpoint to resume from.
    pub fn remove_without_checkpoint(&self) {
        let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
        let has_checkpoint = |run: &Path| {
            entries(&run.join("checkpoint"))
                .any(|entry| entry.path().extension().is_none_or(|end| end != "partial"))
        };
        let is_resumable = has_checkpoint(&self.path)
            || entries(&self.path).any(|inner| has_checkpoint(&inner.path()));
        if !is_resumable && let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("note: {} cannot be deleted ({error})", self.path.display());
        }
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

/// Resolves a link, so that `runs/latest` cannot come to point to itself.
fn resolved(path: PathBuf) -> Result<PathBuf> {
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
    fn latest_opens_the_run_that_it_points_to() {
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
    fn an_error_names_the_file_in_place_of_the_runs_folder() {
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
