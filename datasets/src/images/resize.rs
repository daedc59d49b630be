//! Resizing of pictures with anti-aliasing.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A resampling kernel. All kernels widen with the factor of reduction, so that none aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Mean over the area.
    Box,
    /// Triangle.
    Bilinear,
    /// Cubic that sharpens a little.
    CatmullRom,
    /// Windowed sinc, the sharpest.
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

/// Resizes interleaved pixels.
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
