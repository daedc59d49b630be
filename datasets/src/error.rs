//! What can be wrong with data: each message names the file or value, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can be wrong with data, each as one line for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, as a verb: "read", "list", "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A file is no readable picture, or a picture that cannot be used.
    #[error("{name}: {reason}")]
    Picture {
        /// The file, as the user named it.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },

    /// The picture holds no single digit that could be cut out.
    #[error("no digit found in the picture: {reason}")]
    NotADigit {
        /// What was seen instead, and what to do.
        reason: String,
    },

    /// A value of the [preprocessing](crate::Preprocessing) is out of range.
    #[error("preprocessing: {field} is {value}, but must be {expected}")]
    Preprocessing {
        /// The field's name.
        field: &'static str,
        /// The value found.
        value: String,
        /// The values allowed.
        expected: String,
    },

    /// A picture could not be resized.
    #[error("cannot resize a picture of {width}x{height} pixels: {reason}")]
    Resize {
        /// Width of the picture, in pixels.
        width: u32,
        /// Height of the picture, in pixels.
        height: u32,
        /// The resizer's reason.
        reason: String,
    },

    /// A folder holds none of the MNIST files, or only some of them.
    #[error(
        "no complete MNIST in {dir}: missing {missing}; `train fetch mnist` downloads it, `--data DIR` names the folder that holds mnist/"
    )]
    NoMnist {
        /// Where it looked.
        dir: PathBuf,
        /// The files not found, in any spelling.
        missing: String,
    },

    /// An IDX file does not start with the number that tells its kind.
    #[error(
        "{path}: the first four bytes are {found:#010x}, but an IDX file of {kind} starts with {expected:#010x}; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxMagic {
        /// The file.
        path: PathBuf,
        /// "images" or "labels".
        kind: &'static str,
        /// The number found.
        found: u32,
        /// The number of this kind of file.
        expected: u32,
    },

    /// An IDX file of pictures of another size than 28x28.
    #[error(
        "{path}: the pictures are {width}x{height} pixels, but MNIST's are 28x28; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxSize {
        /// The file.
        path: PathBuf,
        /// Width in the header.
        width: u32,
        /// Height in the header.
        height: u32,
    },

    /// An IDX file whose header announces more items than any real one.
    #[error(
        "{path}: the header announces {count} items, more than the limit of {limit}; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxTooMany {
        /// The file.
        path: PathBuf,
        /// The number in the header.
        count: u32,
        /// The most items accepted.
        limit: u32,
    },

    /// An IDX file that ends before its data does.
    #[error(
        "{path}: truncated: {found} bytes of {expected}; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxTruncated {
        /// The file.
        path: PathBuf,
        /// Bytes found, header included.
        found: u64,
        /// Bytes the header announces, header included.
        expected: u64,
    },

    /// An IDX file with more data than its header announces.
    #[error(
        "{path}: {found} bytes or more, but its header announces {expected}; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxTrailing {
        /// The file.
        path: PathBuf,
        /// Bytes found at least, header included.
        found: u64,
        /// Bytes the header announces, header included.
        expected: u64,
    },

    /// Two IDX files that belong together, with different counts.
    #[error(
        "{images} has {image_count} images, but {labels} has {label_count} labels; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxCounts {
        /// The file of images.
        images: PathBuf,
        /// Its count.
        image_count: usize,
        /// The file of labels.
        labels: PathBuf,
        /// Its count.
        label_count: usize,
    },

    /// A label that is no digit.
    #[error(
        "{path}: label {index} is {label}, but must be 0 to 9; fetch the files again (`train fetch mnist --force`)"
    )]
    IdxLabel {
        /// The file of labels.
        path: PathBuf,
        /// The label's place in the file, from 0.
        index: usize,
        /// The label found.
        label: u8,
    },

    /// A folder whose layout is not one folder of pictures per class.
    #[error("{dir}: {reason}")]
    Layout {
        /// The folder.
        dir: PathBuf,
        /// What is wrong, and what was expected.
        reason: String,
    },

    /// The folder's classes are not those expected.
    #[error("{dir} has the classes {found}, but {expected} are expected")]
    Classes {
        /// The folder.
        dir: PathBuf,
        /// The classes found, with commas.
        found: String,
        /// The classes expected, with commas.
        expected: String,
    },

    /// A class without one readable picture.
    #[error(
        "{dir}: class {class} has no readable picture ({skipped} skipped): {example}; put pictures there or remove the folder"
    )]
    EmptyClass {
        /// The folder.
        dir: PathBuf,
        /// The class.
        class: String,
        /// Number of files in it that could not be used.
        skipped: usize,
        /// The first of them with its reason, or the class's folder.
        example: String,
    },

    /// The pictures do not fit into memory.
    #[error(
        "{count} pictures of {bytes} bytes each do not fit into memory; choose a smaller picture size"
    )]
    Memory {
        /// Number of pictures.
        count: usize,
        /// Bytes of one picture after preprocessing.
        bytes: usize,
    },

    /// A fraction of a split is out of range.
    #[error(
        "validation and test fractions are {valid} and {test}, but must be 0 or more and sum to less than 1"
    )]
    Fractions {
        /// The validation fraction.
        valid: f64,
        /// The test fraction.
        test: f64,
    },

    /// A part of a split that lacks a class.
    #[error(
        "class {class} has {count} examples: too few to have one in each of training, validation and test; add examples or change the fractions"
    )]
    TooFew {
        /// The class, by name where known, else by number.
        class: String,
        /// Its examples that can be divided.
        count: usize,
    },

    /// A class whose groups cannot be divided as asked.
    #[error(
        "class {class} has {groups} groups of pictures that belong together (the largest group of all has {largest} pictures): too few to have one in each of {parts} parts; add pictures, ask for fewer --folds, or accept copies on both sides with --split random"
    )]
    TooFewGroups {
        /// The class, by name where known, else by number.
        class: String,
        /// Its groups.
        groups: usize,
        /// Pictures in the largest group of any class.
        largest: usize,
        /// How many parts need one.
        parts: usize,
    },

    /// A line that cannot be used.
    #[error("{path}, line {line}: {reason}; mend the line or remove it")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// Sentences or their tokens that cannot be used.
    #[error("{reason}")]
    Text {
        /// What is wrong, and what is needed.
        reason: String,
    },

    /// A table that is not what it should be, or not about this set.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },

    /// A line of a text that is not what it should be.
    #[error("{path}:{line}:{column}: {reason}")]
    Place {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in it, from 1.
        column: usize,
        /// What is wrong, and what to do.
        reason: String,
    },

    /// The set has no official split, or lacks a part of it.
    #[error("{name} has no official split: {reason}; use --split grouped or random")]
    NoOfficialSplit {
        /// The set.
        name: String,
        /// What is missing.
        reason: String,
    },

    /// A name that is none of those known.
    #[error("unknown {what} '{value}': choose one of {choices}")]
    Unknown {
        /// What was to be named.
        what: &'static str,
        /// The value given.
        value: String,
        /// The values known.
        choices: &'static str,
    },

    /// A data set could not be fetched.
    #[error(transparent)]
    Fetch(#[from] crate::fetch::FetchError),
}

impl Error {
    /// An I/O error of one operation on `path`; `action` is a verb, as in "cannot read".
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// Sentences or tokens that cannot be used.
    pub fn text(reason: impl Into<String>) -> Self {
        Self::Text {
            reason: reason.into(),
        }
    }

    /// A table that cannot be used.
    pub fn table(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Table {
            path: path.as_ref().to_path_buf(),
            reason: reason.into(),
        }
    }

    /// A file that cannot be used as a picture.
    pub fn picture(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Picture {
            name: name.into(),
            reason: reason.into(),
        }
    }
}
