//! Errors, each one line that names the value and the remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use files::WriteError;
use models::device::DeviceError;
use models::file::FileError;

/// Result of this crate.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Reason why `infer` ends without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line is not valid.
    #[error("{0} (infer --help explains the arguments)")]
    Arguments(String),
    /// `--device` names no known device.
    #[error("{0}")]
    DeviceName(DeviceError),
    /// The device is known but cannot be used here.
    #[error("{0}")]
    Device(DeviceError),
    /// A folder holds no picture.
    #[error("no picture in the folder {}: infer searches it and its subfolders for JPEG, PNG, TIFF, BMP, WebP and GIF files", .0.display())]
    NoPictures(PathBuf),
    /// There is no newest run.
    #[error("no model: {} does not exist; train one with `cargo run -p train`, or name one with --model{}", .latest.display(), available(.runs))]
    NoLatest {
        /// Path that should name the newest run.
        latest: PathBuf,
        /// Names of the runs that hold a model.
        runs: Vec<String>,
    },
    /// `--model` names nothing that exists.
    #[error("no model {0}: neither a file nor a run in {folder}{available}", .wanted.display(), folder = .folder.display(), available = available(.runs))]
    NoModel {
        /// Value of `--model`.
        wanted: PathBuf,
        /// Folder of the runs.
        folder: PathBuf,
        /// Names of the runs that hold a model.
        runs: Vec<String>,
    },
    /// A run holds no model.
    #[error("the run {} holds no model.safetensors: its training has not finished; choose another with --model, or train again", .0.display())]
    NoModelInRun(PathBuf),
    /// The pointer to the newest run is broken.
    #[error("cannot follow {} to the newest run: {reason}; name a model with --model", .path.display())]
    Latest {
        /// The link or text file.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// The model file is damaged or not a model.
    #[error("{0}")]
    Model(#[from] FileError),
    /// The parts of a model contradict each other, or its network gives no usable numbers.
    #[error("the model {} cannot answer: {reason}; train it again or choose another with --model", .path.display())]
    Contradiction {
        /// Path of the model.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// An option does not apply to the model.
    #[error("{option} does not apply to {}, {kind}: leave it out, or choose another model with --model", .path.display())]
    UnsupportedOption {
        /// Name of the option.
        option: &'static str,
        /// Path of the model.
        path: PathBuf,
        /// Description of the model's kind.
        kind: &'static str,
    },
    /// An input could not be read, and `--strict` stops there.
    #[error("{0}")]
    Strict(Failure),
    /// The device gave no result.
    #[error("the device failed while computing: {0}; try --device flex")]
    Compute(String),
    /// A figure could not be drawn.
    #[error("cannot draw the figure of {path}: {reason}")]
    Figure {
        /// Path of the input.
        path: String,
        /// Description of the failure.
        reason: String,
    },
    /// A file could not be written.
    #[error("{error}; choose another place with {option}")]
    Write {
        /// Option that names the place.
        option: &'static str,
        /// The failure.
        error: WriteError,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Returns 2 for wrong arguments, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Arguments(_) | Self::UnsupportedOption { .. } | Self::DeviceName(_) => {
                ExitCode::from(2)
            }
            _ => ExitCode::from(1),
        }
    }

    /// Returns whether the reader of standard output went away, as `head` does, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Creates an error about the file that `option` names; the file `-` is standard output.
    pub fn write(option: &'static str, error: WriteError) -> Self {
        if error.path.as_os_str() == "-" {
            Self::Output(error.reason)
        } else {
            Self::Write { option, error }
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// An input without an answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Failure {
    /// Path of the input.
    pub path: String,
    /// Reason, in one line.
    pub error: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Most reasons name the file or standard input already.
        if self.path == "-" || self.names_path() {
            f.write_str(&self.error)
        } else {
            write!(f, "{}: {}", self.path, self.error)
        }
    }
}

impl Failure {
    /// Whether the reason names the input, as in `cannot read scan.png: ...` or `scan.png is empty`. A path may be part of
    /// another word: `.` is in every sentence.
    fn names_path(&self) -> bool {
        let mut found = self.error.match_indices(&self.path);
        found.any(|(at, path)| {
            let (before, after) = (&self.error[..at], &self.error[at + path.len()..]);
            if before.is_empty() {
                after.starts_with([':', ' '])
            } else {
                before.ends_with(' ') && after.starts_with(':')
            }
        })
    }
}

/// Results for several inputs, of which some may have failed. Both lists keep the order of the inputs.
#[derive(Debug)]
pub(crate) struct Outcomes<T> {
    /// Results of the inputs that succeeded.
    pub ok: Vec<T>,
    /// The other inputs.
    pub failed: Vec<Failure>,
}

impl<T> Outcomes<T> {
    /// Replaces each result by that of `check`.
    pub fn and_then<U>(
        self,
        check: impl FnMut(T) -> std::result::Result<U, Failure>,
    ) -> Outcomes<U> {
        let failed = self.failed.into_iter().map(Err);
        failed.chain(self.ok.into_iter().map(check)).collect()
    }
}

impl<T> FromIterator<std::result::Result<T, Failure>> for Outcomes<T> {
    fn from_iter<I: IntoIterator<Item = std::result::Result<T, Failure>>>(results: I) -> Self {
        let (mut ok, mut failed) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(value) => ok.push(value),
                Err(failure) => failed.push(failure),
            }
        }
        Self { ok, failed }
    }
}

/// Lists at most five of the newest runs as `; there are: a, b`, nothing for none.
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
        let failure = |path: &str, error: &str| {
            Failure {
                path: path.into(),
                error: error.into(),
            }
            .to_string()
        };
        assert_eq!(failure("a.png", "too small"), "a.png: too small");
        for named in [
            "a.png is empty",
            "a.png: is empty",
            "cannot read a.png: it is empty",
        ] {
            assert_eq!(failure("a.png", named), named);
        }
        assert_eq!(failure(".", "is a folder."), ".: is a folder.");
        assert_eq!(failure("a", "is a folder"), "a: is a folder");
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
