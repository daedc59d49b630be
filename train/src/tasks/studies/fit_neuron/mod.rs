//! A neuron fitted to the recording of a cell ([`neurons::fitting`]).
//!
//! - `study`: the recording, the fit and its report
//! - `findings`: what `result.json` and the summary hold
//! - `tables`: spikes and sweeps as CSV
//! - `plots`: all figures

mod findings;
mod plots;
mod study;
mod tables;

pub use study::{GENERATIONS, PRECISION, run};
