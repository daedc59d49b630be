//! The unit of samples.

/// Maximum absolute value, in microvolts: neither a brain nor an amplifier reaches more.
pub(super) const MAX_MICROVOLTS: f32 = 1e6;

/// What a sample is, in messages.
pub(super) const MICROVOLTS: &str = "a number of microvolts";
