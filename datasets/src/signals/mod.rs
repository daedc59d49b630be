//! Pieces of recordings over time, all of one length, with their classes.

pub mod eeg;
mod preprocessing;
pub mod recording;
mod set;
mod statistics;

pub use preprocessing::{MAX_SAMPLES, SignalPreprocessing};
pub use set::{SignalSet, loader};
pub use statistics::{STATISTICS, statistics};
