//! Neurons whose membranes are simulated.
//!
//! - [`arguments`]: what the command line says of them
//! - [`recording`]: recorded currents
//! - [`hodgkin_huxley`]: the study of the squid axon

pub mod arguments;
pub mod hodgkin_huxley;
pub mod recording;

pub use arguments::{CurrentArgument, SimulationArguments};
