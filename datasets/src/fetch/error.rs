//! Errors while fetching data sets.

use std::io;
use std::path::{Path, PathBuf};

/// An error while fetching a data set, displayed as one line that includes the cause.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no data set of this name.
    #[error("unknown data set '{name}': choose one of {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The known names.
        known: String,
    },
    /// The folder exists, but does not contain the complete data set.
    #[error("{path} is there but not complete: {problem}; replace it with --force, or move it away", path = path.display())]
    Incomplete {
        /// The folder of the data set.
        path: PathBuf,
        /// The first problem found.
        problem: Problem,
    },
    /// No source provided the data set; the problem is that of the first source.
    #[error("cannot fetch {dataset} from {address}: {problem}; try again later, or get it by hand from {homepage} into {path}", path = path.display())]
    Source {
        /// Name of the data set.
        dataset: String,
        /// The address requested.
        address: String,
        /// The problem with this address.
        problem: Box<Problem>,
        /// Page for downloading the data set by hand.
        homepage: String,
        /// The folder to put it into.
        path: PathBuf,
    },
    /// Another process is fetching the data set.
    #[error("{dataset} is being fetched by another `train fetch`, which holds {path}: wait for it", path = path.display())]
    Busy {
        /// Name of the data set.
        dataset: String,
        /// The lock file.
        path: PathBuf,
    },
    /// A local file or folder could not be used.
    #[error("cannot {action} {path}: {reason}; choose another data folder or check its permissions", path = path.display())]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason given by the operating system.
        reason: io::Error,
    },
}

impl FetchError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |reason| Self::Io {
            action,
            path,
            reason,
        }
    }
}

/// A problem with one source, or with existing files.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The server answered with an error.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The server redirects too often.
    #[error("the server redirects more than {0} times")]
    Redirects(u32),
    /// There is no connection, or it failed.
    #[error("no connection ({0})")]
    Connection(String),
    /// The server stopped sending.
    #[error("the server sent nothing for {seconds} s, after {bytes} bytes")]
    Stalled {
        /// Time waited, in seconds.
        seconds: f32,
        /// Bytes received, including those of earlier calls.
        bytes: u64,
    },
    /// The connection ended before the file did.
    #[error(
        "the connection broke after {bytes} of {expected} bytes; the next call goes on from there"
    )]
    Cut {
        /// Bytes received, including those of earlier calls.
        bytes: u64,
        /// Bytes announced by the server.
        expected: u64,
    },
    /// There is more data than allowed.
    #[error("{what} is larger than the limit of {limit}")]
    TooLarge {
        /// What exceeds the limit.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The checksum of a file differs.
    #[error("{file} has SHA-256 {found}, expected {expected}")]
    Checksum {
        /// The file.
        file: String,
        /// The expected checksum.
        expected: String,
        /// The checksum found.
        found: String,
    },
    /// A file is missing.
    #[error("{file} (SHA-256 {expected}) is missing")]
    Missing {
        /// The file.
        file: String,
        /// Its checksum.
        expected: String,
    },
    /// The archive cannot be unpacked.
    #[error("{file} cannot be unpacked: {reason}")]
    Archive {
        /// The archive.
        file: String,
        /// Why.
        reason: String,
    },
    /// The table cannot be read; the error names the line.
    #[error(transparent)]
    Table(#[from] Box<crate::Error>),
    /// A line of a manifest is not a checksum and a name.
    #[error("line {line} of the manifest is not a SHA-256 and a name: '{text}'")]
    Manifest {
        /// Number of the line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A local file could not be used.
    #[error("cannot {action} {path}: {reason}", path = path.display())]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason given by the operating system.
        reason: io::Error,
    },
}

impl Problem {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |reason| Self::Io {
            action,
            path,
            reason,
        }
    }
}
