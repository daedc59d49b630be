//! Downloading of public data sets. Every byte is verified, and a data set is either complete or absent.
//!
//! A data set is assembled in a folder `.fetch-<name>` beside its final place and moved there by one rename at the end.
//! Partial downloads stay in that folder when a connection breaks, and the next call resumes them if the server allows it.

mod archive;
mod download;
mod error;
mod options;
mod public;
mod run;
mod sources;
mod staging;
mod verify;

pub use error::{FetchError, Problem};
pub use options::{FetchOptions, Fetched};
pub use public::{Archive, Contents, DATASETS, File, PublicDataset, Table};
pub use run::{fetch, fetch_dataset};
