//! BMPs with palettes, run lengths and masks, for which there is no encoder, beside those of the crate `image`.

use image::{DynamicImage, ImageFormat};

use super::{colours, encode, with_opacity};

/// Every kind that is read.
pub fn all() -> Vec<Vec<u8>> {
    let pixels = |len: usize| (0..len).map(|at| (at * 31) as u8).collect::<Vec<_>>();
    // Runs, literal pixels, ends of lines and a jump.
    let runs = b"\x03\x05\x02\x01\0\0\0\x04\x01\x02\x03\x04\0\x02\x01\x01\x02\x07\0\x01";
    let narrow = b"\x03\x55\x02\x12\0\0\0\x04\x12\x34\0\0\0\x02\x01\x01\x02\x77\0\x01";
    let masks = [0xF800u32, 0x07E0, 0x001F];
    let masks: Vec<u8> = masks.iter().flat_map(|mask| mask.to_le_bytes()).collect();
    vec![
        encode(&colours(7, 5).into(), ImageFormat::Bmp),
        encode(&with_opacity(7, 5).into(), ImageFormat::Bmp),
        encode(
            &DynamicImage::from(colours(7, 5)).into_luma8().into(),
            ImageFormat::Bmp,
        ),
        file([7, 5], 1, 0, 2, &[], &pixels(20)),
        file([7, 5], 4, 0, 16, &[], &pixels(20)),
        file([7, -5], 8, 0, 256, &[], &pixels(40)),
        file([7, 5], 8, 1, 256, &[], runs),
        file([7, 5], 4, 2, 16, &[], narrow),
        file([7, 5], 16, 0, 0, &[], &pixels(80)),
        file([7, 5], 16, 3, 0, &masks, &pixels(80)),
        file([7, 5], 32, 3, 0, &masks, &pixels(140)),
    ]
}

/// A file with a header of 40 bytes.
fn file(
    [width, height]: [i32; 2],
    bits: u16,
    compression: u32,
    colours: u32,
    masks: &[u8],
    pixels: &[u8],
) -> Vec<u8> {
    let palette: Vec<u8> = (0..colours)
        .flat_map(|colour| (colour * 997).to_le_bytes())
        .collect();
    let start = 54 + masks.len() + palette.len();
    let mut file = b"BM".to_vec();
    let mut number = |value: u32| file.extend(value.to_le_bytes());
    number((start + pixels.len()) as u32);
    number(0);
    number(start as u32);
    number(40);
    number(width as u32);
    number(height as u32);
    number(1 | u32::from(bits) << 16);
    number(compression);
    number(pixels.len() as u32);
    number(2835);
    number(2835);
    number(colours);
    number(0);
    [&file, masks, &palette, pixels].concat()
}
