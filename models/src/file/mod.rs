//! The one-file model: all that is needed to answer, in one file.
//!
//! # Layout
//! A model is a [safetensors](https://huggingface.co/docs/safetensors) file:
//!
//! | bytes | content |
//! |---|---|
//! | 8 | length n of the header, little-endian |
//! | n | header in JSON: name, type, shape and place of each tensor, and `__metadata__` |
//! | the rest | the tensors' values, little-endian floats of 32 bits, or of 16 bits after [`halve`] |
//!
//! `__metadata__` has one key, [`CARD_KEY`], which holds the [`Card`] as JSON: architecture, preprocessing, classes,
//! data, metrics, calibration. Python reads it with `safetensors.safe_open(path, "np").metadata()["hebb"]`.
//!
//! Tensors are named after the fields of the network's module, as the documentation of each network says. Weights of
//! dense layers have Burn's shape `[in, out]`, the transpose of PyTorch's `nn.Linear`.
//!
//! # Versions
//! [`Card::format_version`] is the version of this layout. A file of another version is refused with
//! [`FileError::UnknownVersion`]. The version changes when a reader would misunderstand a file; a field that is added
//! is optional and keeps it: a file without the field is read as one in which it is empty.
//!
//! | version | since | content |
//! |---|---|---|
//! | 1 | 0.1.0 | as above; `calibration.target_error`, `calibration.familiarity` and `data.class` are optional |
//!
//! `tests/integration/earlier_versions.rs` loads files of every version.
//!
//! # Safety
//! A file is written beside its destination, synced and renamed, so it is complete or absent. A file that is read may
//! come from anybody: every size is checked before it is used, and every weight must be finite.
//!
//! # Modules
//! - `card`: what a model file says about its network
//! - `error`: why a model file is refused
//! - `read`, `write`: from and to the disk
//! - `half`: conversion to and from 16-bit floats

mod card;
mod error;
mod half;
mod read;
mod write;

pub use crate::network::MEDICAL_NOTICE;
pub use card::{Card, DataCard, Metric, USUAL_ERROR};
pub use error::FileError;
pub use read::{Taken, load, load_bytes, load_network, read_card, take};
pub use write::{halve, save};

/// Version of the layout that this crate reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Name of a model file in the folder of its run.
pub const MODEL_FILE: &str = "model.safetensors";

/// Key of the card in the header's `__metadata__`.
pub const CARD_KEY: &str = "hebb";

/// Number of bytes before the header, which hold its length.
const LENGTH_BYTES: u64 = 8;
