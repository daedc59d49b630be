//! Small pictures of every kind.
//!
//! - `encoded`: JPEG, PNG, GIF and digits, by encoders
//! - `tiff`, `bmp`, `webp`: kinds for which there is no encoder, written here

mod bmp;
mod encoded;
mod tiff;
mod webp;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};

use super::Seeds;

/// Returns the inputs of all targets that read pictures.
pub fn all() -> Vec<Seeds> {
    vec![
        Seeds::new("jpeg", encoded::jpegs()),
        Seeds::new("png", encoded::pngs()),
        Seeds::new("gif", encoded::gifs()),
        Seeds::new("digit", encoded::digits()),
        Seeds::new("tiff", tiff::all()),
        Seeds::new("bmp", bmp::all()),
        Seeds::new("webp", webp::all()),
    ]
}

/// A PNG of four pixels.
pub fn tiny() -> Vec<u8> {
    encode(&colours(2, 2).into(), ImageFormat::Png)
}

/// A picture whose colours change from pixel to pixel.
fn colours(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([40, 90, 7].map(|step| (x * step + y * 31) as u8))
    })
}

/// The same with an opacity.
fn with_opacity(width: u32, height: u32) -> RgbaImage {
    DynamicImage::from(colours(width, height)).into_rgba8()
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("an encoder");
    bytes.into_inner()
}
