//! Colours, text sizes and text styles of every figure.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, IntoFont, RGBColor, TextStyle, WHITE};

/// Colours of series.
///
/// The first six are Okabe and Ito's (2008, Color Universal Design) without yellow and black, the seventh is a grey. The
/// others are dark blue and sand from Tol's muted scheme (2021, Colour Schemes, technical note SRON/EPS/TN/09-002) and a
/// brown. They were chosen such that adding them leaves the smallest distance of two colours in CIELAB unchanged: 26 for
/// full colour vision, 21 for protanopia, 18 for deuteranopia (simulated as by Machado, Oliveira and Fernandes, 2009).
pub(crate) const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
    RGBColor(51, 34, 136),
    RGBColor(221, 204, 119),
    RGBColor(102, 17, 0),
];

/// Colour of text.
pub(crate) const INK: RGBColor = RGBColor(38, 38, 38);

/// Colour of axes, reference lines and series in the background.
pub(crate) const MUTED: RGBColor = RGBColor(150, 150, 150);

/// Colour of a warning.
const ALERT: RGBColor = RGBColor(200, 30, 30);

/// Colour of recorded lines and of spikes.
pub(crate) const LINE: RGBColor = RGBColor(40, 60, 90);

/// Size of titles, in pixels.
pub(crate) const TITLE_SIZE: u32 = 15;

/// Size of the words of a sentence, in pixels.
pub(crate) const WORD_SIZE: u32 = 13;

/// Size of text at axes and in legends, in pixels.
pub(crate) const LABEL_SIZE: u32 = 12;

/// Size of captions and of other text beside data, in pixels.
pub(crate) const CAPTION_SIZE: u32 = 10;

/// Font size of plotters over the size that it writes into an SVG.
const PLOTTERS_SIZE: f64 = 1.24;

/// Role of a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text.
    #[default]
    Ink,
    /// What is in the background.
    Muted,
    /// A warning.
    Alert,
    /// A series by its number; see [`Series`](crate::Series).
    Series(usize),
}

impl Colour {
    pub(crate) fn rgb(self) -> RGBColor {
        match self {
            Self::Ink => INK,
            Self::Muted => MUTED,
            Self::Alert => ALERT,
            Self::Series(number) => COLOURS[number % COLOURS.len()],
        }
    }
}

/// Returns the colour of text on a ground: white if the ground is dark.
pub(crate) fn text_on(ground: RGBColor) -> RGBColor {
    let [red, green, blue] = [ground.0, ground.1, ground.2].map(f64::from);
    // Luma of Rec. 601. At 155, vermillion, green and pink have white text, orange and sky blue black text.
    let is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 155.0;
    if is_dark { WHITE } else { INK }
}

/// Returns the length of a line's dashes in pixels, `None` for a solid line.
///
/// Each cycle through [`COLOURS`] has dashes of its own, so that no two series of a legend look alike.
pub(crate) fn dash(series: usize) -> Option<i32> {
    let cycle = series / COLOURS.len();
    (cycle > 0).then(|| 6 * cycle as i32 - 2)
}

/// Returns the style of text of `size` pixels, whose anchor is at `horizontal` and `vertical` of the text.
pub(crate) fn text_style(
    size: u32,
    colour: RGBColor,
    horizontal: HPos,
    vertical: VPos,
) -> TextStyle<'static> {
    TextStyle {
        font: (FontFamily::SansSerif, PLOTTERS_SIZE * f64::from(size)).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(horizontal, vertical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_series_look_alike() {
        let look = |number: usize| (Colour::Series(number).rgb(), dash(number));
        for one in 0..60 {
            assert!((0..one).all(|other| look(one) != look(other)), "{one}");
        }
        // Ten classes differ by colour alone.
        assert!((0..10).all(|number| dash(number).is_none()));
    }
}
