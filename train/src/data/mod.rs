//! The data of an experiment: the user's data folder, or generated stand-ins.
//!
//! An experiment has a [`DataSource`] for its kind of example ([`Pictures`], [`Signals`], [`Sentences`] or [`Trees`]). Its
//! [`DatasetSpec`] says which data set it reads by default and how it is split ([`SplitPlan`]); the user's
//! [`DataArguments`] override both.

mod arguments;
mod name;
mod pictures;
mod sentences;
mod signals;
mod source;
mod spec;
mod trees;

pub use arguments::{DataArguments, Fold, SplitChoice};
pub use name::DatasetName;
pub use pictures::Pictures;
pub use sentences::{MAX_WORDS, Sentences};
pub use signals::Signals;
pub use source::{DataSource, ModelInputs};
pub use spec::{DEFAULT_FOLDER, DatasetSpec, SplitPlan};
pub use trees::{Trees, grain};
