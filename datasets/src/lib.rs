//! Reading, checking, splitting and batching data, with no knowledge of networks.
//!
//! An [`ImageSet`] comes from the MNIST files ([`mnist`]) or from folders of pictures
//! ([`folder`]). Its pictures went through one [`Preprocess`], the value that is stored in a
//! model's file and used again when the model answers. A [`Split`] divides the set, and
//! [`batch::loader`] turns a part of it into Burn batches. Sentences with their translations are in [`text`],
//! sentences with their parses in [`trees`].

pub mod appearance;
pub mod augment;
pub mod batch;
mod digit;
pub mod duplicates;
pub mod eeg;
pub mod error;
pub mod examples;
pub mod fetch;
pub mod folder;
pub mod image_set;
pub mod mnist;
pub mod noise;
pub mod picture;
pub mod preparation;
pub mod preprocess;
mod progress;
pub mod signal;
pub mod split;
pub mod synthetic;
pub mod text;
pub mod trees;

pub use augment::Augmentation;
pub use batch::{ImageBatch, Labels, ReconstructionBatch};
pub use error::{Error, Result};
pub use examples::{Catalogue, Examples, Official, Origin, Skipped};
pub use folder::FolderOptions;
pub use image_set::ImageSet;
pub use noise::Noise;
pub use preparation::Preparation;
pub use preprocess::{Channels, Filter, Fit, Preprocess, Scaling, Source};
pub use signal::{SignalPreparation, SignalSet};
pub use split::{Split, SplitKind};
pub use text::{Forcing, Languages, PairBatch, PairSet, PairTokens, Vocabulary};
pub use trees::{Grain, Tree, TreeBatch, TreePreparation, TreeSet};
