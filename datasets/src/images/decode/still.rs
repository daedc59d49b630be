//! Pictures that do not move: JPEG by Hebb's own module, the others by the crate `image`.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::jpeg;
use super::layers::Layers;
use super::limits::{Limits, MAX_BYTES, MAX_SIDE};
use super::refusal::explain;

/// Decodes a picture that does not move.
///
/// # Errors
/// Why the file cannot be read.
pub(super) fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Layers, String> {
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
