//! Contact sheets: pictures placed on a drawing.

use std::fmt::Write;
use std::io::Cursor;

use anyhow::{Context, Result};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat};

use super::figure;
use crate::run_folder::RunFolder;

/// Pixels of the PNG per pixel of the drawing.
pub const SCALE: u32 = 2;

/// A picture on a drawing.
pub struct Placed {
    /// Upper left corner, in pixels of the drawing.
    pub corner: (u32, u32),
    /// Longer side, in pixels of the drawing.
    pub side: u32,
    /// Picture to be placed.
    pub picture: DynamicImage,
}

/// Writes `<name>.svg`, with the pictures embedded at their own resolution, and `<name>.png`.
///
/// # Errors
/// When drawing or the disk fails.
pub fn write(folder: &RunFolder, name: &str, svg: &str, pictures: &[Placed]) -> Result<()> {
    folder.write(&format!("{name}.svg"), with_pictures(svg, pictures)?)?;
    folder.write(&format!("{name}.png"), png(svg, pictures)?)
}

/// Renders the drawing with its pictures as PNG; their pixels are enlarged without smoothing.
///
/// # Errors
/// When drawing fails.
pub fn png(svg: &str, pictures: &[Placed]) -> Result<Vec<u8>> {
    let mut sheet = figure::pixels(svg, SCALE as f32)?;
    for placed in pictures {
        let side = placed.side * SCALE;
        let picture = placed.picture.resize(side, side, FilterType::Nearest);
        let (left, top) = placed.corner;
        let corner = [left, top].map(|place| i64::from(place * SCALE));
        imageops::replace(&mut sheet, &picture.into_rgba8(), corner[0], corner[1]);
    }
    encoded(&DynamicImage::from(DynamicImage::from(sheet).into_rgb8()))
}

/// Returns the SVG with each picture embedded as a PNG in base 64.
fn with_pictures(svg: &str, pictures: &[Placed]) -> Result<String> {
    let (drawing, end) = svg.rsplit_once("</svg>").context("a drawing has no end")?;
    let mut embedded = drawing.to_owned();
    for Placed {
        corner: (left, top),
        side,
        picture,
    } in pictures
    {
        let longer = picture.width().max(picture.height()).max(1);
        let [width, height] =
            [picture.width(), picture.height()].map(|length| length * side / longer);
        let data = base64(&encoded(picture)?);
        // Writing to a String cannot fail.
        let _ = writeln!(
            embedded,
            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>"
        );
    }
    Ok(embedded + "</svg>" + end)
}

fn encoded(picture: &DynamicImage) -> Result<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// Encodes bytes in base 64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, place| {
            bits << 8 | u32::from(group.get(place).copied().unwrap_or(0))
        });
        for letter in 0..4 {
            if letter > group.len() {
                text.push('=');
            } else {
                text.push(char::from(
                    ALPHABET[(bits >> (18 - 6 * letter) & 63) as usize],
                ));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::GrayImage;
    use plotters::style::text_anchor::{HPos, VPos};

    /// RFC 4648, section 10.
    #[test]
    fn base_64_agrees_with_the_test_vectors() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, encoded) in vectors {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn pictures_are_in_both_files() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(runs.path(), "hebb").unwrap();
        let svg = figure::svg((40, 30), |area| {
            let style = figure::text_style(10, figure::INK, HPos::Left, VPos::Top);
            Ok(area.draw_text("x", &style, (1, 1))?)
        })
        .unwrap();
        let picture = GrayImage::from_raw(2, 1, vec![0, 200]).unwrap();
        let placed = Placed {
            corner: (10, 20),
            side: 8,
            picture: picture.into(),
        };
        write(&folder, "sheet", &svg, &[placed]).unwrap();
        let read = std::fs::read_to_string(folder.file("sheet.svg")).unwrap();
        assert!(read.contains("width=\"8\" height=\"4\"") && read.contains("base64,iVBORw0"));
        assert!(read.trim_end().ends_with("</svg>"));
        let png = image::open(folder.file("sheet.png")).unwrap().to_luma8();
        let at = |x: u32, y: u32| png.get_pixel(x * SCALE, y * SCALE).0[0];
        assert_eq!((at(10, 20), at(14, 20), at(18, 20)), (0, 200, 255));
    }
}
