//! Reading, verifying, splitting and batching of data, without knowledge of networks.
//!
//! Each kind of data has its folder: [`images`], [`signals`], [`text`] (sentence pairs) and [`trees`] (parse trees). A data
//! set is read from files, or [generated](synthetic) as a stand-in. A [`Split`] divides it into training, validation and
//! test; [`duplicates`] finds the pictures that a split must not divide. A loader turns a part of it into batches of
//! tensors. [`fetch`] downloads the public data sets.
//!
//! | term | meaning |
//! |---|---|
//! | [`Dataset`] | interface of every data set: its metadata and its preprocessing |
//! | [`ImageSet`], [`SignalSet`], [`PairSet`], [`TreeSet`] | the data sets, one type per kind of data, held in memory |
//! | [`Metadata`] | names, classes, labels and origins of a data set, borrowed from it |
//! | [`Origin`] | the file an example comes from, its SHA-256, and its part of the publisher's split ([`Official`]) |
//! | [`Preprocessing`] | what is done to an input before a network sees it; stored in the model's file |
//! | [`Split`] | the indices of the examples of each part, and the group of every example |
//! | group | examples that a split must not divide: copies of a picture, pictures of a patient, segments of a recording |
//! | [`Fingerprint`](images::Fingerprint) | size, pixel hash and thumbnail of a picture, by which its duplicates are found |
//! | batch | the tensors of one step: [`ImageBatch`], [`ReconstructionBatch`], [`PairBatch`], [`TreeBatch`] |
//! | [`TrainingLoader`] | the batches of a training, from any batch of any epoch on |
//! | [`Draw`] | the place of a batch in a training, from which all its random draws follow |
//! | stand-in | a generated example in place of a real one |
//! | [`PublicDataset`](fetch::PublicDataset) | the addresses and checksums of a data set that can be downloaded |

mod batch;
mod dataset;
mod draw;
pub mod duplicates;
mod emphasis;
mod error;
pub mod fetch;
mod file_names;
mod hash;
pub mod images;
mod loader;
mod paths;
mod preprocessing;
mod progress;
pub mod signals;
pub mod split;
pub mod synthetic;
pub mod text;
pub mod trees;

pub use batch::{ImageBatch, Labels};
pub use dataset::{Dataset, Metadata, Official, Origin, Skipped};
pub use draw::{Draw, Purpose};
pub use emphasis::Emphasis;
pub use error::{Error, Result};
pub use file_names::path_below;
pub use hash::sha256_hex;
pub use images::{
    Annotations, Augmentation, Channels, ClassChoice, Filter, Fit, FolderOptions,
    ImagePreprocessing, ImageSet, ImageSource, Merge, Noise, ReconstructionBatch, Scaling,
};
pub use loader::TrainingLoader;
pub use preprocessing::Preprocessing;
pub use signals::{SignalPreprocessing, SignalSet};
pub use split::{Split, SplitKind};
pub use text::{Languages, PairBatch, PairSet, PairTokens};
pub use trees::{Grain, Tree, TreeBatch, TreePreprocessing, TreeSet};
