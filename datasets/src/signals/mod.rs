//! Recordings over time, cut into segments of one length.

pub mod eeg;
mod preprocessing;
pub mod recording;
mod set;
mod statistics;

pub use preprocessing::SignalPreprocessing;
pub use set::{SignalSet, loader, training_loader};
pub use statistics::{STATISTICS, statistics};
