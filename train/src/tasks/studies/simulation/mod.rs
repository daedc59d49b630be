//! The command-line options of simulated neurons.
//!
//! - [`arguments`]: the options
//! - [`choices`]: neurons and firing patterns that are chosen by name

pub mod arguments;
pub mod choices;

pub use arguments::{CurrentArgument, SimulationArguments};
pub use choices::{FittedNeuron, PatternChoice};
