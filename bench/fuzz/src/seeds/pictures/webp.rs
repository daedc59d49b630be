//! WebPs: lossless ones by the crate `image`; lossy ones, with opacity and animated, put together from chunks.

use image::ImageFormat;

use super::{colours, encode, with_opacity};

/// The data of a lossy picture of one pixel: a key frame of VP8 (RFC 6386).
const LOSSY: &[u8] =
    b"\x30\x01\x00\x9D\x01\x2A\x01\x00\x01\x00\x0E\xC0\xFE\x25\xA4\x00\x03\x70\x00\x00\x00\x00";

/// Every kind that is read.
pub fn all() -> Vec<Vec<u8>> {
    let lossless = |size| encode(&with_opacity(size, size).into(), ImageFormat::WebP);
    let small = lossless(4);
    let vp8l = small.get(20..).unwrap_or_default().to_vec();
    // An opacity of one pixel, without compression.
    let opacity = chunk(b"ALPH", &[0, 200]);
    vec![
        lossless(9),
        encode(&colours(9, 7).into(), ImageFormat::WebP),
        file(&[chunk(b"VP8 ", LOSSY)]),
        file(&[extended(0x10, 1), opacity.clone(), chunk(b"VP8 ", LOSSY)]),
        file(&[extended(0, 4), chunk(b"VP8L", &vp8l)]),
        file(&[
            extended(0x12, 4),
            chunk(b"ANIM", &[0; 6]),
            frame(0, 1, &[opacity, chunk(b"VP8 ", LOSSY)]),
            frame(0, 4, &[chunk(b"VP8L", &vp8l)]),
            frame(1, 1, &[chunk(b"VP8 ", LOSSY)]),
        ]),
    ]
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let content = [b"WEBP".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &content)
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding = &[0][..content.len() % 2];
    [
        name,
        &(content.len() as u32).to_le_bytes()[..],
        content,
        padding,
    ]
    .concat()
}

/// The header of a file with flags (16: opacity, 2: animation), for a canvas of `side` pixels.
fn extended(flags: u8, side: u8) -> Vec<u8> {
    chunk(b"VP8X", &[flags, 0, 0, 0, side - 1, 0, 0, side - 1, 0, 0])
}

/// A frame of an animation at twice `at`, with a side of `side` pixels.
fn frame(at: u8, side: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [
        at,
        0,
        0,
        at,
        0,
        0,
        side - 1,
        0,
        0,
        side - 1,
        0,
        0,
        100,
        0,
        0,
        0,
    ];
    chunk(b"ANMF", &[&header[..], &chunks.concat()].concat())
}
