//! Grey pictures from which a digit is cut. The first byte is the width.

#![no_main]

use datasets::images::mnist;
use image::GrayImage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&width, pixels)) = input.split_first() else {
        return;
    };
    let height = pixels.len() / usize::from(width).max(1);
    let pixels = pixels[..height * usize::from(width)].to_vec();
    if let Some(picture) = GrayImage::from_raw(width.into(), height as u32, pixels) {
        let _ = mnist::preprocessing().apply(&picture.into());
    }
});
