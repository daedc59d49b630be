//! Studies of simulated neurons: their options, figures and reports. The neurons are those of the crate `neurons`.
//!
//! - [`arguments`], [`choices`]: the command-line options
//! - [`neuron_study`]: the study of a neuron with one or two variables
//! - [`hodgkin_huxley`]: the study of the squid axon
//! - [`fit_report`]: the report of a fit to the recording of a cell

pub mod arguments;
pub mod choices;
pub mod fit_report;
pub mod hodgkin_huxley;
pub mod neuron_study;

pub use arguments::{CurrentArgument, SimulationArguments};
pub use choices::{FittedNeuron, PatternChoice};
