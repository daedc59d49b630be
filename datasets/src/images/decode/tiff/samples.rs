//! Samples of a TIFF page as a picture.

use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};

use super::page::{Colour, Format, Page, unsupported};
use crate::images::decode::layers::Layers;
use crate::images::decode::range;
use crate::images::decode::refusal::damaged;

/// Converts the samples of a page, as [`read`](super::chunks::read) returns them, to a picture.
///
/// # Errors
/// If the samples have no meaning as a picture, or are not finite.
pub(super) fn picture(page: &Page<'_>, samples: &[u8]) -> Result<Layers, String> {
    if page.colour == Colour::Palette {
        return palette(page, samples);
    }
    match (page.format, page.bits) {
        (Format::Unsigned, 8) => whole(page, samples.to_vec(), u8::MAX),
        (Format::Unsigned, bits @ 1..=7) => {
            let most = (1u16 << bits) - 1;
            let scale = |&sample: &u8| (u16::from(sample) * 255 / most) as u8;
            whole(page, samples.iter().map(scale).collect(), u8::MAX)
        }
        (Format::Unsigned, bits @ 9..=16) => {
            let most = (1u32 << bits) - 1;
            let scale = |pair: &[u8]| {
                (u32::from(u16::from_ne_bytes([pair[0], pair[1]])) * 65_535 / most) as u16
            };
            whole(page, samples.chunks_exact(2).map(scale).collect(), u16::MAX)
        }
        _ => wide(page, samples),
    }
}

/// Sample of 8 or 16 bits.
trait Sample: Copy + Into<u32> {
    fn from_wide(value: u32) -> Self;

    fn picture(size: [u32; 2], samples: Vec<Self>, channels: usize) -> Option<DynamicImage>;
}

macro_rules! sample {
    ($kind:ty, $luma:ident, $luma_alpha:ident, $rgb:ident, $rgba:ident) => {
        impl Sample for $kind {
            fn from_wide(value: u32) -> Self {
                value.min(Self::MAX.into()) as Self
            }

            fn picture([w, h]: [u32; 2], all: Vec<Self>, channels: usize) -> Option<DynamicImage> {
                use DynamicImage::*;
                match channels {
                    1 => ImageBuffer::<Luma<Self>, _>::from_raw(w, h, all).map($luma),
                    2 => ImageBuffer::<LumaA<Self>, _>::from_raw(w, h, all).map($luma_alpha),
                    3 => ImageBuffer::<Rgb<Self>, _>::from_raw(w, h, all).map($rgb),
                    _ => ImageBuffer::<Rgba<Self>, _>::from_raw(w, h, all).map($rgba),
                }
            }
        }
    };
}

sample!(u8, ImageLuma8, ImageLumaA8, ImageRgb8, ImageRgba8);
sample!(u16, ImageLuma16, ImageLumaA16, ImageRgb16, ImageRgba16);

/// Makes a picture of whole samples: the colours, then the alpha.
fn whole<S: Sample>(page: &Page<'_>, samples: Vec<S>, most: S) -> Result<Layers, String> {
    let alpha = page.alpha.map(|alpha| alpha.sample);
    let is_grey = matches!(page.colour, Colour::WhiteIsZero | Colour::BlackIsZero);
    let colours = if is_grey { 1 } else { 3 };
    let channels = colours + usize::from(alpha.is_some());
    let is_as_stored = page.samples == channels
        && matches!(
            page.colour,
            Colour::BlackIsZero | Colour::Rgb | Colour::LumaChroma
        );
    let values = if is_as_stored {
        samples
    } else {
        let mut values = Vec::with_capacity(samples.len() / page.samples * channels);
        for pixel in samples.chunks_exact(page.samples) {
            match page.colour {
                Colour::WhiteIsZero => values.push(S::from_wide(most.into() - pixel[0].into())),
                Colour::Cmyk => values.extend(inks_to_rgb(pixel, most)),
                _ => values.extend(&pixel[..colours]),
            }
            values.extend(alpha.map(|at| pixel[at]));
        }
        values
    };
    let size = [page.width as u32, page.height as u32];
    let picture = S::picture(size, values, channels);
    let picture = picture.ok_or_else(|| damaged("TIFF", "its size does not fit its pixels"))?;
    Ok(Layers {
        is_premultiplied: page.alpha.is_some_and(|alpha| alpha.is_associated),
        ..picture.into()
    })
}

/// Converts cyan, magenta, yellow and black to red, green and blue, as the crate `image` does.
fn inks_to_rgb<S: Sample>(inks: &[S], most: S) -> [S; 3] {
    let most: u32 = most.into();
    let light = 1.0 - inks[3].into() as f32 / most as f32;
    [0, 1, 2].map(|at: usize| S::from_wide(((most - inks[at].into()) as f32 * light) as u32))
}

/// Looks the colours of a palette up.
fn palette(page: &Page<'_>, samples: &[u8]) -> Result<Layers, String> {
    let count = 1usize << page.bits.min(8);
    if page.bits > 8 || page.palette.len() < 3 * count {
        return Err(unsupported("a palette of this size"));
    }
    // Some writers store bytes where 16 bits are due.
    let shift = if page.palette.iter().all(|&value| value < 256) {
        0
    } else {
        8
    };
    let colour = |index: u8| {
        [0, 1, 2].map(|plane| (page.palette[plane * count + usize::from(index)] >> shift) as u8)
    };
    let indices = samples.iter().step_by(page.samples);
    let rgb = indices.flat_map(|&index| colour(index)).collect();
    let picture = ImageBuffer::<Rgb<u8>, _>::from_raw(page.width as u32, page.height as u32, rgb);
    let picture = picture.ok_or_else(|| damaged("TIFF", "its size does not fit its pixels"))?;
    Ok(DynamicImage::from(picture).into())
}

/// Makes a picture of signed, wide or floating-point samples: values of 0 to 1 as they are, others stretched.
fn wide(page: &Page<'_>, samples: &[u8]) -> Result<Layers, String> {
    let colours = match page.colour {
        Colour::Rgb => 3,
        Colour::BlackIsZero | Colour::WhiteIsZero => 1,
        _ => return Err(unsupported("colours of this depth")),
    };
    if page.alpha.is_some() {
        return Err(unsupported("transparency of this depth"));
    }
    let read: fn(&[u8]) -> f64 = match (page.format, page.bits) {
        (Format::Signed, 8) => |bytes| f64::from(bytes[0] as i8),
        (Format::Signed, 16) => |bytes| i16::from_ne_bytes(array(bytes)).into(),
        (Format::Signed, 32) => |bytes| i32::from_ne_bytes(array(bytes)).into(),
        (Format::Unsigned, 32) => |bytes| u32::from_ne_bytes(array(bytes)).into(),
        (Format::Float, 16) => |bytes| half(u16::from_ne_bytes(array(bytes))),
        (Format::Float, 32) => |bytes| f32::from_ne_bytes(array(bytes)).into(),
        (Format::Float, 64) => |bytes| f64::from_ne_bytes(array(bytes)),
        (_, bits) => {
            return Err(unsupported(&format!(
                "samples of {bits} bits of this format"
            )));
        }
    };
    let pixels = samples.chunks_exact(page.samples * page.bits / 8);
    let step = page.bits / 8;
    let values: Vec<f32> = pixels
        .flat_map(|pixel| pixel.chunks_exact(step).take(colours))
        .map(|bytes| read(bytes) as f32)
        .collect();
    let is_float = page.format == Format::Float;
    let (mut bytes, notice) = range::to_bytes(&values, is_float)?;
    if page.colour == Colour::WhiteIsZero {
        bytes.iter_mut().for_each(|byte| *byte = 255 - *byte);
    }
    let size = [page.width as u32, page.height as u32];
    let picture = <u8 as Sample>::picture(size, bytes, colours);
    let picture = picture.ok_or_else(|| damaged("TIFF", "its size does not fit its pixels"))?;
    Ok(Layers {
        notices: notice.into_iter().collect(),
        ..picture.into()
    })
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// Converts a float of 16 bits (IEEE 754, binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}
