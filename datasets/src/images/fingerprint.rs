//! The fingerprint of a picture: 4 KB that suffice to find its duplicates.

use fast_image_resize::PixelType;
use image::DynamicImage;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::images::decode::flatten;
use crate::images::resize::{Filter, resize};

/// Width and height of the thumbnail, in pixels.
pub(crate) const SIDE: usize = 64;

/// The size, pixel hash and thumbnail of a picture, by which its duplicates are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Width of the picture, in pixels.
    pub width: u32,
    /// Height of the picture, in pixels.
    pub height: u32,
    /// SHA-256 of the size and the decoded pixels. A grey picture stored in colour counts as grey.
    pub pixels: [u8; 32],
    /// The picture in grey, stretched to 64x64 pixels, row by row.
    pub thumbnail: Vec<u8>,
}

impl Fingerprint {
    /// Computes the fingerprint of a picture.
    ///
    /// # Errors
    /// [`Error::Resize`](crate::Error::Resize) for a picture without pixels.
    pub fn new(picture: &DynamicImage) -> Result<Self> {
        let flat = match picture {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => None,
            other => Some(flatten(other.clone())),
        };
        let picture = flat.as_ref().unwrap_or(picture);
        let size = (picture.width(), picture.height());
        let (grey, pixels) = match picture {
            DynamicImage::ImageLuma8(grey) => (None, digest(size, grey.as_raw())),
            colour => {
                let grey = colour.to_luma8();
                let bytes = colour.as_bytes();
                let is_grey = bytes.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]);
                let pixels = if is_grey { grey.as_raw() } else { bytes };
                let digest = digest(size, pixels);
                (Some(grey), digest)
            }
        };
        let grey = grey
            .as_ref()
            .map_or(picture.as_bytes(), |grey| grey.as_raw());
        let side = SIDE as u32;
        Ok(Self {
            width: size.0,
            height: size.1,
            pixels,
            thumbnail: resize(grey, size, (side, side), PixelType::U8, Filter::Bilinear)?,
        })
    }
}

fn digest((width, height): (u32, u32), pixels: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(width.to_le_bytes());
    hasher.update(height.to_le_bytes());
    hasher.update(pixels);
    hasher.finalize().into()
}
