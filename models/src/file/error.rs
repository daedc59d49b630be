//! Why a model file is refused.

use std::io;
use std::path::PathBuf;

use super::{CARD_KEY, FORMAT_VERSION};
use crate::error::ArchitectureError;
use crate::zoo::OtherNetwork;

/// Reason why a model file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("cannot read the model {path}: {reason}; check the path, or train a model first", path = path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system. It is part of the message, and therefore not a `source` as well.
        reason: io::Error,
    },
    /// The path is a folder or a device.
    #[error("the model {path} is not a file: name the model.safetensors in it", path = path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write the model {path}: {reason}; check that the folder exists, is writable and has room", path = path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system. It is part of the message, and therefore not a `source` as well.
        reason: io::Error,
    },
    /// The file is not a safetensors file.
    #[error("{path} is not a safetensors file: {reason}; give a model.safetensors that `train` wrote", path = path.display())]
    NotSafetensors {
        /// Path of the file.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// The file is shorter or longer than its header says: it was cut off or damaged.
    #[error("the model {path} is damaged: its header promises {promised} bytes, the file has {found}; copy or train it again", path = path.display())]
    WrongLength {
        /// Path of the file.
        path: PathBuf,
        /// Number of bytes that the header calls for.
        promised: u64,
        /// Number of bytes of the file.
        found: u64,
    },
    /// A safetensors file without a card.
    #[error("{path} has no card (no '{CARD_KEY}' in its metadata): it was not written by Hebb, train a model with it", path = path.display())]
    NoCard {
        /// Path of the file.
        path: PathBuf,
    },
    /// A card of another format version.
    #[error("the model {path} has format version {found}, this Hebb reads version {FORMAT_VERSION}: use the Hebb that wrote it, or train again", path = path.display())]
    UnknownVersion {
        /// Path of the file.
        path: PathBuf,
        /// Format version of the file.
        found: u64,
    },
    /// A card that cannot be parsed, or that contradicts itself.
    #[error("the card of the model {path} cannot be used: {reason}; train the model again", path = path.display())]
    BadCard {
        /// Path of the file.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// A card whose network cannot be built.
    #[error("the card of the model {path} describes a network that cannot be built: {source}", path = path.display())]
    BadArchitecture {
        /// Path of the file.
        path: PathBuf,
        /// Fault of the network.
        source: ArchitectureError,
    },
    /// A file whose network is not the one that was asked for.
    #[error("the model {path} is of another kind than is needed here: {reason}", path = path.display())]
    OtherNetwork {
        /// Path of the file.
        path: PathBuf,
        /// The networks found and expected. They are part of the message, and therefore not a `source` as well.
        reason: OtherNetwork,
    },
    /// A tensor that the network needs is missing.
    #[error("the model {path} lacks the tensor '{tensor}' that its network needs: train it again", path = path.display())]
    MissingTensor {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor that the network has no parameter for.
    #[error("the model {path} has a tensor '{tensor}' that its network has no place for: train it again", path = path.display())]
    UnexpectedTensor {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor whose shape differs from the network's.
    #[error("the tensor '{tensor}' of the model {path} has shape {found:?}, its network needs {expected:?}: train it again", path = path.display())]
    WrongShape {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Shape in the network.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// A tensor whose values are not floats of 32 or 16 bits.
    #[error("the tensor '{tensor}' of the model {path} holds {found} values, F32 or F16 is needed: convert it, or train again", path = path.display())]
    WrongType {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Type in the file.
        found: String,
    },
    /// A value beyond the range of 16-bit floats.
    #[error("the tensor '{tensor}' of the model {path} holds {value}, too large for a 16-bit float: leave it in 32 bits", path = path.display())]
    TooLarge {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// The value.
        value: f32,
    },
    /// A tensor with an infinity or a NaN.
    #[error("the tensor '{tensor}' of the model {path} holds {value}, which is not a finite number: train it again with a smaller learning rate", path = path.display())]
    NotFinite {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// First such value.
        value: f32,
    },
}
