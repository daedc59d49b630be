//! Why a file cannot be read, in one line.

use image::error::LimitErrorKind;
use image::{ImageError, ImageFormat};

use super::limits::{too_large, too_wide};

/// Explains an error of the decoder in one line.
pub(super) fn explain(error: &ImageError, format: ImageFormat) -> String {
    let text = error.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => too_wide(),
            _ => too_large(),
        },
        ImageError::Unsupported(_) => {
            format!("{format:?} of a kind that cannot be read ({text}); save it as PNG")
        }
        _ => damaged(&format!("{format:?}"), &text),
    }
}

/// Returns the reason for refusing a damaged file.
pub(super) fn damaged(format: &str, what: &str) -> String {
    format!("truncated or damaged {format} ({what}); copy or save it again")
}
