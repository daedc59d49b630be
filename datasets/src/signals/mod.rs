//! Pieces of recordings over time, all of one length, with their classes.

pub mod eeg;
mod preparation;
pub mod recording;
mod set;
mod statistics;

pub use preparation::{MAX_SAMPLES, SignalPreparation};
pub use set::{SignalSet, loader};
pub use statistics::{STATISTICS, statistics};
