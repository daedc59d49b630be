//! Recordings over time, cut into segments of one length.

mod clock;
pub mod eeg;
mod layout;
mod preprocessing;
pub mod recording;
mod set;
mod statistics;
mod units;

pub use preprocessing::SignalPreprocessing;
pub use set::{SignalSet, loader, training_loader};
pub use statistics::{STATISTICS, statistics};
