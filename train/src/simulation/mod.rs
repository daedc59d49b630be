//! Neurons whose membranes are simulated.
//!
//! - [`arguments`], [`choices`]: what the command line says of them
//! - [`recording`]: recorded currents
//! - [`hodgkin_huxley`]: the study of the squid axon
//! - [`portrait`]: the studies of simple neurons
//! - [`fit`], [`fit_report`]: a neuron fitted to the recording of a cell

pub mod arguments;
pub mod choices;
pub mod fit;
pub mod fit_report;
pub mod hodgkin_huxley;
pub mod portrait;
pub mod recording;

pub use arguments::{CurrentArgument, SimulationArguments};
pub use choices::{FittedNeuron, PatternChoice};
