//! What can go wrong, each with what to do about it, in one line.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use models::device::DeviceError;
use models::file::FileError;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why `infer` gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line could not be understood.
    #[error("{0} (infer --help explains the arguments)")]
    Arguments(String),
    /// There is nothing to answer for.
    #[error(
        "no picture named: give pictures, folders, or - for standard input (infer --help shows examples)"
    )]
    NoInputs,
    /// `-` is named more than once.
    #[error("standard input (-) is named twice, but it can be read only once: name it once")]
    StdinTwice,
    /// `--json`, `--csv -` and `--codes -` are not one alone.
    #[error(
        "only one of --json, --csv - and --codes - can write to standard output: give the tables file names"
    )]
    StdoutTwice,
    /// `--device` names no known device.
    #[error("{0}")]
    DeviceName(DeviceError),
    /// The device is known but cannot be used here.
    #[error("{0}")]
    Device(DeviceError),
    /// A folder without a single picture.
    #[error("no picture in the folder {}: it is searched with its subfolders for JPEG, PNG, TIFF, BMP, WebP and GIF files", .0.display())]
    NoPictures(PathBuf),
    /// Neither `--model` nor a newest run.
    #[error("no model: {} does not exist; train one with `cargo run -p train`, or name one with --model{}", .latest.display(), available(.runs))]
    NoLatest {
        /// Where the newest run should be named.
        latest: PathBuf,
        /// The runs that are there.
        runs: Vec<String>,
    },
    /// `--model` names nothing.
    #[error("no model {0}: neither a file nor a run in {folder}{available}", .wanted.display(), folder = .folder.display(), available = available(.runs))]
    NoModel {
        /// What `--model` says.
        wanted: PathBuf,
        /// Where runs were looked for.
        folder: PathBuf,
        /// The runs that are there.
        runs: Vec<String>,
    },
    /// A run's folder without a model.
    #[error("the run {} holds no model.safetensors: its training has not finished; choose another with --model, or train again", .0.display())]
    NoModelInRun(PathBuf),
    /// The newest run cannot be told.
    #[error("cannot tell the newest run from {}: {reason}; name a model with --model", .path.display())]
    Latest {
        /// The link or text file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model file is damaged or not a model.
    #[error("{0}")]
    Model(#[from] FileError),
    /// The model file can be read, but its parts contradict each other.
    #[error("the model {} cannot answer: {reason}; train it again or choose another with --model", .path.display())]
    Contradiction {
        /// The model file.
        path: PathBuf,
        /// Which parts.
        reason: String,
    },
    /// A picture could not be read, and `--strict` stops there.
    #[error("{0}")]
    Strict(Failed),
    /// The device gave no result.
    #[error("the device failed while computing: {0}; try --device flex")]
    Compute(String),
    /// The table could not be written.
    #[error("cannot write the table {}: {reason}; choose another place with {option}", .path.display())]
    Table {
        /// Which table.
        option: &'static str,
        /// Where it should stand.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file made of an input could not be written.
    #[error("cannot write {}: {reason}; choose another place with {option}", .path.display())]
    File {
        /// Where it should stand.
        path: PathBuf,
        /// What says where.
        option: &'static str,
        /// What the system says.
        reason: String,
    },
    /// A drawing could not be written.
    #[error("cannot write the drawing {}: {reason}; choose another place with --tree", .path.display())]
    Drawing {
        /// Where it should stand.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// An option that means nothing to the model.
    #[error("{option} means nothing to {}, {kind}: leave it out, or choose another with --model", .path.display())]
    Misfit {
        /// The option.
        option: &'static str,
        /// The model file.
        path: PathBuf,
        /// What the model is.
        kind: &'static str,
    },
    /// Nothing more can be written to standard output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// 2 for wrong arguments, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Arguments(_)
            | Self::NoInputs
            | Self::StdinTwice
            | Self::StdoutTwice
            | Self::Misfit { .. }
            | Self::DeviceName(_) => ExitCode::from(2),
            _ => ExitCode::from(1),
        }
    }

    /// Whether the reader of standard output went away, as `head` does: no failure of ours.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The table that `option` asks for cannot be written to `path` because of `reason`.
    pub(crate) fn table(option: &'static str, path: &Path, reason: impl ToString) -> Self {
        Self::Table {
            option,
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// A picture without an answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Failed {
    /// The picture, as it was named or found.
    pub path: String,
    /// Why, in one line.
    pub error: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Most errors name their file, or standard input, already.
        if self.path == "-" || self.error.contains(&self.path) {
            f.write_str(&self.error)
        } else {
            write!(f, "{}: {}", self.path, self.error)
        }
    }
}

/// `; there are: a, b` with at most five of the newest names, nothing for none.
fn available(runs: &[String]) -> String {
    const SHOWN: usize = 5;
    match runs.len() {
        0 => String::new(),
        n if n > SHOWN => format!("; there are {}, ...", runs[..SHOWN].join(", ")),
        _ => format!("; there are {}", runs.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_file_once() {
        let failed = |error: &str| {
            Failed {
                path: "a.png".into(),
                error: error.into(),
            }
            .to_string()
        };
        assert_eq!(failed("too small"), "a.png: too small");
        assert_eq!(failed("a.png is empty"), "a.png is empty");
    }

    #[test]
    fn a_missing_model_lists_the_runs() {
        let names = |n: usize| (1..=n).map(|i| format!("mnist-{i}")).collect::<Vec<_>>();
        let message = |runs| {
            let (wanted, folder) = ("x".into(), "runs".into());
            Error::NoModel {
                wanted,
                folder,
                runs,
            }
            .to_string()
        };
        assert_eq!(
            message(vec![]),
            "no model x: neither a file nor a run in runs"
        );
        assert!(message(names(2)).ends_with("; there are mnist-1, mnist-2"));
        assert!(message(names(6)).ends_with("mnist-5, ..."));
    }
}
