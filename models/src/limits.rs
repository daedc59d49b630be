//! Upper bounds on the sizes of a network.

/// Bounds on what is built. They are far above every network here and keep a damaged or hostile
/// model file from asking for all of the memory.
pub(crate) const MAX_LAYERS: usize = 256;
pub(crate) const MAX_SIDE: usize = 4096;
pub(crate) const MAX_CHANNELS: usize = 4096;
pub(crate) const MAX_UNITS: usize = 1 << 20;
pub(crate) const MAX_WINDOW: usize = 31;
/// Values of one layer for one picture: 512 MiB.
pub(crate) const MAX_VALUES: usize = 1 << 27;
/// Trainable numbers: 1 GiB.
pub(crate) const MAX_PARAMETERS: usize = 1 << 28;
