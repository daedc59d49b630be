//! JPEG: checked for completeness, then decoded by `zune-jpeg` if it is of a kind that this decoder is sure of, else here.
//!
//! `docs/data.md` has the table of decoders on random encodings that this choice follows.

mod entropy;
mod exact;
mod header;
mod huffman;

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use self::header::Header;
use super::{Layers, Limits, damaged};

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
        return by_zune(bytes).map_err(|reason| damaged("JPEG", &reason));
    }
    if is_usual(header) {
        entropy::check(bytes, header)?;
        let whole = if header.has_end {
            Cow::Borrowed(bytes)
        } else {
            Cow::Owned([bytes, &[0xFF, 0xD9]].concat())
        };
        if let Ok(picture) = by_zune(&whole) {
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

fn by_zune(bytes: &[u8]) -> Result<DynamicImage, String> {
    let decoder = JpegDecoder::new(Cursor::new(bytes));
    let picture = decoder.and_then(|decoder| {
        // The size is checked already.
        debug_assert!(decoder.dimensions().0 > 0);
        DynamicImage::from_decoder(decoder)
    });
    picture.map_err(|error| error.to_string())
}
