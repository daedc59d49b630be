//! Animations: GIF, WebP and APNG.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{AnimationDecoder, Frames, ImageFormat, ImageResult};

use super::layers::Layers;
use super::limits::Limits;
use super::pages::{self, Place};
use super::refusal::{damaged, explain};
use super::still;

/// Decodes the frame that `page` names, from 1, or the first that is not blank.
///
/// # Errors
/// Why the file cannot be read.
pub(super) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    page: Option<usize>,
    limits: &Limits,
) -> Result<Layers, String> {
    let (count, is_first_apart) = match format {
        ImageFormat::Gif => (gif_frames(bytes), false),
        ImageFormat::WebP => (webp_frames(bytes), false),
        ImageFormat::Png => png_frames(bytes),
        _ => (1, false),
    };
    let place = |_| Place {
        size: [1, 1],
        is_reduced: false,
    };
    let places: Vec<Place> = (0..count.max(1)).map(place).collect();
    // Frames build on each other: each search goes on where the one before ended.
    let (mut decoder, mut passed) = (None, 0);
    pages::choose("frame", &places, page, |index| {
        if index == 0 {
            return still::decode(bytes, format, limits);
        }
        let index = index - usize::from(is_first_apart);
        let explain = |error| explain(&error, format);
        let decoder = match &mut decoder {
            Some(decoder) => decoder,
            none => none.insert(frames(bytes, format).map_err(explain)?),
        };
        let frame = decoder.nth(index - passed);
        passed = index + 1;
        let frame = frame.ok_or_else(|| damaged("animation", "a frame is missing"))?;
        let frame = frame.map_err(explain)?;
        Ok(image::DynamicImage::from(frame.into_buffer()).into())
    })
}

fn frames(bytes: &[u8], format: ImageFormat) -> ImageResult<Frames<'_>> {
    let from = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Gif => GifDecoder::new(from)?.into_frames(),
        ImageFormat::WebP => WebPDecoder::new(from)?.into_frames(),
        _ => PngDecoder::new(from)?.apng()?.into_frames(),
    })
}

/// Counts the frames of a GIF (GIF89a, section 12) up to its end or to damage.
fn gif_frames(bytes: &[u8]) -> usize {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let mut at = 13 + bytes.get(10).map_or(0, |&flags| table(flags));
    let mut count = 0;
    loop {
        match bytes.get(at) {
            Some(0x2C) => {
                let Some(&flags) = bytes.get(at + 9) else {
                    return count;
                };
                count += 1;
                at += 11 + table(flags);
            }
            Some(0x21) => at += 2,
            _ => return count,
        }
        // Blocks of data, the last of which is empty.
        while let Some(&len) = bytes.get(at) {
            at += 1 + usize::from(len);
            if len == 0 {
                break;
            }
        }
    }
}

/// Counts the frames of a WebP: its chunks called ANMF.
fn webp_frames(bytes: &[u8]) -> usize {
    let (mut at, mut count) = (12, 0);
    while let Some(&[a, b, c, d, s0, s1, s2, s3]) =
        bytes.get(at..).and_then(|rest| rest.first_chunk::<8>())
    {
        count += usize::from([a, b, c, d] == *b"ANMF");
        let len = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        at = at.saturating_add(8 + len + len % 2);
    }
    count
}

/// Counts the pictures of a PNG, and returns whether the first of them is not a frame of the animation.
fn png_frames(bytes: &[u8]) -> (usize, bool) {
    let (mut at, mut count, mut is_first_apart) = (8, 0, true);
    while let Some(&[l0, l1, l2, l3, a, b, c, d]) =
        bytes.get(at..).and_then(|rest| rest.first_chunk::<8>())
    {
        match &[a, b, c, d] {
            b"acTL" => {
                let number = bytes.get(at + 8..).and_then(|rest| rest.first_chunk::<4>());
                count = number.map_or(0, |number| u32::from_be_bytes(*number));
            }
            b"fcTL" => is_first_apart = false,
            b"IDAT" => break,
            _ => {}
        }
        at = at.saturating_add(12 + u32::from_be_bytes([l0, l1, l2, l3]) as usize);
    }
    // A count that the file cannot hold is not believed.
    let count = (count as usize).min(bytes.len() / 38);
    if count == 0 {
        return (1, false);
    }
    (count + usize::from(is_first_apart), is_first_apart)
}
