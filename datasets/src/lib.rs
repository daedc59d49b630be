//! Reading, checking, splitting and batching data, with no knowledge of networks.
//!
//! An [`ImageSet`] comes from the MNIST files ([`images::mnist`]) or from folders of pictures
//! ([`images::folder`]). Its pictures went through one [`ImagePreprocessing`], the value that is stored in a
//! model's file and used again when the model answers. A [`Split`] divides the set, and
//! [`images::batch::loader`] turns a part of it into Burn batches. Sentences with their translations are in [`text`],
//! sentences with their parses in [`trees`].

pub mod batch;
pub mod dataset;
pub mod duplicates;
mod error;
pub mod fetch;
pub mod hash;
pub mod images;
mod preprocessing;
mod progress;
pub mod signals;
pub mod split;
pub mod synthetic;
pub mod text;
pub mod trees;

pub use batch::{ImageBatch, Labels};
pub use dataset::{Dataset, Metadata, Official, Origin, Skipped};
pub use error::{Error, Result};
pub use images::{
    Augmentation, Channels, Filter, Fit, FolderOptions, ImagePreprocessing, ImageSet, ImageSource,
    Noise, ReconstructionBatch, Scaling,
};
pub use preprocessing::Preprocessing;
pub use signals::{SignalPreprocessing, SignalSet};
pub use split::{Split, SplitKind};
pub use text::{Forcing, Languages, PairBatch, PairSet, PairTokens, Vocabulary};
pub use trees::{Grain, Tree, TreeBatch, TreePreprocessing, TreeSet};
