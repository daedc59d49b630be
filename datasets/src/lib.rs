//! Reading, checking, splitting and batching data, with no knowledge of networks.
//!
//! An [`ImageSet`] comes from the MNIST files ([`mnist`]) or from folders of pictures
//! ([`folder`]). Its pictures went through one [`Preprocess`], the value that is stored in a
//! model's file and used again when the model answers. A [`Split`] divides the set, and
//! [`batch::loader`] turns a part of it into Burn batches.

pub mod appearance;
pub mod augment;
pub mod batch;
mod digit;
pub mod duplicates;
pub mod error;
pub mod fetch;
pub mod folder;
pub mod image_set;
pub mod mnist;
pub mod noise;
pub mod picture;
pub mod preprocess;
mod progress;
pub mod split;
pub mod synthetic;

pub use augment::Augmentation;
pub use batch::{ImageBatch, Labels, ReconstructionBatch};
pub use error::{Error, Result};
pub use folder::FolderOptions;
pub use image_set::{ImageSet, Official, Origin, Skipped};
pub use noise::Noise;
pub use preprocess::{Channels, Filter, Fit, Preprocess, Scaling, Source};
pub use split::{Split, SplitKind};
