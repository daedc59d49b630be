//! Neurons whose membranes are simulated: what the command line says of them, and recorded currents.

pub mod arguments;
pub mod recording;

pub use arguments::{CurrentArgument, SimulationArguments};
