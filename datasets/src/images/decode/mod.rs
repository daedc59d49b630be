//! Decoding of picture files of all common formats, which are recognised by their content.
//!
//! | module | holds |
//! |---|---|
//! | `guard` | panics of decoders, turned into errors |
//! | `budget`, `limits` | the memory that pictures share, and the limits of one of them |
//! | `kinds` | the format of a file, or what it is instead |
//! | `jpeg`, `tiff` | JPEG and TIFF; the crate `image` decodes PNG, BMP, WebP and GIF |
//! | `pages`, `frames` | which page of a file is the picture |
//! | `range` | samples that use a small part of their range |
//! | `flatten` | 8 bits without transparency |

mod budget;
mod flatten;
mod frames;
mod guard;
mod jpeg;
mod kinds;
mod limits;
mod pages;
mod range;
mod tiff;

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use image::error::LimitErrorKind;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use self::limits::{Limits, MAX_BYTES, MAX_SIDE, too_large, too_wide};
use crate::error::{Error, Result};

pub(super) use flatten::flatten;

const FORMATS: &str = "JPEG, PNG, TIFF, BMP, WebP or GIF";

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The pixels: `ImageLuma8` or `ImageRgb8`, turned by the file's orientation, with palettes resolved and transparent
    /// pixels laid on black, or on white if the rest is dark.
    pub picture: DynamicImage,
    /// Opacity of each pixel, if some are not opaque. Laid on white, a value is `value + 255 - opacity`.
    pub alpha: Option<GrayImage>,
    /// What the user should know: which page was read, or that the range of values was stretched.
    pub notices: Vec<String>,
}

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

/// A picture as its file holds it, with transparency and up to 16 bits.
struct Layers {
    picture: DynamicImage,
    /// Whether the colours are multiplied by the opacity already.
    is_premultiplied: bool,
    notices: Vec<String>,
}

impl From<DynamicImage> for Layers {
    fn from(picture: DynamicImage) -> Self {
        Self {
            picture,
            is_premultiplied: false,
            notices: Vec::new(),
        }
    }
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

/// Decodes a picture that does not move.
fn still(
    bytes: &[u8],
    format: ImageFormat,
    limits: &Limits,
) -> std::result::Result<Layers, String> {
    if format == ImageFormat::Jpeg {
        return jpeg::decode(bytes, limits);
    }
    let explain = |error| explain(&error, format);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut within = image::Limits::default();
    within.max_image_width = Some(MAX_SIDE as u32);
    within.max_image_height = Some(MAX_SIDE as u32);
    within.max_alloc = Some(MAX_BYTES);
    reader.limits(within.clone());
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    let depth = decoder.color_type().bytes_per_pixel();
    if width == 0 || height == 0 {
        return Err(format!("a picture of {width}x{height} pixels"));
    }
    limits.check(width.into(), height.into(), depth.into())?;
    decoder.set_limits(within).map_err(explain)?;
    // Damaged EXIF data is no reason to refuse intact pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(explain)?;
    picture.apply_orientation(orientation);
    Ok(picture.into())
}

/// Explains an error of the decoder in one line.
fn explain(error: &ImageError, format: ImageFormat) -> String {
    let text = error.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => too_wide(),
            _ => too_large(),
        },
        ImageError::Unsupported(_) => {
            format!("{format:?} of a kind that cannot be read ({text}); save it as PNG")
        }
        _ => damaged(&format!("{format:?}"), &text),
    }
}

/// Returns the reason for refusing a damaged file.
fn damaged(format: &str, what: &str) -> String {
    format!("truncated or damaged {format} ({what}); copy or save it again")
}
