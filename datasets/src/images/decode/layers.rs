//! A picture as its file holds it, and as the rest of Hebb sees it.

use image::{DynamicImage, GrayImage};

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The pixels: `ImageLuma8` or `ImageRgb8`, turned by the file's orientation, with palettes resolved and transparent
    /// pixels laid on black, or on white if the rest is dark.
    pub picture: DynamicImage,
    /// Opacity of each pixel, if some are not opaque. Laid on white, a value is `value + 255 - opacity`.
    pub alpha: Option<GrayImage>,
    /// What the user should know: which page was read, or that the range of values was stretched.
    pub notices: Vec<String>,
}

/// A picture as its file holds it, with transparency and up to 16 bits.
pub(super) struct Layers {
    pub picture: DynamicImage,
    /// Whether the colours are multiplied by the opacity already.
    pub is_premultiplied: bool,
    pub notices: Vec<String>,
}

impl From<DynamicImage> for Layers {
    fn from(picture: DynamicImage) -> Self {
        Self {
            picture,
            is_premultiplied: false,
            notices: Vec::new(),
        }
    }
}
