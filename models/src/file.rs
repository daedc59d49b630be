//! The one-file model: everything an answer needs, and nothing else.
//!
//! A model is one [safetensors](https://huggingface.co/docs/safetensors) file: eight bytes with the
//! length of the header, the header in JSON, then the weights as little-endian floats of 32 bits, or
//! of 16 where [`halve`] has made the file smaller. The header's `__metadata__` holds the [`Card`] as JSON under the key [`CARD_KEY`]: architecture,
//! preprocessing, classes, what it was trained on, how well it does. Python reads it with
//! `safetensors.safe_open(path, "np").metadata()["hebb"]`.
//!
//! The tensors' names are those of [`sequential`](crate::sequential). Dense weights have Burn's
//! shape `[in, out]`, the transpose of PyTorch's `nn.Linear`.
//!
//! A file is written beside its destination, synced and renamed, so it is whole or absent. It is
//! read as something that may come from anybody: every size is checked before it is used.

mod half;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::burn_pack::AtomicFile;
use burn::store::{ApplyError, ApplyResult, ModuleSnapshot, SafetensorsStore};
use burn::tensor::Device;
use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::half::halve;
pub use crate::doubt::Calibration;
use crate::network::ArchitectureError;
use crate::zoo::{Architecture, Predictor};

/// The version of the card that this crate writes and reads. A field that comes later is optional
/// and keeps the version: a file without it is read as one that does not know of it.
pub const FORMAT_VERSION: u32 = 1;

/// What a model's file is called in the folder of its run.
pub const MODEL_FILE: &str = "model.safetensors";

/// What stands with every answer about a scan.
pub const MEDICAL_NOTICE: &str = "Research and teaching only, not a medical device.";

/// The name of an autoencoder's figure of the mean squared error that 95 % of a part's pictures stay
/// below.
pub const USUAL_ERROR: &str = "usual_error";

/// The key of the card in the header's `__metadata__`.
pub const CARD_KEY: &str = "hebb";

/// Headers are some kilobytes; a larger one is damaged or hostile.
const MAX_HEADER: u64 = 16 << 20;

/// The bytes before the header, which hold its length.
const LENGTH_BYTES: u64 = 8;

/// What a model is, where it comes from, and how well it does.
///
/// `P` is the preprocessing of its input, which the caller knows and this crate does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card<P> {
    /// The version of this layout, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of Hebb that wrote it.
    pub hebb_version: String,
    /// The experiment that trained it: `mnist-mlp`.
    pub experiment: String,
    /// The network and its sizes.
    pub architecture: Architecture,
    /// What is done to an input before the network sees it.
    pub preprocess: P,
    /// The classes' names, in the order of the logits.
    pub class_names: Vec<String>,
    /// What it was trained on.
    pub data: DataCard,
    /// The seed of the run.
    pub seed: u64,
    /// How many epochs it was trained.
    pub epochs: usize,
    /// What computed it: `flex (CPU, SIMD)`.
    pub device: String,
    /// When, as RFC 3339 in UTC.
    pub trained_at: String,
    /// How well it does.
    pub metrics: Vec<Metric>,
    /// How its probabilities are to be corrected, if they were calibrated.
    pub calibration: Option<Calibration>,
    /// What every answer must carry: research and teaching only, for instance.
    pub notice: Option<String>,
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataCard {
    /// The data set's name.
    pub name: String,
    /// A hash of its examples and labels.
    pub fingerprint: String,
    /// Whether it was generated, not recorded.
    pub generated: bool,
    /// How it was split: `random`, `official`.
    pub split: String,
    /// The only class that trained it and chose the best epoch, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// How many examples trained it.
    pub train: usize,
    /// How many chose the best epoch.
    pub valid: usize,
    /// How many tested it.
    pub test: usize,
}

/// One figure of how well a model does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// `accuracy`
    pub name: String,
    /// `train`, `valid` or `test`.
    pub split: String,
    /// The figure.
    pub value: f64,
    /// Its confidence interval, if it was computed.
    pub interval: Option<[f64; 2]>,
    /// Over how many examples.
    pub n: usize,
}

/// A model file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("cannot read the model {path}: {source}; check the path, or train a model first", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
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
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The file is no safetensors file.
    #[error("{path} is not a safetensors file: {reason}; give a model.safetensors that `train` wrote", path = path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is shorter or longer than its header says.
    #[error("the model {path} is damaged: its header promises {promised} bytes, the file has {found}; copy or train it again", path = path.display())]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// How many bytes there should be.
        promised: u64,
        /// How many there are.
        found: u64,
    },
    /// A safetensors file without a card.
    #[error("{path} has no card (no '{CARD_KEY}' in its metadata): it was not written by Hebb, train a model with it", path = path.display())]
    NoCard {
        /// The file.
        path: PathBuf,
    },
    /// A card of another version.
    #[error("the model {path} has format version {found}, this Hebb reads version {FORMAT_VERSION}: use the Hebb that wrote it, or train again", path = path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A card that cannot be understood.
    #[error("the card of the model {path} cannot be used: {reason}; train the model again", path = path.display())]
    BadCard {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A network in the card that cannot be built.
    #[error("the card of the model {path} describes a network that cannot be built: {source}", path = path.display())]
    BadArchitecture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ArchitectureError,
    },
    /// A tensor that the network needs and the file has not.
    #[error("the model {path} lacks the tensor '{tensor}' that its network needs: train it again", path = path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor that the network has no place for.
    #[error("the model {path} has a tensor '{tensor}' that its network has no place for: train it again", path = path.display())]
    UnexpectedTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor of another shape than the network's.
    #[error("the tensor '{tensor}' of the model {path} has shape {found:?}, its network needs {expected:?}: train it again", path = path.display())]
    WrongShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The network's shape.
        expected: Vec<usize>,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// A tensor of other numbers than floats of 32 or 16 bits.
    #[error("the tensor '{tensor}' of the model {path} holds {found} values, F32 or F16 is needed: convert it, or train again", path = path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The file's type.
        found: String,
    },
    /// A number that 16 bits cannot hold.
    #[error("the tensor '{tensor}' of the model {path} holds {value}, too large for a 16-bit float: leave it in 32 bits", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The number.
        value: f32,
    },
    /// A tensor with infinite values, or with values that are no numbers.
    #[error("the tensor '{tensor}' of the model {path} holds {value}, which is not a finite number: train it again with a smaller learning rate", path = path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The first such value.
        value: f32,
    },
}

impl<P> Card<P> {
    /// Checks what can be checked without the weights.
    fn check(&self, path: &Path) -> Result<(), FileError> {
        let path = || path.to_path_buf();
        let bad = |reason: String| FileError::BadCard {
            path: path(),
            reason,
        };
        self.architecture
            .validate()
            .map_err(|source| FileError::BadArchitecture {
                path: path(),
                source,
            })?;
        let classes = self.architecture.classes();
        if self.class_names.len() != classes {
            let names = self.class_names.len();
            return Err(bad(format!(
                "it names {names} classes for a network of {classes}"
            )));
        }
        let calibration = self.calibration.as_ref();
        calibration.map_or(Ok(()), Calibration::check).map_err(bad)
    }
}

/// Writes a network and its card to one file; a file already there is replaced.
///
/// The file is written beside its destination under another name, synced to the disk and renamed:
/// it is whole or absent, and a model already there stays until the new one is whole.
///
/// # Errors
/// If the card and the network do not belong together, or the file cannot be written.
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
    // Burn's own metadata is left out: several keys would come in another order in every file.
    let mut store = SafetensorsStore::from_bytes(None)
        .clear_metadata()
        .metadata(CARD_KEY, json)
        .skip_enum_variants(true);
    network
        .save_into(&mut store)
        .and_then(|()| store.get_bytes())
        .map_err(|error| error.to_string())
        .and_then(|bytes| publish(path, &bytes))
        .map_err(|reason| FileError::Write {
            path: path.to_path_buf(),
            reason,
        })
}

/// Writes the bytes beside `path`, syncs them and renames them onto it.
///
/// Burn's file store would do the same, but leaves every new file readable by its owner only.
fn publish(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let (scratch, mut file) = AtomicFile::create(path).map_err(|error| error.to_string())?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| error.to_string())?;
    drop(file);
    scratch.commit().map_err(|error| error.to_string())
}

/// Reads only the card.
///
/// # Errors
/// If the file is not a model of Hebb's, or is damaged.
pub fn read_card<P: DeserializeOwned>(path: &Path) -> Result<Card<P>, FileError> {
    let opened = Opened::new(path)?;
    opened.card()
}

/// Reads a model and puts it on `device`.
///
/// # Errors
/// If the file is not a model of Hebb's, is damaged, or its weights are not those of its network.
pub fn load<P: DeserializeOwned>(
    path: &Path,
    device: &Device,
) -> Result<(Card<P>, Predictor), FileError> {
    read(Opened::new(path)?, device)
}

/// Reads a model that is in memory; errors call it `name`.
///
/// # Errors
/// As [`load`].
pub fn load_bytes<P: DeserializeOwned>(
    name: &Path,
    bytes: &[u8],
    device: &Device,
) -> Result<(Card<P>, Predictor), FileError> {
    read(Opened::of(name, bytes.len() as u64, bytes)?, device)
}

fn read<P: DeserializeOwned>(
    opened: Opened<'_, impl Read>,
    device: &Device,
) -> Result<(Card<P>, Predictor), FileError> {
    let path = opened.path;
    let card = opened.card()?;
    let bytes = opened.read_all()?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes))
        .skip_enum_variants(true)
        .validate(false)
        .allow_partial(true);
    let (predictor, result) = card
        .architecture
        .read(&mut store, device)
        .map_err(|error| FileError::NotSafetensors {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
    check_applied(path, result)?;
    Ok((card, predictor))
}

/// A model file whose header was read and checked.
struct Opened<'a, R> {
    path: &'a Path,
    /// What comes after the header.
    rest: R,
    /// The eight bytes of the length, and the header.
    head: Vec<u8>,
    header: Metadata,
    /// The bytes of the whole file.
    length: u64,
}

impl<'a> Opened<'a, File> {
    fn new(path: &'a Path) -> Result<Self, FileError> {
        let unread = |source| FileError::Read {
            path: path.to_path_buf(),
            source,
        };
        // Asked before it is opened: opening a pipe would wait for its other end.
        let about = std::fs::metadata(path).map_err(unread)?;
        if !about.is_file() {
            return Err(FileError::NotAFile {
                path: path.to_path_buf(),
            });
        }
        let file = File::open(path).map_err(unread)?;
        Self::of(path, about.len(), file)
    }
}

impl<'a, R: Read> Opened<'a, R> {
    /// The file `path` of this many bytes.
    fn of(path: &'a Path, length: u64, mut file: R) -> Result<Self, FileError> {
        let unread = |source| FileError::Read {
            path: path.to_path_buf(),
            source,
        };
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
        file.read_exact(&mut prefix).map_err(unread)?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > MAX_HEADER {
            return Err(unfit(format!(
                "its header would have {header_length} bytes, more than {MAX_HEADER}"
            )));
        }
        if header_length > length - LENGTH_BYTES {
            let promised = LENGTH_BYTES + header_length;
            return Err(FileError::WrongLength {
                path: path.to_path_buf(),
                promised,
                found: length,
            });
        }
        let mut head = prefix.to_vec();
        (&mut file)
            .take(header_length)
            .read_to_end(&mut head)
            .map_err(unread)?;
        let json = head.get(LENGTH_BYTES as usize..).unwrap_or_default();
        let header: Metadata = serde_json::from_slice(json)
            .map_err(|error| unfit(format!("its header cannot be read: {error}")))?;
        let promised = (LENGTH_BYTES + header_length).saturating_add(header.data_len() as u64);
        if promised != length {
            return Err(FileError::WrongLength {
                path: path.to_path_buf(),
                promised,
                found: length,
            });
        }
        Ok(Self {
            path,
            rest: file,
            head,
            header,
            length,
        })
    }

    fn card<P: DeserializeOwned>(&self) -> Result<Card<P>, FileError> {
        /// Read first, so that a card of another version is refused as such.
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
            let found = version.format_version;
            return Err(FileError::UnknownVersion {
                path: self.path.to_path_buf(),
                found,
            });
        }
        let card: Card<P> = serde_json::from_str(json).map_err(bad)?;
        card.check(self.path)?;
        Ok(card)
    }

    /// The bytes of the whole file as 32-bit floats, once its tensors were found to be finite.
    fn read_all(mut self) -> Result<Vec<u8>, FileError> {
        let path = || self.path.to_path_buf();
        for (tensor, info) in self.header.tensors() {
            if !matches!(info.dtype, Dtype::F32 | Dtype::F16) {
                let found = format!("{:?}", info.dtype);
                return Err(FileError::WrongType {
                    path: path(),
                    tensor,
                    found,
                });
            }
        }
        let mut bytes = std::mem::take(&mut self.head);
        let mut start = bytes.len();
        let unread = |source| FileError::Read {
            path: self.path.to_path_buf(),
            source,
        };
        // One byte more than promised, so that a file that grew meanwhile is noticed.
        let rest = self.length - start as u64;
        (&mut self.rest)
            .take(rest + 1)
            .read_to_end(&mut bytes)
            .map_err(unread)?;
        if bytes.len() as u64 != self.length {
            let (promised, found) = (self.length, bytes.len() as u64);
            return Err(FileError::WrongLength {
                path: path(),
                promised,
                found,
            });
        }
        let mut header = self.header;
        if header
            .tensors()
            .values()
            .any(|info| info.dtype == Dtype::F16)
        {
            bytes = half::widen(self.path, &bytes)?;
            let parsed = SafeTensors::read_metadata(&bytes);
            let (length, widened) = parsed.map_err(|error| FileError::NotSafetensors {
                path: self.path.to_path_buf(),
                reason: error.to_string(),
            })?;
            (start, header) = (length + LENGTH_BYTES as usize, widened);
        }
        for (tensor, info) in header.tensors() {
            let (from, to) = info.data_offsets;
            let data = bytes.get(start + from..start + to).unwrap_or_default();
            let (values, _) = data.as_chunks::<4>();
            let mut values = values.iter().map(|value| f32::from_le_bytes(*value));
            if let Some(value) = values.find(|value| !value.is_finite()) {
                return Err(FileError::NotFinite {
                    path: self.path.to_path_buf(),
                    tensor,
                    value,
                });
            }
        }
        Ok(bytes)
    }
}

/// Turns what did not fit into an error, the most telling one first.
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
