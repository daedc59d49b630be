//! Why a file cannot be written.

use std::io;
use std::path::{Path, PathBuf};

/// Failure to write a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}", .path.display())]
pub struct WriteError {
    /// Path of the file.
    pub path: PathBuf,
    /// Error of the operating system. It is part of the message, and therefore not a `source` as well.
    pub reason: io::Error,
}

impl WriteError {
    /// Creates an error about the file `path`.
    pub(crate) fn new(path: &Path, reason: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }
}
