//! Pictures of 8 bits without transparency.

use image::{DynamicImage, GrayImage, RgbImage};

use super::layers::{Decoded, Layers};
use super::range;

/// A picture that is nowhere as opaque as this is taken for a mistake of the program that saved it.
const MIN_OPACITY: u8 = 32;

/// A picture that is nowhere as light as this on black is dark ink on a transparent ground.
const MIN_LIGHT: u8 = 32;

impl Layers {
    /// Stretches narrow ranges, and lays transparent pixels on black, or on white if the rest is dark.
    ///
    /// # Errors
    /// If the picture is wholly transparent, so that nothing would be left.
    pub fn flatten(mut self) -> Result<Decoded, String> {
        self.notices.extend(range::widen(&mut self.picture));
        let alpha = alpha(&self.picture);
        let most = alpha.as_ref().and_then(|alpha| alpha.iter().copied().max());
        if most.is_some_and(|most| most < MIN_OPACITY) {
            return Err(
                "wholly transparent: laid on black, nothing of it is left; save it without transparency".into(),
            );
        }
        let picture = if self.is_premultiplied {
            opaque(self.picture)
        } else {
            flatten(self.picture)
        };
        let picture = match &alpha {
            Some(alpha) if picture.as_bytes().iter().all(|&value| value < MIN_LIGHT) => {
                self.notices
                    .push("dark on a transparent ground: laid on white".into());
                on_white(picture, alpha)
            }
            _ => picture,
        };
        Ok(Decoded {
            picture,
            alpha,
            notices: self.notices,
        })
    }
}

/// Returns the opacity of each pixel, unless all are opaque.
fn alpha(picture: &DynamicImage) -> Option<GrayImage> {
    if !picture.color().has_alpha() {
        return None;
    }
    let (width, height) = (picture.width(), picture.height());
    let values: Vec<u8> = match picture {
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels().map(|pixel| pixel.0[1]).collect(),
        DynamicImage::ImageRgba8(pixels) => pixels.pixels().map(|pixel| pixel.0[3]).collect(),
        other => other
            .to_luma_alpha8()
            .pixels()
            .map(|pixel| pixel.0[1])
            .collect(),
    };
    if values.iter().all(|&value| value == 255) {
        return None;
    }
    GrayImage::from_raw(width, height, values)
}

/// Converts a picture to 8 bits without transparency: `ImageLuma8` if it is grey, else `ImageRgb8`. Transparent pixels
/// become black.
pub fn flatten(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
            let layered = picture.into_luma_alpha8();
            let (width, height) = layered.dimensions();
            GrayImage::from_fn(width, height, |x, y| {
                let [luma, alpha] = layered.get_pixel(x, y).0;
                [on_black(luma, alpha)].into()
            })
            .into()
        }
        other if other.color().has_alpha() => {
            let layered = other.into_rgba8();
            let (width, height) = layered.dimensions();
            RgbImage::from_fn(width, height, |x, y| {
                let [red, green, blue, alpha] = layered.get_pixel(x, y).0;
                [red, green, blue]
                    .map(|value| on_black(value, alpha))
                    .into()
            })
            .into()
        }
        other => opaque(other),
    }
}

/// Converts a picture to 8 bits and drops its transparency.
fn opaque(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
        grey if !grey.color().has_color() => grey.into_luma8().into(),
        colour => colour.into_rgb8().into(),
    }
}

/// Lays a picture on white that was laid on black.
fn on_white(mut picture: DynamicImage, alpha: &GrayImage) -> DynamicImage {
    let channels = usize::from(picture.color().channel_count());
    let lighten = |values: &mut [u8]| {
        for (pixel, &opacity) in values.chunks_exact_mut(channels).zip(alpha.as_raw()) {
            for value in pixel {
                *value = value.saturating_add(255 - opacity);
            }
        }
    };
    match &mut picture {
        DynamicImage::ImageLuma8(pixels) => lighten(pixels),
        DynamicImage::ImageRgb8(pixels) => lighten(pixels),
        _ => {}
    }
    picture
}

/// Composes a value of some opacity on black.
fn on_black(value: u8, alpha: u8) -> u8 {
    ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8
}
