//! Decoding of picture files of all common formats, which are recognised by their content.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use image::{RgbImage, error::LimitErrorKind};

use crate::error::{Error, Result};

/// Maximum width and height of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// Maximum memory for decoding one picture, in bytes.
const MAX_BYTES: u64 = 512 << 20;

const FORMATS: &str = "JPEG, PNG, TIFF, BMP, WebP or GIF";

/// Decodes a picture file: JPEG, PNG, TIFF, BMP, WebP or the first frame of a GIF.
///
/// The result is `ImageLuma8` or `ImageRgb8`: turned by its EXIF orientation, with 16 bits scaled to 8, transparency
/// composed on black, and palettes resolved.
///
/// # Errors
/// [`Error::Picture`] for a file that is missing, empty, a folder, not a picture or truncated, or whose picture is larger
/// than 16,384 pixels a side or takes more than 512 MiB to decode.
pub fn decode(path: &Path) -> Result<DynamicImage> {
    let name = path.display().to_string();
    decode_bytes(&read(path, &name)?, &name)
}

/// Reads a picture file; errors carry `name`.
pub(crate) fn read(path: &Path, name: &str) -> Result<Vec<u8>> {
    let cannot_read = |error: std::io::Error| {
        Error::picture(
            name,
            match error.kind() {
                std::io::ErrorKind::NotFound => "no such file; check the path".into(),
                _ => format!("cannot read the file: {error}"),
            },
        )
    };
    let metadata = fs::metadata(path).map_err(cannot_read)?;
    if metadata.is_dir() {
        return Err(Error::picture(name, "a folder, not a picture"));
    }
    // Opening a pipe or a device could block for ever.
    if !metadata.is_file() {
        return Err(Error::picture(name, "not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        let reason = format!(
            "the file has {} bytes, more than the limit of {MAX_BYTES}",
            metadata.len()
        );
        return Err(Error::picture(name, reason));
    }
    let file = fs::File::open(path).map_err(cannot_read)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(cannot_read)?;
    Ok(bytes)
}

/// Decodes the content of a picture file, as [`decode`] does; errors carry `name`.
///
/// # Errors
/// [`Error::Picture`], as with [`decode`].
pub fn decode_bytes(bytes: &[u8], name: &str) -> Result<DynamicImage> {
    if bytes.is_empty() {
        return Err(Error::picture(name, "the file is empty (0 bytes)"));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| Error::picture(name, error.to_string()))?;
    let Some(format) = reader.format() else {
        let reason = format!("not a picture: the content is not {FORMATS}");
        return Err(Error::picture(name, reason));
    };
    if format == ImageFormat::Jpeg && !jpeg_has_end(bytes) {
        let reason = format!(
            "truncated: {} bytes of JPEG without its end marker",
            bytes.len()
        );
        return Err(Error::picture(name, reason));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits.clone());

    let picture = read_pixels(reader, limits)
        .map_err(|error| Error::picture(name, reason(&error, format)))?;
    if picture.width() == 0 || picture.height() == 0 {
        let size = format!(
            "a picture of {}x{} pixels",
            picture.width(),
            picture.height()
        );
        return Err(Error::picture(name, size));
    }
    Ok(flatten(picture))
}

fn read_pixels(
    reader: ImageReader<Cursor<&[u8]>>,
    mut limits: Limits,
) -> image::ImageResult<DynamicImage> {
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height)?;
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    // Damaged EXIF data is no reason to refuse intact pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Explains an error of the decoder in one line.
fn reason(error: &ImageError, format: ImageFormat) -> String {
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => {
                format!("larger than {MAX_SIDE} pixels a side; make it smaller first")
            }
            _ => format!(
                "decoding takes more than {} MiB; make it smaller first",
                MAX_BYTES >> 20
            ),
        },
        ImageError::Unsupported(_) => {
            format!(
                "{format:?} of a kind that cannot be read ({}); save it as PNG",
                one_line(error)
            )
        }
        _ => format!("truncated or damaged {format:?} ({})", one_line(error)),
    }
}

fn one_line(error: &ImageError) -> String {
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the end-of-image marker follows the first scan (markers: ITU-T T.81, annex B). The decoder fills missing pixels
/// with grey, and a network must not be trained on pictures that are half grey.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|&byte| byte == 0xFF))
    {
        at += found + 1;
        match bytes.get(at) {
            Some(0xD9) => return true,
            // A stuffed byte, a restart marker or TEM: inside a scan, without a length.
            Some(0x00 | 0x01 | 0xD0..=0xD8) => at += 1,
            Some(0xFF) => {}
            Some(_) => match bytes.get(at + 1..at + 3) {
                Some(&[high, low]) => at += 1 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
            None => return false,
        }
    }
    false
}

/// Converts a picture to 8 bits without transparency: `ImageLuma8` if it is grey, else `ImageRgb8`. Transparent pixels
/// become black.
pub(super) fn flatten(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
        DynamicImage::ImageLuma16(_) => picture.into_luma8().into(),
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
            let layered = picture.into_luma_alpha8();
            let (width, height) = layered.dimensions();
            GrayImage::from_fn(width, height, |x, y| {
                let [luma, alpha] = layered.get_pixel(x, y).0;
                [on_black(luma, alpha)].into()
            })
            .into()
        }
        other if other.color().has_alpha() => {
            let layered = other.into_rgba8();
            let (width, height) = layered.dimensions();
            RgbImage::from_fn(width, height, |x, y| {
                let [red, green, blue, alpha] = layered.get_pixel(x, y).0;
                [red, green, blue]
                    .map(|value| on_black(value, alpha))
                    .into()
            })
            .into()
        }
        other => other.into_rgb8().into(),
    }
}

/// Composes a value of some opacity on black.
fn on_black(value: u8, alpha: u8) -> u8 {
    ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8
}
