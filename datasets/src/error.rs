//! Errors about data. Each message names the file or value and says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// A result whose error is about data.
pub type Result<T> = std::result::Result<T, Error>;

/// An error about data, displayed as one line.
///
/// The line includes the cause, which is therefore not a [`source`](std::error::Error::source) as well: a caller that
/// prints the chain of sources prints it once.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {action} {path}: {reason}")]
    Io {
        /// The operation, as a verb: "read", "list", "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason given by the operating system.
        reason: io::Error,
    },

    /// A file that cannot be decoded as a picture, or whose picture cannot be used.
    #[error("{name}: {reason}")]
    Picture {
        /// The file as the user named it.
        name: String,
        /// What is wrong and what to do.
        reason: String,
    },

    /// A picture without exactly one digit in it.
    #[error("no digit found in the picture: {reason}")]
    NotADigit {
        /// What was found instead and what to do.
        reason: String,
    },

    /// A value of a [`Preprocessing`](crate::Preprocessing) that is out of range.
    #[error("preprocessing: {field} is {value}, but must be {expected}")]
    Preprocessing {
        /// Name of the field.
        field: &'static str,
        /// The value found.
        value: String,
        /// The values allowed.
        expected: String,
    },

    /// A picture that could not be resized.
    #[error("cannot resize a picture of {width}x{height} pixels: {reason}")]
    Resize {
        /// Width of the picture, in pixels.
        width: u32,
        /// Height of the picture, in pixels.
        height: u32,
        /// The reason given by the resampling library.
        reason: String,
    },

    /// A folder without some or all of the MNIST files.
    #[error(
        "no complete MNIST in {dir}: missing {missing}; `train fetch mnist` downloads it, `--data DIR` names the folder that holds mnist/"
    )]
    NoMnist {
        /// The folder that was searched.
        dir: PathBuf,
        /// The missing files.
        missing: String,
    },

    /// An IDX file that is damaged, or not one of MNIST's.
    #[error("{path}: {reason}; fetch the files again (`train fetch mnist --force`)")]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the values found and expected.
        reason: String,
    },

    /// A folder whose contents are not laid out as its reader expects.
    #[error("{dir}: {reason}")]
    Layout {
        /// The folder.
        dir: PathBuf,
        /// What is wrong and what was expected.
        reason: String,
    },

    /// A folder with a class that is not known.
    #[error(
        "{dir} has the classes {found}, but only {known} are known; leave the others out with --classes, or give them these names with --merge KNOWN=OTHER"
    )]
    Classes {
        /// The folder.
        dir: PathBuf,
        /// The classes found, separated by commas.
        found: String,
        /// The known classes, separated by commas.
        known: String,
    },

    /// A class without a readable picture.
    #[error(
        "{dir}: class {class} has no readable picture ({skipped} skipped): {example}; put pictures there, remove the folder, or leave it out with --classes \"{others}\""
    )]
    EmptyClass {
        /// The folder.
        dir: PathBuf,
        /// The class.
        class: String,
        /// Number of its files that could not be used.
        skipped: usize,
        /// The first of these files with its reason, or a note that there is no file.
        example: String,
        /// The other classes, separated by commas.
        others: String,
    },

    /// A choice of classes that names one that is not there.
    #[error("--{option} {value}: there is no class {class}; there are {present}")]
    ClassChoice {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: String,
        /// The class that is not there.
        class: String,
        /// The classes, separated by commas.
        present: String,
    },

    /// A data set that does not fit into memory.
    #[error(
        "{count} pictures of {bytes} bytes each do not fit into memory; choose a smaller picture size"
    )]
    Memory {
        /// Number of pictures.
        count: usize,
        /// Bytes of one picture after preprocessing.
        bytes: usize,
    },

    /// Fractions of a split that are out of range.
    #[error(
        "validation and test fractions are {valid} and {test}, but must be 0 or more and sum to less than 1"
    )]
    Fractions {
        /// The validation fraction.
        valid: f64,
        /// The test fraction.
        test: f64,
    },

    /// A class with too few examples for every part of a split.
    #[error(
        "class {class} has too few examples ({count}) to have one in each of training, validation and test; add examples or change the fractions"
    )]
    TooFew {
        /// The class: its name, or its number if it has no name.
        class: String,
        /// Number of its examples.
        count: usize,
    },

    /// A class with too few groups for every part of a split.
    #[error(
        "class {class} has too few groups of pictures that belong together ({groups}) to have one in each of {parts} parts (pictures in the largest group of all: {largest}); add pictures, ask for fewer --folds, or accept copies on both sides with --split random"
    )]
    TooFewGroups {
        /// The class: its name, or its number if it has no name.
        class: String,
        /// Number of its groups.
        groups: usize,
        /// Number of examples in the largest group of any class.
        largest: usize,
        /// Number of parts that need a group.
        parts: usize,
    },

    /// A line of a text file that cannot be used.
    #[error("{path}, line {line}: {reason}; mend the line or remove it")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with the line.
        reason: String,
    },

    /// Sentences or a vocabulary that cannot be used.
    #[error("{reason}")]
    Text {
        /// What is wrong and what is needed.
        reason: String,
    },

    /// A table that is malformed, or that describes another data set.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },

    /// A position in a text file at which parsing failed.
    #[error("{path}:{line}:{column}: {reason}")]
    Place {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character of the line, from 1.
        column: usize,
        /// What is wrong and what to do.
        reason: String,
    },

    /// A data set without an official split, or with an incomplete one.
    #[error("{name} has no official split: {reason}; use --split grouped or random")]
    NoOfficialSplit {
        /// Name of the data set.
        name: String,
        /// What is missing.
        reason: String,
    },

    /// A name that is not among the known ones.
    #[error("unknown {what} '{value}': choose one of {choices}")]
    Unknown {
        /// What the name stands for.
        what: &'static str,
        /// The name given.
        value: String,
        /// The known names.
        choices: &'static str,
    },
}

impl Error {
    /// Creates an I/O error. `action` is a verb, as in "cannot read".
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>, reason: io::Error) -> Self {
        Self::Io {
            action,
            path: path.as_ref().to_path_buf(),
            reason,
        }
    }

    /// Creates an error about sentences or a vocabulary.
    pub(crate) fn text(reason: impl Into<String>) -> Self {
        Self::Text {
            reason: reason.into(),
        }
    }

    /// Creates an error about a table.
    pub(crate) fn table(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Table {
            path: path.as_ref().to_path_buf(),
            reason: reason.into(),
        }
    }

    /// Creates an error about a table that cannot be read.
    pub(crate) fn of_table(path: impl AsRef<Path>, error: files::TableError) -> Self {
        match error {
            files::TableError::Io(reason) => Self::io("read", path, reason),
            other => Self::table(path, other.to_string()),
        }
    }

    /// Creates an error about a picture.
    pub(crate) fn picture(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Picture {
            name: name.into(),
            reason: reason.into(),
        }
    }
}
