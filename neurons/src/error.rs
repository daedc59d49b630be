//! What can be wrong with a recording: each message names the file or value, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can be wrong with a recording, each as one line for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The operation as a verb: "read", "list".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A table that cannot be used.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

impl Error {
    /// Creates an I/O error about `path`.
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// Creates an error about the table in `path`.
    pub(crate) fn table(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Table {
            path: path.as_ref().to_path_buf(),
            reason: reason.into(),
        }
    }
}
