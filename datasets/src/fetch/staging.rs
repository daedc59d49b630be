//! The staging folder of a fetch: locked, and moved to its place by one rename.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::FetchError;

/// A lock file that only one fetch of a data set holds at a time; deleted when it is dropped.
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails, an empty file remains, which the next fetch locks as well.
        let _ = fs::remove_file(&self.path);
    }
}

/// Locks the file at `path` for fetching `dataset`.
pub(super) fn lock(path: &Path, dataset: &str) -> Result<Lock, FetchError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
    }
    let file = File::create(path).map_err(FetchError::io("create", path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock {
            path: path.to_path_buf(),
            _file: file,
        }),
        Err(TryLockError::WouldBlock) => Err(FetchError::Busy {
            dataset: dataset.into(),
            path: path.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(FetchError::io("lock", path)(error)),
    }
}

/// Moves the assembled folder to its place. An existing data set is deleted only after the new one is in place.
pub(super) fn put_in_place(
    assembled: &Path,
    target: &Path,
    staging: &Path,
) -> Result<(), FetchError> {
    let old = staging.join("replaced");
    remove_tree(&old)?;
    let replaces = target.exists();
    if replaces {
        fs::rename(target, &old).map_err(FetchError::io("replace", target))?;
    }
    if let Err(error) = fs::rename(assembled, target) {
        if replaces {
            fs::rename(&old, target).map_err(FetchError::io("restore", target))?;
        }
        return Err(FetchError::io("write", target)(error));
    }
    remove_tree(staging)
}

/// Deletes a folder with everything in it, if it exists.
pub(super) fn remove_tree(path: &Path) -> Result<(), FetchError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FetchError::io("delete", path)(error))
        }
        _ => Ok(()),
    }
}
