//! Writing model files.

use std::io;
use std::path::Path;

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use serde::Serialize;

use super::card::Card;
use super::error::FileError;
use super::read::ModelReader;
use super::{CARD_KEY, FORMAT_VERSION, half};

/// Writes a network and its card to the file `path`, which is replaced if it exists.
///
/// The write is atomic: the file is written beside its destination under another name, synced to the disk and
/// renamed, so that a model that is already there stays until the new one is complete.
///
/// # Errors
/// If the card does not describe the network, or the file cannot be written.
pub fn save<M: Module, P: Serialize>(
    path: &Path,
    network: &M,
    card: &Card<P>,
) -> Result<(), FileError> {
    card.check(path)?;
    let bad = |reason| FileError::BadCard {
        path: path.to_path_buf(),
        reason,
    };
    let (described, held) = (card.architecture.num_params(), network.num_params());
    if described != held {
        return Err(bad(format!(
            "it describes a network of {described} parameters, but this one has {held}"
        )));
    }
    if card.format_version != FORMAT_VERSION {
        let found = u64::from(card.format_version);
        return Err(FileError::UnknownVersion {
            path: path.to_path_buf(),
            found,
        });
    }
    let json = serde_json::to_string(card).map_err(|error| bad(error.to_string()))?;
    // Burn's own metadata is left out: the order of several keys would differ from file to file.
    let mut store = SafetensorsStore::from_bytes(None)
        .clear_metadata()
        .metadata(CARD_KEY, json)
        .skip_enum_variants(true);
    network
        .save_into(&mut store)
        .and_then(|()| store.get_bytes())
        .map_err(|error| FileError::Write {
            path: path.to_path_buf(),
            reason: io::Error::other(error.to_string()),
        })
        .and_then(|bytes| write_atomically(path, &bytes))
}

/// Copies the model `from` to the file `to` with its weights rounded to 16-bit floats: half the size.
///
/// IEEE 754 binary16 has eleven bits of precision and reaches up to 65,504. The values are widened when the file is
/// read: every network computes with 32 bits.
///
/// # Errors
/// If `from` is not a model, holds a value too large for 16 bits, or `to` cannot be written.
pub fn halve(from: &Path, to: &Path) -> Result<(), FileError> {
    let reader = ModelReader::open(from)?;
    reader.card::<serde_json::Value>()?;
    let bytes = reader.into_bytes()?;
    write_atomically(to, &half::narrow(from, &bytes)?)
}

/// Writes `bytes` to the file `path` atomically.
///
/// Burn's file store would do the same, but makes every new file readable by its owner only.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    files::write(path, bytes).map_err(|error| FileError::Write {
        path: error.path,
        reason: error.reason,
    })
}
