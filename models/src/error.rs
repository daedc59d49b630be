//! The error of a network that cannot be built, and the checks that return it.

/// Error of a configuration that no network can be built from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// A size is out of bounds.
    #[error("{what} is {value}: give a number from {min} to {max}")]
    OutOfBounds {
        /// The size, and the layer that it belongs to.
        what: String,
        /// Its value.
        value: usize,
        /// Smallest valid value.
        min: usize,
        /// Largest valid value.
        max: usize,
    },
    /// A number is NaN, infinite or out of range.
    #[error("{what} is {value}: give a number {range}")]
    BadNumber {
        /// The number.
        what: String,
        /// Its value.
        value: f64,
        /// The valid range, as the message puts it.
        range: &'static str,
    },
    /// An option does not apply to the network.
    #[error("{choice}: {reason}")]
    NoChoice {
        /// The option.
        choice: String,
        /// Why it does not apply, and what to do.
        reason: String,
    },
    /// The window of a layer is larger than its input.
    #[error(
        "{layer} needs at least {needed} x {needed} values, but {height} x {width} reach it: \
         use larger pictures or fewer layers"
    )]
    TooSmall {
        /// The layer.
        layer: String,
        /// Side of its window.
        needed: usize,
        /// Height of its input.
        height: usize,
        /// Width of its input.
        width: usize,
    },
    /// A side cannot be halved as often as the network does.
    #[error("{what} is {value}, which cannot be halved {halvings} times: give a multiple of {}, or fewer layers", 1_u128 << (*halvings).min(100))]
    Indivisible {
        /// The side.
        what: String,
        /// Its length.
        value: usize,
        /// Number of halvings.
        halvings: usize,
    },
    /// A layer cannot follow the one before it.
    #[error("{layer} cannot follow here: {reason}")]
    Misplaced {
        /// The layer.
        layer: String,
        /// Why it cannot, and what to do.
        reason: &'static str,
    },
}

/// Checks a dropout rate, which lies in `[0, 1)`.
pub(crate) fn check_dropout(
    what: impl FnOnce() -> String,
    rate: f64,
) -> Result<(), ArchitectureError> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(ArchitectureError::BadNumber {
        what: what(),
        value: rate,
        range: "from 0 up to, but not including, 1",
    })
}

/// Checks that a size lies within `bounds`.
pub(crate) fn check_size(
    what: impl FnOnce() -> String,
    value: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<(), ArchitectureError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(ArchitectureError::OutOfBounds {
        what: what(),
        value,
        min: *bounds.start(),
        max: *bounds.end(),
    })
}
