//! The error type.

use resvg::usvg;

/// Why a figure could not be drawn or rendered.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// Plotters failed to draw the SVG.
    #[error("a figure cannot be drawn: {0}")]
    Draw(String),
    /// The SVG is malformed, or its size is not positive.
    #[error("a figure cannot be turned into pixels")]
    Parse(#[from] usvg::Error),
    /// The figure in pixels would be empty, or too large to allocate.
    #[error("a figure has no pixels")]
    Size,
    /// The pixels cannot be encoded.
    #[error("a figure cannot be encoded as PNG: {0}")]
    Encode(String),
}
