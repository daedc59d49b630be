//! The crate's one error type.

use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong here; each message is one line, names the value and says what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A parameter of a neuron or a synapse is out of range.
    #[error("{name} is {value}: give {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// The range allowed, with its unit.
        expected: &'static str,
    },

    /// The integration step is larger than the largest stable one.
    #[error("a step of {step} ms is too large: the largest stable one is {largest:.4} ms")]
    Step {
        /// The step given, in ms.
        step: f64,
        /// The largest stable step, in ms.
        largest: f64,
    },

    /// The integration step is too large for a state that the neuron reached.
    #[error(
        "a step of {step} ms is too large: at {time:.2} ms the membrane changes faster than it can follow; the largest stable step is {largest} ms"
    )]
    UnstableStep {
        /// The step given, in ms.
        step: f64,
        /// Time at which the integration became unstable, in ms.
        time: f64,
        /// The largest step that is stable throughout the run, in ms.
        largest: f64,
    },

    /// One neuron of a population reached a state outside the physical range.
    #[error(
        "neuron {neuron} left what a membrane can do: a step of {step} ms is too large for it; give a smaller one"
    )]
    Diverged {
        /// Index of the neuron, from 0.
        neuron: usize,
        /// The step, in ms.
        step: f64,
    },

    /// The steps of the adaptive integrator became too short.
    #[error("the adaptive integrator stopped at {time} ms: its steps became too short")]
    Adaptive {
        /// Time at which it stopped, in ms.
        time: f64,
    },

    /// A text describes no current, protocol or firing pattern.
    #[error("{0}")]
    Text(String),

    /// A row of a recorded current cannot be used.
    #[error("row {row}: {reason}")]
    Row {
        /// Number of the row, from 1, without the header.
        row: usize,
        /// What is wrong, and the remedy.
        reason: String,
    },

    /// Points have no principal components.
    #[error("{0}")]
    Points(String),

    /// The passive membrane cannot be estimated from the responses given.
    #[error("{0}")]
    Passive(String),

    /// A recording does not fit its protocol, or no neuron can be fitted to it.
    #[error("{name}: {reason}")]
    Recording {
        /// Name of the recording.
        name: String,
        /// What is wrong, and the remedy.
        reason: String,
    },

    /// The operating system refused an operation on a file or folder.
    #[error("cannot {action} {path}: {reason}")]
    Io {
        /// The operation as a verb: "read", "list".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },

    /// A folder holds no recording, or several.
    #[error("{0}: no such recording")]
    NotFound(PathBuf),

    /// A table cannot be used.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

impl Error {
    /// Creates the error of one operation on `path`; `action` is a verb, as in "cannot read".
    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
        source: &std::io::Error,
    ) -> Self {
        Self::Io {
            action,
            path: path.as_ref().to_path_buf(),
            reason: source.to_string(),
        }
    }

    /// Creates an error about the table in `path`.
    pub(crate) fn table(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Table {
            path: path.as_ref().to_path_buf(),
            reason: reason.into(),
        }
    }

    /// Creates the error of a table that cannot be read.
    pub(crate) fn of_table(path: impl AsRef<Path>, error: files::TableError) -> Self {
        match error {
            files::TableError::Io(source) => Self::io("read", path, &source),
            other => Self::table(path, other.to_string()),
        }
    }

    /// Creates an error about the recording `name`.
    pub(crate) fn recording(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Recording {
            name: name.into(),
            reason: reason.into(),
        }
    }
}

/// Checks that `value` is finite and that `condition` holds for it.
///
/// # Errors
/// [`Error::Parameter`] otherwise.
pub(crate) fn require(
    condition: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<()> {
    if condition && value.is_finite() {
        Ok(())
    } else {
        Err(Error::Parameter {
            name,
            value,
            expected,
        })
    }
}
