//! Reading model files, which may come from anybody.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use burn::module::Module;
use burn::store::{ApplyError, ApplyResult, ModuleSnapshot, SafetensorsStore};
use burn::tensor::Device;
use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::card::Card;
use super::error::FileError;
use super::{CARD_KEY, FORMAT_VERSION, LENGTH_BYTES, half};
use crate::network::NetworkConfig;
use crate::zoo::{Architecture, OtherNetwork, Predictor};

/// Largest length of a header that is read, in bytes. Headers are some kilobytes long: a larger one is damaged or
/// hostile.
const MAX_HEADER_LEN: u64 = 16 << 20;

/// First bytes of other files that are called as models. Read as the length of a header, each is longer than a header
/// may be, or announces one that does not begin as JSON.
const FOREIGN: [(&[u8], &str); 9] = [
    (
        b"PK\x03\x04",
        "a ZIP archive, as PyTorch (.pt) and Keras (.keras) write",
    ),
    (b"\x89HDF", "an HDF5 file, as Keras (.h5) writes"),
    (b"\x80\x02}", "a Python pickle (.pkl, .pt)"),
    (b"\x80\x02]", "a Python pickle (.pkl, .pt)"),
    (b"\x80\x04\x95", "a Python pickle (.pkl, .pt)"),
    (b"\x80\x05\x95", "a Python pickle (.pkl, .pt)"),
    (
        b"version ",
        "a Git LFS pointer, not the model itself (`git lfs pull` fetches it)",
    ),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
];

/// Reads the card of the model `path`, and none of its weights.
///
/// # Errors
/// If the file is not a model of Hebb's, or is damaged.
pub fn read_card<P: DeserializeOwned>(path: &Path) -> Result<Card<P>, FileError> {
    ModelReader::open(path)?.card()
}

/// Reads the model `path` onto `device`.
///
/// # Errors
/// If the file is not a model of Hebb's, is damaged, or its weights do not fit its network.
pub fn load<P: DeserializeOwned>(
    path: &Path,
    device: &Device,
) -> Result<(Card<P>, Predictor), FileError> {
    ModelReader::open(path)?.load(device)
}

/// Reads a model from memory onto `device`; errors call it `name`.
///
/// # Errors
/// As [`load`].
pub fn load_bytes<P: DeserializeOwned>(
    name: &Path,
    bytes: &[u8],
    device: &Device,
) -> Result<(Card<P>, Predictor), FileError> {
    ModelReader::new(name, bytes.len() as u64, bytes)?.load(device)
}

/// Reads the model `path` onto `device` as a network with the configuration `C`.
///
/// # Errors
/// As [`load`], and if the file holds another network.
pub fn load_network<P, C>(
    path: &Path,
    device: &Device,
) -> Result<(Card<P>, C, C::Network), FileError>
where
    P: DeserializeOwned,
    C: NetworkConfig + TryFrom<Architecture, Error = OtherNetwork>,
{
    let reader = ModelReader::open(path)?;
    let card: Card<P> = reader.card()?;
    let config =
        C::try_from(card.architecture.clone()).map_err(|reason| FileError::OtherNetwork {
            path: path.to_path_buf(),
            reason,
        })?;
    let mut network = config.blank(device);
    let result = network.load_from(&mut reader.into_store()?);
    check_applied(path, result.map_err(|error| not_safetensors(path, &error))?)?;
    Ok((card, config, network))
}

/// Tensors of a model that a network has taken.
#[derive(Debug)]
pub struct Taken {
    /// Names of the tensors that were taken.
    pub names: Vec<String>,
    /// First tensor whose shape differs, with its shapes in the network and in the file.
    pub misfit: Option<(String, [Vec<usize>; 2])>,
}

/// Fills a network with the tensors of the model `path` that have one of the `names` and the network's shape. The others
/// stay as they are.
///
/// # Errors
/// If the file is not a model of Hebb's, or is damaged.
pub fn take<N: Module>(
    path: &Path,
    network: &mut N,
    names: Vec<String>,
) -> Result<Taken, FileError> {
    let mut store = (ModelReader::open(path)?.into_store()?).with_full_paths(names);
    let result = network.load_from(&mut store);
    let result = result.map_err(|error| not_safetensors(path, &error))?;
    let misfit = result.errors.into_iter().find_map(|error| match error {
        ApplyError::ShapeMismatch {
            path,
            expected,
            found,
        } => Some((path, [expected.to_vec(), found.to_vec()])),
        _ => None,
    });
    Ok(Taken {
        names: result.applied,
        misfit,
    })
}

/// Reader of a model file whose header was read and checked.
pub(super) struct ModelReader<'a, R> {
    path: &'a Path,
    /// Length of the header and the header itself, as they stand in the file.
    head: Vec<u8>,
    header: Metadata,
    /// Values of the tensors, not read yet.
    data: R,
    /// Number of bytes of the whole file.
    length: u64,
}

impl<'a> ModelReader<'a, File> {
    pub(super) fn open(path: &'a Path) -> Result<Self, FileError> {
        let unreadable = |source| unreadable(path, source);
        // Asked before the file is opened: opening a pipe would wait for its other end.
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(FileError::NotAFile {
                path: path.to_path_buf(),
            });
        }
        let file = File::open(path).map_err(unreadable)?;
        Self::new(path, metadata.len(), file)
    }
}

impl<'a, R: Read> ModelReader<'a, R> {
    /// Reads and checks the header of `file`, which is `length` bytes long.
    fn new(path: &'a Path, length: u64, mut file: R) -> Result<Self, FileError> {
        let head = read_head(path, length, &mut file)?;
        let json = head.get(LENGTH_BYTES as usize..).unwrap_or_default();
        let header: Metadata =
            serde_json::from_slice(json).map_err(|error| FileError::NotSafetensors {
                path: path.to_path_buf(),
                reason: format!("its header cannot be read: {error}"),
            })?;
        let promised = (head.len() as u64).saturating_add(header.data_len() as u64);
        let reader = Self {
            path,
            head,
            header,
            data: file,
            length,
        };
        reader.check_length(promised, length)?;
        Ok(reader)
    }

    /// Parses and checks the card.
    pub(super) fn card<P: DeserializeOwned>(&self) -> Result<Card<P>, FileError> {
        /// Parsed first, so that a card of another version is refused as such.
        #[derive(Deserialize)]
        struct Version {
            format_version: u64,
        }
        let bad = |error: serde_json::Error| FileError::BadCard {
            path: self.path.to_path_buf(),
            reason: error.to_string(),
        };
        let json = self
            .header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(CARD_KEY))
            .ok_or_else(|| FileError::NoCard {
                path: self.path.to_path_buf(),
            })?;
        let version: Version = serde_json::from_str(json).map_err(bad)?;
        if version.format_version != u64::from(FORMAT_VERSION) {
            return Err(FileError::UnknownVersion {
                path: self.path.to_path_buf(),
                found: version.format_version,
            });
        }
        let card: Card<P> = serde_json::from_str(json).map_err(bad)?;
        card.check(self.path)?;
        Ok(card)
    }

    /// Reads the whole file, converts its tensors to 32-bit floats where needed and checks that they are finite.
    pub(super) fn into_bytes(mut self) -> Result<Vec<u8>, FileError> {
        self.check_types()?;
        let mut bytes = std::mem::take(&mut self.head);
        // One byte more than the header calls for, so that a file that grew meanwhile is noticed.
        let rest = self.length - bytes.len() as u64;
        (&mut self.data)
            .take(rest + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| unreadable(self.path, source))?;
        self.check_length(self.length, bytes.len() as u64)?;
        let mut tensors = self.header.tensors().into_values();
        if tensors.any(|info| info.dtype == Dtype::F16) {
            bytes = half::widen(self.path, &bytes)?;
        }
        check_finite(self.path, &bytes)?;
        Ok(bytes)
    }

    /// Reads the network that the card describes.
    fn load<P: DeserializeOwned>(self, device: &Device) -> Result<(Card<P>, Predictor), FileError> {
        let path = self.path;
        let card = self.card()?;
        let (predictor, result) = card
            .architecture
            .read(&mut self.into_store()?, device)
            .map_err(|error| not_safetensors(path, &error))?;
        check_applied(path, result)?;
        Ok((card, predictor))
    }

    /// Reads the whole file as the source of a network's weights.
    fn into_store(self) -> Result<SafetensorsStore, FileError> {
        let bytes = self.into_bytes()?;
        Ok(SafetensorsStore::from_bytes(Some(bytes))
            .skip_enum_variants(true)
            .validate(false)
            .allow_partial(true))
    }

    fn check_length(&self, promised: u64, found: u64) -> Result<(), FileError> {
        if promised == found {
            return Ok(());
        }
        Err(FileError::WrongLength {
            path: self.path.to_path_buf(),
            promised,
            found,
        })
    }

    /// Refuses tensors whose values are not floats of 32 or 16 bits.
    fn check_types(&self) -> Result<(), FileError> {
        let tensors = self.header.tensors().into_iter();
        let mut others = tensors.filter(|(_, info)| !matches!(info.dtype, Dtype::F32 | Dtype::F16));
        match others.next() {
            Some((tensor, info)) => Err(FileError::WrongType {
                path: self.path.to_path_buf(),
                tensor,
                found: format!("{:?}", info.dtype),
            }),
            None => Ok(()),
        }
    }
}

/// Reads the length of the header and the header of a file of `length` bytes.
fn read_head(path: &Path, length: u64, file: &mut impl Read) -> Result<Vec<u8>, FileError> {
    let unfit = |reason| FileError::NotSafetensors {
        path: path.to_path_buf(),
        reason,
    };
    if length < LENGTH_BYTES {
        return Err(unfit(format!(
            "it has {length} bytes, fewer than {LENGTH_BYTES}"
        )));
    }
    let mut prefix = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut prefix)
        .map_err(|source| unreadable(path, source))?;
    let foreign = FOREIGN.iter().find(|(start, _)| prefix.starts_with(start));
    if let Some((_, what)) = foreign {
        return Err(unfit(format!("it is {what}")));
    }
    let header_length = u64::from_le_bytes(prefix);
    if header_length > MAX_HEADER_LEN {
        return Err(unfit(format!(
            "its header would have {header_length} bytes, more than {MAX_HEADER_LEN}"
        )));
    }
    if header_length > length - LENGTH_BYTES {
        return Err(FileError::WrongLength {
            path: path.to_path_buf(),
            promised: LENGTH_BYTES + header_length,
            found: length,
        });
    }
    let mut head = prefix.to_vec();
    file.take(header_length)
        .read_to_end(&mut head)
        .map_err(|source| unreadable(path, source))?;
    Ok(head)
}

fn unreadable(path: &Path, reason: io::Error) -> FileError {
    FileError::Read {
        path: path.to_path_buf(),
        reason,
    }
}

fn not_safetensors(path: &Path, reason: &impl ToString) -> FileError {
    FileError::NotSafetensors {
        path: path.to_path_buf(),
        reason: reason.to_string(),
    }
}

/// Refuses a NaN or an infinity in a file of 32-bit floats.
fn check_finite(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| not_safetensors(path, &error))?;
    for (tensor, view) in file.iter() {
        let (values, _) = view.data().as_chunks::<4>();
        let mut values = values.iter().map(|value| f32::from_le_bytes(*value));
        if let Some(value) = values.find(|value| !value.is_finite()) {
            return Err(FileError::NotFinite {
                path: path.to_path_buf(),
                tensor: tensor.to_owned(),
                value,
            });
        }
    }
    Ok(())
}

/// Turns the first tensor that does not fit its network into an error.
///
/// Wrong shapes and types come before missing tensors, and these before unexpected ones: a tensor of the wrong shape
/// counts as missing, too.
fn check_applied(path: &Path, result: ApplyResult) -> Result<(), FileError> {
    let path = path.to_path_buf();
    if let Some(error) = result.errors.into_iter().next() {
        return Err(match error {
            ApplyError::ShapeMismatch {
                path: tensor,
                expected,
                found,
            } => FileError::WrongShape {
                path,
                tensor,
                expected: expected.to_vec(),
                found: found.to_vec(),
            },
            ApplyError::DTypeMismatch {
                path: tensor,
                found,
                ..
            } => FileError::WrongType {
                path,
                tensor,
                found: format!("{found:?}"),
            },
            other => FileError::NotSafetensors {
                path,
                reason: other.to_string(),
            },
        });
    }
    if let Some((tensor, _)) = result.missing.into_iter().next() {
        return Err(FileError::MissingTensor { path, tensor });
    }
    match result.unused.into_iter().next() {
        Some(tensor) => Err(FileError::UnexpectedTensor { path, tensor }),
        None => Ok(()),
    }
}
