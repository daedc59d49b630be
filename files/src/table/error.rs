//! Why a table cannot be read.

use std::fmt::Display;
use std::io;

/// Failure to read a table. The message does not name the file: the caller knows it.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system refused to open or to read the file.
    #[error("cannot be read: {0}")]
    Io(io::Error),

    /// The file as a whole is not a table.
    #[error("{0}")]
    File(String),

    /// A line cannot be used.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl TableError {
    /// Creates an error about a line, which is counted from 1.
    pub fn at(line: u64, reason: impl Display) -> Self {
        Self::Line {
            line,
            reason: reason.to_string(),
        }
    }
}
