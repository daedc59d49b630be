//! Vectors that are allocated without being cleared first. Clearing the outputs took a tenth of a training step of
//! `brain-tumor-cnn`, on one thread.

use std::mem::MaybeUninit;

/// Returns a vector of `length` values that `write` initialises.
///
/// # Safety
/// `write` must initialise every element.
#[allow(unsafe_code)]
pub(crate) unsafe fn vec<T: Copy>(
    length: usize,
    write: impl FnOnce(&mut [MaybeUninit<T>]),
) -> Vec<T> {
    let mut values = Vec::with_capacity(length);
    let buffer = &mut values.spare_capacity_mut()[..length];
    if cfg!(all(test, not(miri))) {
        // A NaN or a place that does not exist, where a test would otherwise find what an earlier run left.
        // SAFETY: the pointer and the length are those of a slice; it may hold any bytes.
        unsafe { std::ptr::write_bytes(buffer.as_mut_ptr(), 0xFF, length) };
    }
    write(buffer);
    // SAFETY: the capacity is at least `length`, and the caller promises that all of it is initialised.
    unsafe { values.set_len(length) };
    values
}
