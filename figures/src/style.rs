//! Colours, text sizes and text styles of every figure.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, IntoFont, RGBColor, TextStyle};

/// Colours of series, distinguishable by colour-blind readers (Okabe and Ito 2008, Color Universal Design).
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// Colour of text.
pub const INK: RGBColor = RGBColor(38, 38, 38);

/// Colour of axes, reference lines and series in the background.
pub const MUTED: RGBColor = RGBColor(150, 150, 150);

/// Colour of recorded lines and of spikes.
pub const LINE: RGBColor = RGBColor(40, 60, 90);

/// Size of a title's text, in pixels.
pub const TITLE_SIZE: u32 = 18;

/// Size of text at axes and in legends, in pixels.
pub const LABEL_SIZE: u32 = 14;

/// Returns the style of text of `size` pixels, whose anchor is at `horizontal` and `vertical` of the text.
pub fn text_style(
    size: u32,
    colour: RGBColor,
    horizontal: HPos,
    vertical: VPos,
) -> TextStyle<'static> {
    TextStyle {
        font: (FontFamily::SansSerif, f64::from(size)).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(horizontal, vertical),
    }
}
