//! Pictures: decoding, preprocessing, augmentation and batches.
//!
//! - [`open`] and [`decode`] read a picture file; [`folder`] and [`mnist`] read data sets
//! - [`walk`](mod@walk) finds the files below a folder, [`own_files`] knows those that Hebb wrote
//! - [`ImagePreprocessing`] makes the input of a network; for handwritten digits it first extracts and centres the digit
//! - [`Augmentation`] and [`Noise`] alter training pictures
//! - [`batch`] makes batches for classification and for reconstruction
//! - [`Fingerprint`] identifies duplicates, [`statistics`] out-of-distribution pictures

mod augment;
pub mod batch;
mod classes;
mod decode;
mod digit;
mod entries;
mod fingerprint;
pub mod folder;
pub mod mnist;
mod noise;
pub mod own_files;
mod preprocessing;
mod resize;
mod set;
mod statistics;
pub mod walk;

pub use augment::Augmentation;
pub use batch::ReconstructionBatch;
pub use classes::{ClassChoice, Merge};
pub use decode::{Decoded, decode, decode_bytes, open, open_bytes};
pub use fingerprint::Fingerprint;
pub(crate) use fingerprint::SIDE as FINGERPRINT_SIDE;
pub use folder::FolderOptions;
pub use noise::Noise;
pub use preprocessing::{Channels, Fit, ImagePreprocessing, ImageSource, Scaling};
pub use resize::Filter;
pub(crate) use resize::resize;
pub use set::{Annotations, ImageSet};
pub use statistics::{STATISTICS, statistics};
