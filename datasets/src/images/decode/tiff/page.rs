//! A page of a TIFF: its layout and the meaning of its samples.

use super::directory::{Directory, File};
use crate::images::decode::limits::Limits;
use crate::images::decode::refusal::damaged;

/// Maximum number of samples of a pixel: more do not fit into their tag (TIFF 6.0, SamplesPerPixel).
const MAX_SAMPLES: usize = u16::MAX as usize;
/// Maximum number of bits of a sample.
const MAX_BITS: usize = 64;

/// How samples are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Unsigned,
    Signed,
    Float,
}

/// What samples mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    /// Luma and chroma, which only JPEG data has.
    LumaChroma,
}

/// Extra sample that says how opaque a pixel is.
#[derive(Clone, Copy)]
pub(super) struct Alpha {
    /// Index of the sample.
    pub sample: usize,
    /// Whether the colours are multiplied by it already.
    pub is_associated: bool,
}

/// A page and what is needed to read it.
pub(super) struct Page<'a> {
    pub file: File<'a>,
    pub width: usize,
    pub height: usize,
    /// Bits of a sample, the same for all.
    pub bits: usize,
    /// Number of samples of a pixel.
    pub samples: usize,
    pub format: Format,
    pub colour: Colour,
    pub alpha: Option<Alpha>,
    pub compression: u64,
    pub predictor: u64,
    /// Whether each sample has chunks of its own.
    pub is_planar: bool,
    pub is_lsb_first: bool,
    /// Width and height of a strip or tile.
    pub chunk: [usize; 2],
    /// Offset and length of each strip or tile.
    pub chunks: Vec<(usize, usize)>,
    pub palette: Vec<u64>,
    pub jpeg_tables: Option<&'a [u8]>,
}

impl<'a> Page<'a> {
    /// Reads the layout of a page.
    ///
    /// # Errors
    /// If the page is damaged, of a kind that is not supported, or larger than the limits.
    pub fn new(file: File<'a>, directory: &Directory<'a>, limits: &Limits) -> Result<Self, String> {
        let side = |tag| usize::try_from(directory.number(tag, 0)).unwrap_or(usize::MAX);
        let [width, height] = [256, 257].map(side);
        let samples = directory.number(277, 1) as usize;
        let all_bits = directory.numbers(258).unwrap_or_else(|| vec![1]);
        let bits = all_bits.first().copied().unwrap_or(1) as usize;
        if all_bits.iter().any(|&other| other as usize != bits) {
            return Err(unsupported("samples of different sizes"));
        }
        if width == 0 || height == 0 || !(1..=MAX_SAMPLES).contains(&samples) {
            return Err(damaged(
                "TIFF",
                &format!("{width}x{height} pixels of {samples} samples"),
            ));
        }
        if !(1..=MAX_BITS).contains(&bits) {
            return Err(unsupported(&format!("samples of {bits} bits")));
        }
        let pixel = samples * wide(bits);
        limits.check(width as u64, height as u64, pixel as u64)?;
        let compression = directory.number(259, 1);
        check_compression(compression)?;
        let format = match directory.number(339, 1) {
            2 => Format::Signed,
            3 => Format::Float,
            1 | 4 => Format::Unsigned,
            other => return Err(unsupported(&format!("sample format {other}"))),
        };
        let (colour, colours) = colour(directory.number(262, u64::MAX), compression, samples)?;
        let (chunk, chunks) = layout(directory, width, height)?;
        // A fourth sample of which nothing is said is what the encoder of the crate `tiff` writes for the opacity.
        let extra = directory.numbers(338).unwrap_or_else(|| vec![2]);
        let alpha = extra.iter().position(|kind| matches!(kind, 1 | 2));
        Ok(Self {
            file,
            width,
            height,
            bits,
            samples,
            format,
            colour,
            alpha: alpha.filter(|at| colours + at < samples).map(|at| Alpha {
                sample: colours + at,
                is_associated: extra[at] == 1,
            }),
            compression,
            predictor: directory.number(317, 1),
            is_planar: directory.number(284, 1) == 2 && samples > 1,
            is_lsb_first: directory.number(266, 1) == 2,
            chunk,
            chunks,
            palette: directory.numbers(320).unwrap_or_default(),
            jpeg_tables: directory.bytes(347),
        })
    }
}

/// Returns the number of bytes of a sample of `bits` bits once it is unpacked.
pub(super) fn wide(bits: usize) -> usize {
    bits.div_ceil(8).next_power_of_two()
}

/// Returns the meaning of the samples and how many of them are colours.
fn colour(photometric: u64, compression: u64, samples: usize) -> Result<(Colour, usize), String> {
    let (colour, colours) = match photometric {
        0 => (Colour::WhiteIsZero, 1),
        1 => (Colour::BlackIsZero, 1),
        2 => (Colour::Rgb, 3),
        3 => (Colour::Palette, 1),
        5 => (Colour::Cmyk, 4),
        6 if compression == 7 => (Colour::LumaChroma, 3),
        6 => return Err(unsupported("luma and chroma without JPEG")),
        4 => return Err(unsupported("a transparency mask")),
        8..=10 => return Err(unsupported("Lab colours")),
        32803 | 34892 => return Err(unsupported("a camera's raw samples")),
        u64::MAX if samples >= 3 => (Colour::Rgb, 3),
        u64::MAX => (Colour::BlackIsZero, 1),
        other => return Err(unsupported(&format!("colours of kind {other}"))),
    };
    if samples < colours {
        return Err(damaged(
            "TIFF",
            &format!("{samples} samples where {colours} are needed"),
        ));
    }
    Ok((colour, colours))
}

/// Size of a strip or tile in pixels, and offset and length of each of them in bytes.
type Layout = ([usize; 2], Vec<(usize, usize)>);

/// Returns the size of a strip or tile, and where each of them is.
fn layout(directory: &Directory<'_>, width: usize, height: usize) -> Result<Layout, String> {
    let is_tiled = directory.numbers(324).is_some();
    let (offsets, counts) = if is_tiled { (324, 325) } else { (273, 279) };
    let chunk = if is_tiled {
        [322, 323].map(|tag| directory.number(tag, 0) as usize)
    } else {
        let rows = directory.number(278, height as u64);
        [width, usize::try_from(rows).unwrap_or(height).min(height)]
    };
    if chunk.iter().any(|side| !(1..=65_536).contains(side)) {
        return Err(damaged(
            "TIFF",
            &format!("tiles of {}x{} pixels", chunk[0], chunk[1]),
        ));
    }
    let offsets = directory.numbers(offsets);
    let offsets = offsets.ok_or_else(|| damaged("TIFF", "no pixels in it"))?;
    // A single strip may come without its length.
    let to_end = |offset: u64| (directory.file_len() as u64).saturating_sub(offset);
    let counts = directory
        .numbers(counts)
        .filter(|counts| counts.len() == offsets.len());
    let counts = counts.unwrap_or_else(|| offsets.iter().map(|&offset| to_end(offset)).collect());
    let chunks = offsets.iter().zip(counts);
    Ok((
        chunk,
        chunks
            .map(|(&offset, count)| (offset as usize, count as usize))
            .collect(),
    ))
}

/// Refuses the compressions that are not supported, by name.
fn check_compression(compression: u64) -> Result<(), String> {
    let name = match compression {
        1 | 4 | 5 | 7 | 8 | 32773 | 32946 => return Ok(()),
        2 | 3 => "fax compression of group 3",
        6 => "JPEG compression of the old style",
        34712 | 33003 | 33004 | 33005 => "JPEG 2000 compression",
        34887 => "LERC compression",
        34925 => "LZMA compression",
        50000 | 34926 => "Zstandard compression",
        50001 | 34927 => "WebP compression",
        50002 | 52546 => "JPEG XL compression",
        34661..=34665 | 9 | 10 => "JBIG compression",
        34676 | 34677 => "LogLuv compression",
        _ => return Err(unsupported(&format!("compression {compression}"))),
    };
    Err(unsupported(name))
}

pub(super) fn unsupported(what: &str) -> String {
    format!("a TIFF with {what}, which is not read; save it as PNG or as TIFF with LZW compression")
}
