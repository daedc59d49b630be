//! Names of unfinished files and folders, by which those of killed processes are found.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

const PREFIX: &str = ".";
const SUFFIX: &str = ".partial";

/// Returns a builder of temporary files and folders with names that [`remove_leftovers`] recognises.
pub(crate) fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// Deletes what killed processes left unfinished in `folder`: files, links and folders named `.*.partial` that were last
/// modified at least `age` ago.
///
/// The age spares those that a running process is about to complete. A caller that knows itself to be the only writer
/// passes zero.
///
/// # Errors
/// If the folder cannot be read, or something in it cannot be deleted.
pub fn remove_leftovers(folder: &Path, age: Duration) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !is_unfinished(&entry.file_name()) {
            continue;
        }
        let removed = entry.metadata().and_then(|found| {
            // A file from the future, by a clock that was set back, counts as new.
            let elapsed = found.modified()?.elapsed().unwrap_or_default();
            match elapsed >= age {
                true if found.is_dir() => fs::remove_dir_all(entry.path()),
                true => fs::remove_file(entry.path()),
                false => Ok(()),
            }
        });
        match removed {
            // Another process completed or deleted it first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(())
}

/// Returns an error of `tempfile` without the temporary path that it names, which means nothing to a user.
pub(crate) fn without_path(error: &io::Error) -> io::Error {
    let kind = error.kind();
    io::Error::new(kind, kind.to_string())
}

fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_files_and_folders_of_that_age_are_deleted() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path();
        fs::create_dir_all(folder.join(".a1.partial/inner")).unwrap();
        for name in [".b2.partial", ".hidden", "epoch-1.partial", "a.txt"] {
            fs::write(folder.join(name), "").unwrap();
        }
        remove_leftovers(folder, Duration::from_secs(60)).unwrap();
        assert!(folder.join(".a1.partial/inner").is_dir());
        assert!(folder.join(".b2.partial").is_file());
        remove_leftovers(folder, Duration::ZERO).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, [".hidden", "a.txt", "epoch-1.partial"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_deleted_and_not_what_it_points_to() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink("target", folder.path().join(".c3.partial")).unwrap();
        remove_leftovers(folder.path(), Duration::ZERO).unwrap();
        assert!(target.is_dir());
        assert!(!folder.path().join(".c3.partial").is_symlink());
    }
}
