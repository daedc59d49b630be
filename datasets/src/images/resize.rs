//! Resizing of pictures with anti-aliasing.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, PixelType, ResizeAlg, ResizeOptions, Resizer};
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

/// Resizes interleaved pixels, of one channel (`PixelType::U8`) or of three (`PixelType::U8x3`).
pub(crate) fn resize(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    kind: PixelType,
    filter: Filter,
) -> Result<Vec<u8>> {
    let resized = match kind {
        PixelType::U8 => resize_typed::<U8>(pixels, from, to, filter),
        PixelType::U8x3 => resize_typed::<U8x3>(pixels, from, to, filter),
        other => Err(format!("pixels of type {other:?} are not supported")),
    };
    resized.map_err(|reason| Error::Resize {
        width: from.0,
        height: from.1,
        reason,
    })
}

/// Resizes pixels of type `P`. The untyped `Resizer::resize` would compile the code of all 13 pixel types into this crate.
fn resize_typed<P: PixelTrait>(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    filter: Filter,
) -> std::result::Result<Vec<u8>, String> {
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, pixels)
        .map_err(|error| error.to_string())?;
    let mut resized = vec![0; to.0 as usize * to.1 as usize * P::size()];
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, &mut resized)
        .map_err(|error| error.to_string())?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter.kernel()));
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|error| error.to_string())?;
    Ok(resized)
}
