//! Decoding of picture files of all common formats, which are recognised by their content.
//!
//! | module | holds |
//! |---|---|
//! | `guard` | panics of decoders, turned into errors |
//! | `budget`, `limits` | the memory that pictures share, and the limits of one of them |
//! | `kinds` | the format of a file, or what it is instead |
//! | `jpeg`, `tiff` | JPEG and TIFF |
//! | `still` | pictures that do not move: PNG, BMP, WebP and GIF by the crate `image` |
//! | `pages`, `frames` | which page of a file is the picture |
//! | `range` | samples that use a small part of their range |
//! | `layers` | a picture as its file holds it, and as it is handed on |
//! | `refusal` | why a file cannot be read |
//! | `flatten` | 8 bits without transparency |

mod budget;
mod flatten;
mod frames;
mod guard;
mod jpeg;
mod kinds;
mod layers;
mod limits;
mod pages;
mod range;
mod refusal;
mod still;
mod tiff;

use std::fs;
use std::io::Read;
use std::path::Path;

use image::{DynamicImage, ImageFormat};

use self::layers::Layers;
use self::limits::{Limits, MAX_BYTES};
use crate::error::{Error, Result};

pub(super) use flatten::flatten;
pub use layers::Decoded;

/// Decodes a picture file: JPEG, PNG, TIFF, BMP, WebP or GIF.
///
/// # Errors
/// As with [`open`].
pub fn decode(path: &Path) -> Result<DynamicImage> {
    open(path, None, |_, decoded| Ok(decoded.picture))
}

/// Decodes the content of a picture file, as [`decode`] does; errors carry `name`.
///
/// # Errors
/// As with [`open`].
pub fn decode_bytes(bytes: &[u8], name: &str) -> Result<DynamicImage> {
    open_bytes(bytes, name, None, |decoded| Ok(decoded.picture))
}

/// Reads and decodes a picture file, and returns what `then` makes of its bytes and the picture.
///
/// Of a file of several pages or frames it is the one that `page` names, from 1, or the first that is neither blank nor a
/// thumbnail. All pictures that are read at the same time share one budget of memory, until `then` returns; `then` must
/// therefore not wait for another picture.
///
/// # Errors
/// [`Error::Picture`] for a file that is missing, a folder, not a picture, of a kind that is not read, damaged or
/// truncated, for one whose picture is larger than 16,384 pixels a side or takes more than 512 MiB to decode, for a wholly
/// transparent picture, and for a panic; any error of `then`.
pub fn open<T>(
    path: &Path,
    page: Option<usize>,
    then: impl FnOnce(&[u8], Decoded) -> Result<T>,
) -> Result<T> {
    let name = path.display().to_string();
    let (file, size) = open_file(path, &name)?;
    let permit = budget::FILES.take(size);
    let bytes = read_all(file, size, &name)?;
    let outcome = open_bytes(&bytes, &name, page, |decoded| then(&bytes, decoded));
    drop(permit);
    outcome
}

/// Decodes the content of a picture file, as [`open`] does; errors carry `name`.
///
/// # Errors
/// As with [`open`].
pub fn open_bytes<T>(
    bytes: &[u8],
    name: &str,
    page: Option<usize>,
    then: impl FnOnce(Decoded) -> Result<T>,
) -> Result<T> {
    let outcome = guard::guarded(|| {
        let limits = Limits::default();
        let layers = layers(bytes, page, &limits);
        let decoded = layers.and_then(Layers::flatten);
        then(decoded.map_err(|reason| Error::picture(name, reason))?)
    });
    outcome.unwrap_or_else(|panic| {
        let reason = format!("its decoder failed ({panic}); save it again, as PNG");
        Err(Error::picture(name, reason))
    })
}

/// Opens a picture file. Returns it with its size, in bytes.
fn open_file(path: &Path, name: &str) -> Result<(fs::File, u64)> {
    let metadata = fs::metadata(path).map_err(|error| cannot_read(name, &error))?;
    if metadata.is_dir() {
        return Err(Error::picture(name, "a folder, not a picture"));
    }
    // Opening a pipe or a device could block for ever.
    if !metadata.is_file() {
        return Err(Error::picture(name, "not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        let len = metadata.len();
        let reason = format!("the file has {len} bytes, more than the limit of {MAX_BYTES}");
        return Err(Error::picture(name, reason));
    }
    let file = fs::File::open(path).map_err(|error| cannot_read(name, &error))?;
    Ok((file, metadata.len()))
}

fn read_all(file: fs::File, size: u64, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size as usize);
    let read = file.take(MAX_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| cannot_read(name, &error))?;
    Ok(bytes)
}

fn cannot_read(name: &str, error: &std::io::Error) -> Error {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "no such file; check the path".into(),
        _ => format!("cannot read the file: {error}"),
    };
    Error::picture(name, reason)
}

/// Decodes a file, or says why it cannot be decoded.
fn layers(
    bytes: &[u8],
    page: Option<usize>,
    limits: &Limits,
) -> std::result::Result<Layers, String> {
    match kinds::recognise(bytes)? {
        ImageFormat::Tiff => tiff::decode(bytes, page, limits),
        format => frames::decode(bytes, format, page, limits),
    }
}
