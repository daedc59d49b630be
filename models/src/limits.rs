//! Upper bounds on the sizes of a network.
//!
//! They lie far above every network of Hebb, and keep a damaged or hostile model file from exhausting the memory.

/// Layers of one list.
pub(crate) const MAX_LAYERS: usize = 256;

/// Height and width of an image, a map or a signal.
pub(crate) const MAX_SIDE: usize = 4096;

/// Channels of an image or of feature maps.
pub(crate) const MAX_CHANNELS: usize = 4096;

/// Units of a dense or recurrent layer.
pub(crate) const MAX_UNITS: usize = 1 << 20;

/// Side of the window of a convolution or of max-pooling.
pub(crate) const MAX_WINDOW: usize = 31;

/// Values between two layers for one example: 512 MiB.
pub(crate) const MAX_VALUES: usize = 1 << 27;

/// Parameters of a network: 1 GiB.
pub(crate) const MAX_PARAMETERS: usize = 1 << 28;
