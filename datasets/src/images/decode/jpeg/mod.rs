//! JPEG: checked for completeness, then decoded by `zune-jpeg` if it is of a kind that this decoder is sure of, else here.
//!
//! `docs/data.md` has the table of decoders on random encodings that this choice follows.

mod entropy;
mod exact;
mod header;
mod huffman;

use std::borrow::Cow;

use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use self::header::Header;
use super::layers::Layers;
use super::limits::{Limits, MAX_SIDE};
use super::refusal::damaged;

/// Decodes a JPEG file.
///
/// # Errors
/// Why the file cannot be read.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Layers, String> {
    let header = Header::parse(bytes)?;
    let [width, height] = header.size;
    limits.check(width as u64, height as u64, header.components.len() as u64)?;
    let mut picture = pixels(bytes, &header, limits)?;
    picture.apply_orientation(header.orientation);
    Ok(picture.into())
}

fn pixels(bytes: &[u8], header: &Header, limits: &Limits) -> Result<DynamicImage, String> {
    let has_tables = (header.scans.iter().flat_map(|scan| &scan.components))
        .all(|part| part.dc.is_some() || part.ac.is_some());
    if !has_tables {
        // A frame of a motion JPEG, whose tables the decoder knows.
        return by_zune(bytes, header).map_err(|reason| damaged("JPEG", &reason));
    }
    if is_usual(header) {
        entropy::check(bytes, header)?;
        let whole = if header.has_end {
            Cow::Borrowed(bytes)
        } else {
            Cow::Owned([bytes, &[0xFF, 0xD9]].concat())
        };
        if let Ok(picture) = by_zune(&whole, header) {
            return Ok(picture);
        }
    }
    // Coefficients of two bytes, and the samples.
    let samples: usize = header
        .components
        .iter()
        .map(|one| one.padded[0] * one.padded[1] * 64)
        .sum();
    limits.check_bytes(3 * samples as u64)?;
    exact::decode(bytes, header)
}

/// Returns whether `zune-jpeg` decodes files of this kind as libjpeg does: one component, or all of them together in one
/// scan or in progressive scans, with the chroma at full or half resolution.
fn is_usual(header: &Header) -> bool {
    let [first, rest @ ..] = &header.components[..] else {
        return false;
    };
    if rest.is_empty() {
        return header.scans.len() == 1 || header.progressive;
    }
    let is_together = header.progressive
        || header.scans.len() == 1 && header.scans[0].components.len() == header.components.len();
    let is_known = matches!(first.sampling, [1, 1] | [2, 1] | [1, 2] | [2, 2]);
    is_together && is_known && rest.iter().all(|one| one.sampling == [1, 1])
}

/// Decodes a JPEG of a usual kind, or a frame of a motion JPEG.
fn by_zune(bytes: &[u8], header: &Header) -> Result<DynamicImage, String> {
    let is_grey = header.components.len() == 1;
    let space = if is_grey {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(MAX_SIDE as usize)
        .set_max_height(MAX_SIDE as usize)
        .jpeg_set_out_colorspace(space);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let [width, height] = header.size.map(|side| side as u32);
    let picture = if is_grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    picture.ok_or_else(|| "its size does not fit its pixels".into())
}
