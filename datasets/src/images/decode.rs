//! Opening picture files of any common format, whatever their name says.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use image::{RgbImage, error::LimitErrorKind};

use crate::error::{Error, Result};

/// The longest side of a picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// The most memory one picture may take while it is decoded, in bytes.
pub const MAX_BYTES: u64 = 512 << 20;

const FORMATS: &str = "JPEG, PNG, TIFF, BMP, WebP or GIF";

/// Opens a picture: JPEG, PNG, TIFF, BMP, WebP or the first frame of a GIF, as the content says.
///
/// The result is `ImageLuma8` or `ImageRgb8`: turned as its EXIF orientation says, 16 bits scaled to
/// 8, transparency laid on black, palettes resolved.
///
/// # Errors
/// [`Error::Picture`], with a reason, for a file that is missing, empty, a folder, no picture,
/// truncated, or larger than [`MAX_SIDE`] and [`MAX_BYTES`] allow.
pub fn decode(path: &Path) -> Result<DynamicImage> {
    let name = path.display().to_string();
    decode_bytes(&read(path, &name)?, &name)
}

/// Reads a whole picture file; `name` stands in the errors.
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
    // Opening a pipe or a device could wait for ever.
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

/// Like [`decode`], from the file's content; `name` stands in the errors.
///
/// # Errors
/// As [`decode`].
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
    // Damaged EXIF data is no reason to refuse sound pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The decoder's error in one line, with what it means.
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

/// Whether the end-of-image marker follows the first scan. The decoder fills what is missing with
/// grey; a brain half grey must not be trained on. Markers: ITU-T T.81, annex B.
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

/// To 8 bits without transparency: `ImageLuma8` for grey pictures, `ImageRgb8` for others. What is
/// transparent becomes black.
pub fn flatten(picture: DynamicImage) -> DynamicImage {
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

/// A value of some opacity, laid on black.
fn on_black(value: u8, alpha: u8) -> u8 {
    ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8
}
