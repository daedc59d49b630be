//! Pictures: reading, preparing, altering and batching them.

mod augment;
pub mod batch;
mod decode;
mod digit;
mod fingerprint;
pub mod folder;
pub mod mnist;
mod noise;
mod preprocessing;
mod resize;
mod set;
mod statistics;

pub use augment::Augmentation;
pub use batch::ReconstructionBatch;
pub use decode::{decode, decode_bytes};
pub use fingerprint::{FINGERPRINT_SIDE, Fingerprint};
pub use folder::FolderOptions;
pub use noise::Noise;
pub use preprocessing::{Channels, Fit, ImagePreprocessing, ImageSource, MAX_SIDE, Scaling};
pub use resize::Filter;
pub(crate) use resize::resize;
pub use set::ImageSet;
pub use statistics::{STATISTICS, statistics};
