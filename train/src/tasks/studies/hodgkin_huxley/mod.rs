//! The squid axon of Hodgkin and Huxley ([`neurons::spiking::hodgkin_huxley`]): one neuron under a current, its excitability,
//! and populations.
//!
//! - `study`: the run, its findings and the summary
//! - `excitability`: rheobase, firing rates, the f-I curve
//! - `population`: many neurons with varied parameters
//! - `plots`: all figures

mod excitability;
mod plots;
mod population;
mod study;

pub use study::{TIMES, run};
