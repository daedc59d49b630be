//! An SVG rendered to pixels.

use image::RgbaImage;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use crate::error::FigureError;
use crate::fonts::Fonts;

/// Pixels of the PNG per pixel of the SVG: screens of a high density show two.
pub(crate) const PNG_SCALE: u32 = 2;

/// Renders an SVG as the bytes of a PNG file, at twice its size.
///
/// Text in characters that Roboto lacks is rendered with the fonts of the system, or else transliterated.
///
/// # Errors
/// When the SVG is malformed, or cannot be encoded.
pub fn png(svg: &str) -> Result<Vec<u8>, FigureError> {
    let picture = render(svg, Fonts::of(svg), PNG_SCALE as f32)?;
    let encoded = picture.encode_png();
    encoded.map_err(|error| FigureError::Encode(error.to_string()))
}

/// Renders an SVG to pixels at `scale` times its size, for pictures to be laid on it.
///
/// The ground must be opaque, as that of [`svg`](crate::canvas::svg) is.
///
/// # Errors
/// When the SVG is malformed.
pub(crate) fn pixels(svg: &str, scale: f32) -> Result<RgbaImage, FigureError> {
    let pixmap = render(svg, Fonts::of(svg), scale)?;
    // On an opaque ground premultiplied colours are plain colours.
    RgbaImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec())
        .ok_or(FigureError::Size)
}

fn render(svg: &str, fonts: &Fonts, scale: f32) -> Result<Pixmap, FigureError> {
    let tree = Tree::from_str(&fonts.legible(svg), &fonts.options())?;
    let size = tree.size().to_int_size();
    let [width, height] =
        [size.width(), size.height()].map(|side| (side as f32 * scale).ceil() as u32);
    let mut pixmap = Pixmap::new(width, height).ok_or(FigureError::Size)?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    Ok(pixmap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::svg;
    use crate::style::{INK, LABEL_SIZE, text_style};
    use plotters::style::text_anchor::{HPos, VPos};

    #[test]
    fn the_png_has_twice_the_size_of_the_svg() {
        let svg = svg((60, 40), |area| {
            let style = text_style(LABEL_SIZE, INK, HPos::Left, VPos::Top);
            area.draw_text("<a & b> é", &style, (4, 4))?;
            Ok(())
        })
        .unwrap();
        assert!(svg.contains("&lt;a &amp; b&gt; é"), "{svg}");
        let png = image::load_from_memory(&png(&svg).unwrap())
            .unwrap()
            .to_luma8();
        assert_eq!(png.dimensions(), (120, 80));
        // There is ink where the text is, and none below it.
        let dark = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..120).map(move |x| (x, y)))
                .filter(|(x, y)| png.get_pixel(*x, *y).0[0] < 128)
                .count()
        };
        assert!(dark(0..40) > 50);
        assert_eq!(dark(48..80), 0);
    }

    #[test]
    fn names_in_any_script_leave_ink() {
        for name in ["正常", "सामान्य", "طبيعي", "\u{e000}"] {
            let svg = svg((200, 40), |area| {
                let style = text_style(LABEL_SIZE, INK, HPos::Left, VPos::Top);
                Ok(area.draw_text(name, &style, (4, 4))?)
            })
            .unwrap();
            // The SVG keeps the name, which a browser has fonts for.
            assert!(svg.contains(name), "{svg}");
            // On a machine with fonts of its own, and on one without.
            for fonts in [Fonts::of(&svg), &Fonts::bundled()] {
                let pixels = render(&svg, fonts, 2.0).unwrap();
                let dark = pixels.pixels().iter().filter(|pixel| pixel.red() < 128);
                assert!(dark.count() > 50, "{name} is blank");
            }
        }
    }

    #[test]
    fn malformed_and_empty_figures_are_errors() {
        let malformed = pixels("<svg", 1.0).unwrap_err();
        assert_eq!(
            malformed.to_string(),
            "a figure cannot be turned into pixels"
        );
        let svg = svg((60, 40), |_| Ok(())).unwrap();
        assert_eq!(
            pixels(&svg, 0.0).unwrap_err().to_string(),
            "a figure has no pixels"
        );
    }
}
