//! Why there is no digit in a picture.

use crate::error::Error;

/// Why there is no digit.
pub(super) struct Refusal {
    reason: String,
    /// Whether the ink is an area rather than strokes, and so may be paper.
    pub(super) is_area: bool,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::NotADigit {
            reason: refusal.reason,
        }
    }
}

/// Fails with a reason why there is no digit.
pub(super) fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        reason: reason.into(),
        is_area: false,
    })
}

/// Fails because the ink is an area.
pub(super) fn refuse_area<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        reason: reason.into(),
        is_area: true,
    })
}
