//! Finding the model that answers.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use models::file::MODEL_FILE;

use crate::error::{Error, Result};

/// Name of the link, or small text file, that points to the newest run.
const LATEST: &str = "latest";

/// Name of the model that is part of this program.
pub(crate) const BUILT_IN: &str = "brain-tumor";

/// Place of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file.
    File(PathBuf),
    /// This program.
    BuiltIn,
}

/// Finds the model that `wanted` names: a file, the folder of a run, the name of a run, or the built-in model.
///
/// Without a name it is the model of the newest run, or the built-in model if nothing was trained yet.
///
/// # Errors
/// If there is no such model.
pub(crate) fn find(wanted: Option<&Path>, runs: &Path) -> Result<Place> {
    let Some(wanted) = wanted else {
        return match latest(runs) {
            Err(Error::NoLatest { .. }) => Ok(Place::BuiltIn),
            found => found.map(Place::File),
        };
    };
    let is_built_in = wanted.as_os_str() == BUILT_IN;
    let file = match fs::metadata(wanted) {
        // Data sets, too, are called as runs and the built-in model are.
        Ok(found) if found.is_dir() && !wanted.join(MODEL_FILE).is_file() => {
            if is_bare(wanted) && in_run(&runs.join(wanted)).is_ok() {
                in_run(&runs.join(wanted))
            } else if is_built_in {
                return Ok(Place::BuiltIn);
            } else {
                in_run(wanted)
            }
        }
        Ok(found) if found.is_dir() => in_run(wanted),
        Ok(_) if is_built_in && !begins_as_model(wanted) => return Ok(Place::BuiltIn),
        Ok(_) => Ok(wanted.to_owned()),
        Err(_) if is_bare(wanted) && wanted.as_os_str() == LATEST => latest(runs),
        Err(_) if is_bare(wanted) && runs.join(wanted).is_dir() => {
            match in_run(&runs.join(wanted)) {
                Err(_) if is_built_in => return Ok(Place::BuiltIn),
                found => found,
            }
        }
        Err(_) if is_built_in => return Ok(Place::BuiltIn),
        Err(_) => Err(Error::NoModel {
            wanted: wanted.to_owned(),
            folder: runs.to_owned(),
            runs: run_names(runs),
        }),
    };
    file.map(Place::File)
}

/// Finds the model of the newest run. `latest` is a link to its folder or, where links cannot be made, a text file with
/// its name.
fn latest(runs: &Path) -> Result<PathBuf> {
    let path = runs.join(LATEST);
    let broken = |reason: String| Error::Latest {
        path: path.clone(),
        reason,
    };
    let Ok(found) = fs::symlink_metadata(&path) else {
        return Err(Error::NoLatest {
            latest: path,
            runs: run_names(runs),
        });
    };
    if path.is_dir() {
        return in_run(&path);
    }
    if found.is_symlink() && !path.exists() {
        let target = fs::read_link(&path).unwrap_or_default();
        return Err(broken(format!(
            "it points to {}, which does not exist",
            target.display()
        )));
    }
    let name = read_name(&path).map_err(broken)?;
    let run = runs.join(&name);
    if !run.is_dir() {
        return Err(broken(format!(
            "it names {name}, which is not a run in {}",
            runs.display()
        )));
    }
    in_run(&run)
}

/// Reads the name in a small text file.
fn read_name(path: &Path) -> std::result::Result<String, String> {
    const MAX_BYTES: u64 = 1024;
    let mut text = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut text))
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
    let name = text.trim();
    if name.is_empty() {
        return Err("it is empty".into());
    }
    if name.lines().count() > 1 || text.len() as u64 > MAX_BYTES {
        return Err("it should hold one line with the name of a run".into());
    }
    Ok(name.to_owned())
}

/// Returns the model of a run.
fn in_run(run: &Path) -> Result<PathBuf> {
    let path = run.join(MODEL_FILE);
    if path.is_file() {
        Ok(path)
    } else {
        Err(Error::NoModelInRun(run.to_owned()))
    }
}

/// Returns whether a file begins as a safetensors file does: with the length of its header, which is JSON.
fn begins_as_model(path: &Path) -> bool {
    let mut head = [0; 9];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head[8] == b'{'
}

/// Returns whether a path is a name without a folder.
fn is_bare(path: &Path) -> bool {
    let mut components = path.components();
    matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(_)), None)
    )
}

/// Returns the names of the runs that hold a model, newest first.
fn run_names(runs: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(runs) else {
        return Vec::new();
    };
    let mut found: Vec<(SystemTime, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry
                .file_name()
                .into_string()
                .ok()
                .filter(|name| name != LATEST)?;
            let changed = entry.path().join(MODEL_FILE).metadata().ok()?.modified();
            Some((changed.unwrap_or(SystemTime::UNIX_EPOCH), name))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates two runs, the second of them without a model.
    fn runs() -> tempfile::TempDir {
        let runs = tempfile::tempdir().unwrap();
        for name in ["mnist-mlp-1", "mnist-mlp-2"] {
            fs::create_dir(runs.path().join(name)).unwrap();
        }
        fs::write(runs.path().join("mnist-mlp-1").join(MODEL_FILE), b"x").unwrap();
        runs
    }

    fn message(wanted: Option<&str>, runs: &Path) -> String {
        find(wanted.map(Path::new), runs).unwrap_err().to_string()
    }

    #[test]
    fn a_model_is_a_file_a_folder_or_a_name() {
        let runs = runs();
        let file = runs.path().join("mnist-mlp-1").join(MODEL_FILE);
        for wanted in [
            &file,
            &runs.path().join("mnist-mlp-1"),
            Path::new("mnist-mlp-1"),
        ] {
            assert_eq!(
                find(Some(wanted), runs.path()).unwrap(),
                Place::File(file.clone()),
                "{}",
                wanted.display()
            );
        }
    }

    #[test]
    fn latest_is_a_text_file() {
        let runs = runs();
        fs::write(runs.path().join(LATEST), "mnist-mlp-1\n").unwrap();
        let file = runs.path().join("mnist-mlp-1").join(MODEL_FILE);
        let place = Place::File(file);
        assert_eq!(find(None, runs.path()).unwrap(), place);
        assert_eq!(find(Some(Path::new("latest")), runs.path()).unwrap(), place);
    }

    #[cfg(unix)]
    #[test]
    fn latest_is_a_link() {
        let runs = runs();
        let link = runs.path().join(LATEST);
        std::os::unix::fs::symlink("mnist-mlp-1", &link).unwrap();
        let place = Place::File(link.join(MODEL_FILE));
        assert_eq!(find(None, runs.path()).unwrap(), place);

        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("mnist-mlp-9", &link).unwrap();
        let message = message(None, runs.path());
        assert!(
            message.contains("mnist-mlp-9") && message.contains("does not exist"),
            "{message}"
        );
    }

    #[test]
    fn missing_models_are_named_with_a_remedy() {
        let runs = runs();
        let none = message(Some("latest"), runs.path());
        assert!(
            none.contains("cargo run -p train") && none.contains("mnist-mlp-1"),
            "{none}"
        );
        let wrong = message(Some("mnist-mlp-7"), runs.path());
        assert!(
            wrong.contains("mnist-mlp-7") && wrong.contains("there are mnist-mlp-1"),
            "{wrong}"
        );
        let unfinished = message(Some("mnist-mlp-2"), runs.path());
        assert!(unfinished.contains("not finished"), "{unfinished}");
    }

    #[test]
    fn the_built_in_model_answers_until_one_was_trained() {
        let runs = runs();
        assert_eq!(find(None, runs.path()).unwrap(), Place::BuiltIn);
        let named = Some(Path::new(BUILT_IN));
        assert_eq!(find(named, runs.path()).unwrap(), Place::BuiltIn);
        // A run of that name comes first.
        fs::create_dir(runs.path().join(BUILT_IN)).unwrap();
        let file = runs.path().join(BUILT_IN).join(MODEL_FILE);
        assert_eq!(find(named, runs.path()).unwrap(), Place::BuiltIn);
        fs::write(&file, b"x").unwrap();
        assert_eq!(find(named, runs.path()).unwrap(), Place::File(file));
    }

    #[test]
    fn a_file_of_the_built_in_name_is_a_model_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(BUILT_IN);
        for (content, is_model) in [(&b"\x08\0\0\0\0\0\0\0{}"[..], true), (b"notes", false)] {
            fs::write(&path, content).unwrap();
            assert_eq!(begins_as_model(&path), is_model, "{content:?}");
        }
        assert!(!begins_as_model(folder.path()));
    }

    #[test]
    fn a_broken_pointer_to_the_newest_run_is_refused() {
        let runs = runs();
        let cases: [(&[u8], &str); 4] = [
            (b" \n", "empty"),
            (b"a\nb\n", "one line"),
            (b"\xff\xfe", "not text"),
            (b"mnist-mlp-9\n", "mnist-mlp-9"),
        ];
        for (content, part) in cases {
            fs::write(runs.path().join(LATEST), content).unwrap();
            let message = message(None, runs.path());
            assert!(message.contains(part), "{message}");
        }
    }
}
