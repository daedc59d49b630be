//! The error of a network that cannot be built, and the checks that return it.

/// A network that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// A size out of bounds.
    #[error("{what} is {value}: give a number from {min} to {max}")]
    OutOfBounds {
        /// Which size, and of which layer.
        what: String,
        /// What it is.
        value: usize,
        /// The smallest that is taken.
        min: usize,
        /// The largest that is taken.
        max: usize,
    },
    /// A number that is no number, or out of its range.
    #[error("{what} is {value}: give a number {range}")]
    BadNumber {
        /// Which number.
        what: String,
        /// What it is.
        value: f64,
        /// What is taken.
        range: &'static str,
    },
    /// Something was chosen that is no choice.
    #[error("{choice}: {reason}")]
    NoChoice {
        /// What was chosen.
        choice: String,
        /// Why that cannot be, and what to do.
        reason: String,
    },
    /// A layer whose window is larger than what reaches it.
    #[error(
        "{layer} needs at least {needed} x {needed} values, but {height} x {width} reach it: \
         use larger pictures or fewer layers"
    )]
    TooSmall {
        /// The layer.
        layer: String,
        /// Its window.
        needed: usize,
        /// The height of the maps that reach it.
        height: usize,
        /// The width of the maps that reach it.
        width: usize,
    },
    /// A side that cannot be halved as often as the network does.
    #[error("{what} is {value}, which cannot be halved {halvings} times: give a multiple of {}, or fewer layers", 1_u128 << (*halvings).min(100))]
    Indivisible {
        /// Which side.
        what: String,
        /// What it is.
        value: usize,
        /// How often it is halved.
        halvings: usize,
    },
    /// A layer in a place where it cannot be.
    #[error("{layer} cannot follow here: {reason}")]
    Misplaced {
        /// The layer.
        layer: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
}

/// Refuses a share of values to be zeroed that leaves none, or is no share.
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

/// Refuses a size outside of `bounds`.
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
