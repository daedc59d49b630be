//! Resampling of pixels.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The kernel of the resampling. Each widens with the factor of reduction, so none aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// The mean over the area.
    Box,
    /// A triangle.
    Bilinear,
    /// A cubic that sharpens a little.
    CatmullRom,
    /// A windowed sinc, sharpest.
    Lanczos3,
}

impl Filter {
    fn kernel(self) -> FilterType {
        match self {
            Self::Box => FilterType::Box,
            Self::Bilinear => FilterType::Bilinear,
            Self::CatmullRom => FilterType::CatmullRom,
            Self::Lanczos3 => FilterType::Lanczos3,
        }
    }
}

/// Resizes interleaved pixels, with the kernel widened to the reduction (anti-aliased).
pub(crate) fn resize(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    kind: PixelType,
    filter: Filter,
) -> Result<Vec<u8>> {
    let failed = |reason: String| Error::Resize {
        width: from.0,
        height: from.1,
        reason,
    };
    let source =
        ImageRef::new(from.0, from.1, pixels, kind).map_err(|error| failed(error.to_string()))?;
    let mut target = Image::new(to.0, to.1, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter.kernel()));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|error| failed(error.to_string()))?;
    Ok(target.into_vec())
}
