//! SVG written element by element, for figures at fractions of pixels.

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::text::escape_xml;

/// Where text stands relative to its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG that elements are appended to.
pub(crate) struct Markup(pub(crate) String);

impl Markup {
    /// Begins a document with a white ground.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Roboto, sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        ))
    }

    /// Appends text; `more` are further attributes.
    pub(crate) fn text(
        &mut self,
        (x, y): (f64, f64),
        (size, colour): (u32, RGBColor),
        anchor: Anchor,
        text: &str,
        more: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (text, colour) = (escape_xml(text), hex(colour));
        self.element(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{more}>{text}</text>"
        ));
    }

    /// Appends an element.
    pub(crate) fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{element}");
    }

    /// Ends the document.
    pub(crate) fn finish(self) -> String {
        self.0 + "</svg>\n"
    }
}

/// Writes a colour as SVG has it.
pub(crate) fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
