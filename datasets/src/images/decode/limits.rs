//! Limits of one picture, and its part of the memory that all pictures share.

use std::cell::RefCell;

use super::budget::{PIXELS, Permit};

/// Maximum width and height of a picture that is decoded, in pixels.
pub(super) const MAX_SIDE: u64 = 16_384;
/// Maximum memory for a decoded picture, and for a file, in bytes.
pub(super) const MAX_BYTES: u64 = 512 << 20;

/// The limits, with the memory that was taken for the picture.
#[derive(Default)]
pub(super) struct Limits {
    permit: RefCell<Option<Permit<'static>>>,
}

impl Limits {
    /// Checks the size of a picture and takes memory for it.
    ///
    /// # Errors
    /// What is too large, and the remedy.
    pub fn check(&self, width: u64, height: u64, bytes_per_pixel: u64) -> Result<(), String> {
        if width.max(height) > MAX_SIDE {
            return Err(too_wide());
        }
        self.check_bytes(width.saturating_mul(height).saturating_mul(bytes_per_pixel))
    }

    /// Takes memory for `bytes` of pixels and for a copy of them.
    ///
    /// # Errors
    /// If they are too many.
    pub fn check_bytes(&self, bytes: u64) -> Result<(), String> {
        if bytes > MAX_BYTES {
            return Err(too_large());
        }
        let mut permit = self.permit.borrow_mut();
        if permit
            .as_ref()
            .is_none_or(|permit| permit.bytes() < 2 * bytes)
        {
            // Given back before more is taken, so that no thread waits while it holds a part.
            *permit = None;
            *permit = Some(PIXELS.take(2 * bytes).ok_or_else(too_large)?);
        }
        Ok(())
    }
}

pub(super) fn too_wide() -> String {
    format!("larger than {MAX_SIDE} pixels a side; make it smaller first")
}

pub(super) fn too_large() -> String {
    let limit = MAX_BYTES >> 20;
    format!("decoding takes more than {limit} MiB; make it smaller first")
}
