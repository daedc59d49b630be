//! Strips and tiles of a TIFF: decompressed, with their predictor undone.

use std::io::Read;

use super::page::{self, Colour, Format, Page, unsupported};
use crate::images::decode::jpeg;
use crate::images::decode::limits::Limits;
use crate::images::decode::refusal::damaged;

/// Returns the samples of a page as bytes, pixel by pixel and row by row, each sample in the byte order of this machine.
/// Samples of less than 8 bits, and of 9 to 15, are spread to 8 and 16 bits without being scaled.
///
/// # Errors
/// If the data is damaged or ends too early.
pub(super) fn read(page: &Page<'_>, limits: &Limits) -> Result<Vec<u8>, String> {
    let wide = page::wide(page.bits);
    let planes = if page.is_planar { page.samples } else { 1 };
    let inner = page.samples / planes;
    let across = page.width.div_ceil(page.chunk[0]);
    let down = page.height.div_ceil(page.chunk[1]);
    let missing = || damaged("TIFF", "its pixels end too early");
    if page.chunks.len() < across * down * planes {
        return Err(missing());
    }
    let pixel = page.samples * wide;
    let mut samples = vec![0; page.width * page.height * pixel];
    let is_tiled = page.chunk[0] != page.width;
    for plane in 0..planes {
        for index in 0..across * down {
            let [left, top] = [
                index % across * page.chunk[0],
                index / across * page.chunk[1],
            ];
            let width = page.chunk[0].min(page.width - left);
            let height = page.chunk[1].min(page.height - top);
            // A tile is whole, a strip ends with the picture.
            let rows = if is_tiled { page.chunk[1] } else { height };
            let (offset, len) = page.chunks[plane * across * down + index];
            let end = offset.saturating_add(len).min(page.file.bytes.len());
            let packed = page.file.bytes.get(offset..end).ok_or_else(missing)?;
            let chunk = chunk(
                page,
                packed,
                [page.chunk[0], rows, height],
                inner,
                wide,
                limits,
            )?;
            let row = page.chunk[0] * inner * wide;
            for (y, line) in chunk.chunks_exact(row).take(height).enumerate() {
                let start = ((top + y) * page.width + left) * pixel + plane * inner * wide;
                for (x, from) in line.chunks_exact(inner * wide).take(width).enumerate() {
                    let start = start + x * pixel;
                    samples[start..start + inner * wide].copy_from_slice(from);
                }
            }
        }
    }
    Ok(samples)
}

/// Decompresses a chunk of `width` times `rows` pixels, of which `needed` rows must be there.
fn chunk(
    page: &Page<'_>,
    packed: &[u8],
    [width, rows, needed]: [usize; 3],
    samples: usize,
    wide: usize,
    limits: &Limits,
) -> Result<Vec<u8>, String> {
    let row = (width * samples * page.bits).div_ceil(8);
    // Of a few bits, a chunk takes more memory unpacked than packed.
    limits.check_bytes((width * rows * samples * wide) as u64)?;
    if page.compression == 7 {
        return jpeg_chunk(page, packed, [width, needed], samples, limits);
    }
    let mut reversed = Vec::new();
    let packed = if page.is_lsb_first && matches!(page.compression, 1 | 4) {
        reversed.extend(packed.iter().map(|byte| byte.reverse_bits()));
        &reversed[..]
    } else {
        packed
    };
    let mut bytes = decompress(page, packed, width, rows, row * rows)?;
    if bytes.len() < row * needed {
        return Err(damaged("TIFF", "its pixels end too early"));
    }
    bytes.truncate(row * rows);
    bytes.resize(row * rows, 0);
    if page.predictor == 3 {
        return float_predictor(page, &bytes, row, samples, wide);
    }
    let mut bytes = match page.bits {
        8 | 16 | 32 | 64 => bytes,
        1..=15 => spread(&bytes, row, width * samples, page.bits),
        other => return Err(unsupported(&format!("samples of {other} bits"))),
    };
    if page.bits >= 16 && page.file.is_little != cfg!(target_endian = "little") {
        bytes.chunks_exact_mut(wide).for_each(<[u8]>::reverse);
    }
    match page.predictor {
        1 => {}
        2 if page.bits.is_multiple_of(8) => {
            for line in bytes.chunks_exact_mut(width * samples * wide) {
                add_left(line, samples, wide);
            }
        }
        _ => return Err(unsupported("a predictor of this kind")),
    }
    Ok(bytes)
}

fn decompress(
    page: &Page<'_>,
    packed: &[u8],
    width: usize,
    rows: usize,
    len: usize,
) -> Result<Vec<u8>, String> {
    let wrong = |what: &str| damaged("TIFF", what);
    let mut bytes = Vec::new();
    match page.compression {
        1 => bytes.extend(&packed[..packed.len().min(len)]),
        4 => bytes = fax(packed, width, rows).ok_or_else(|| wrong("its fax data is damaged"))?,
        5 => {
            let mut decoder =
                if packed.first() == Some(&0) && packed.get(1).is_some_and(|byte| byte & 1 == 1) {
                    return Err(unsupported("LZW compression of the old style"));
                } else {
                    weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
                };
            bytes.resize(len, 0);
            let mut filled = 0;
            let mut from = packed;
            while filled < len {
                let done = decoder.decode_bytes(from, &mut bytes[filled..]);
                filled += done.consumed_out;
                from = &from[done.consumed_in..];
                match done.status {
                    Ok(weezl::LzwStatus::Ok) if done.consumed_out > 0 || done.consumed_in > 0 => {}
                    _ => break,
                }
            }
            bytes.truncate(filled);
        }
        8 | 32946 => {
            let inflated = flate2::read::ZlibDecoder::new(packed).take(len as u64);
            // What there is until the damage is judged by its length.
            let _ = { inflated }.read_to_end(&mut bytes);
        }
        _ => bytes = unpack_bits(packed, len),
    }
    Ok(bytes)
}

/// Undoes the PackBits compression (TIFF 6.0, section 9), up to `len` bytes.
fn unpack_bits(mut packed: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    while let (Some((&count, rest)), true) = (packed.split_first(), bytes.len() < len) {
        let used = match count as i8 {
            -128 => 0,
            count @ 0.. => {
                let used = rest.len().min(count as usize + 1);
                bytes.extend(&rest[..used]);
                used
            }
            count => {
                let times = 1 - isize::from(count);
                bytes.extend(rest.first().into_iter().cycle().take(times as usize));
                rest.len().min(1)
            }
        };
        packed = &rest[used..];
    }
    bytes
}

/// Decodes fax data of group 4 to rows of bits, of which 1 is black.
fn fax(packed: &[u8], width: usize, rows: usize) -> Option<Vec<u8>> {
    let columns = u16::try_from(width).ok()?;
    let lines = u16::try_from(rows).ok()?;
    let mut bytes = Vec::with_capacity(width.div_ceil(8) * rows);
    fax::decoder::decode_g4(packed.iter().copied(), columns, Some(lines), |changes| {
        let mut line = vec![0u8; width.div_ceil(8)];
        for (x, pel) in fax::decoder::pels(changes, columns).enumerate() {
            if pel == fax::Color::Black {
                line[x / 8] |= 0x80 >> (x % 8);
            }
        }
        bytes.extend(line);
    })?;
    Some(bytes)
}

/// Spreads packed samples of 1 to 15 bits to bytes, or to two bytes if they have more than 8.
fn spread(bytes: &[u8], row: usize, per_row: usize, bits: usize) -> Vec<u8> {
    let mut wide = Vec::with_capacity(bytes.len() / row.max(1) * per_row * bits.div_ceil(8));
    for line in bytes.chunks_exact(row) {
        let (mut held, mut buffer) = (0, 0u32);
        let mut from = line.iter();
        for _ in 0..per_row {
            while held < bits {
                buffer = buffer << 8 | u32::from(from.next().copied().unwrap_or(0));
                held += 8;
            }
            held -= bits;
            let sample = buffer >> held & ((1 << bits) - 1);
            if bits <= 8 {
                wide.push(sample as u8);
            } else {
                wide.extend((sample as u16).to_ne_bytes());
            }
        }
    }
    wide
}

/// Undoes the horizontal predictor on a row: each sample is the difference to the same sample of the pixel on its left.
fn add_left(line: &mut [u8], samples: usize, wide: usize) {
    let stride = samples * wide;
    for at in (stride..line.len()).step_by(wide) {
        let (before, here) = line.split_at_mut(at);
        let before = &before[at - stride..at - stride + wide];
        let here = &mut here[..wide];
        match wide {
            1 => here[0] = here[0].wrapping_add(before[0]),
            2 => {
                let sum = u16::from_ne_bytes([here[0], here[1]])
                    .wrapping_add(u16::from_ne_bytes([before[0], before[1]]));
                here.copy_from_slice(&sum.to_ne_bytes());
            }
            _ => {
                let number = |bytes: &[u8]| {
                    let mut whole = [0; 8];
                    whole[..bytes.len()].copy_from_slice(bytes);
                    u64::from_le_bytes(whole)
                };
                let little = cfg!(target_endian = "little");
                if !little {
                    here.reverse();
                }
                let mut left = before.to_vec();
                if !little {
                    left.reverse();
                }
                let sum = number(here).wrapping_add(number(&left)).to_le_bytes();
                here.copy_from_slice(&sum[..wide]);
                if !little {
                    here.reverse();
                }
            }
        }
    }
}

/// Undoes the predictor of floats: the bytes of a row stand in planes, the most significant first, as differences
/// (Adobe Photoshop TIFF Technical Note 3).
fn float_predictor(
    page: &Page<'_>,
    bytes: &[u8],
    row: usize,
    samples: usize,
    wide: usize,
) -> Result<Vec<u8>, String> {
    if page.format != Format::Float || !page.bits.is_multiple_of(8) {
        return Err(unsupported("the predictor of floats on whole numbers"));
    }
    let mut values = Vec::with_capacity(bytes.len());
    for line in bytes.chunks_exact(row) {
        let mut line = line.to_vec();
        for at in samples..line.len() {
            line[at] = line[at].wrapping_add(line[at - samples]);
        }
        let plane = row / wide;
        for value in 0..plane {
            let start = values.len();
            values.extend((0..wide).map(|byte| line[byte * plane + value]));
            if cfg!(target_endian = "little") {
                values[start..].reverse();
            }
        }
    }
    Ok(values)
}

/// Decodes a chunk that is a JPEG, whose tables may stand in the directory.
fn jpeg_chunk(
    page: &Page<'_>,
    packed: &[u8],
    [width, needed]: [usize; 2],
    samples: usize,
    limits: &Limits,
) -> Result<Vec<u8>, String> {
    let tables = page.jpeg_tables.unwrap_or_default();
    let tables = tables.strip_prefix(&[0xFF, 0xD8]).unwrap_or_default();
    let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
    // Adobe's segment says that components are colours.
    let colours: &[u8] = if page.colour == Colour::Rgb {
        b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0"
    } else {
        b""
    };
    let rest = packed.get(2..).unwrap_or_default();
    let file = [b"\xFF\xD8", colours, tables, rest].concat();
    let picture = jpeg::decode(&file, limits)?.picture;
    let found = [picture.width() as usize, picture.height() as usize];
    if found[0] != width || found[1] < needed || page.bits != 8 {
        return Err(damaged("TIFF", "a strip or tile of another size"));
    }
    Ok(match samples {
        1 => picture.into_luma8().into_raw(),
        3 => picture.into_rgb8().into_raw(),
        _ => return Err(unsupported("JPEG compression of this number of samples")),
    })
}
