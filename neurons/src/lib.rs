//! Neurons that are simulated or learn by a rule, in plain `f64`: no gradients, no tensors.
//!
//! - [`current`]: input currents over time
//! - [`spiking`]: spiking neurons, the loop that runs them, spike-timing-dependent plasticity
//! - [`learning`]: the threshold unit, Hebb's rule, the perceptron
//! - [`recording`]: current-clamp recordings of cells
//! - [`fitting`]: a neuron fitted to a recording
//! - `dop853`: Dormand and Prince's integrator of eighth order
//! - [`vector`]: products and lengths of vectors
//! - [`error`]: the error type

mod column;
pub mod current;
mod dop853;
pub mod error;
pub mod fitting;
pub mod learning;
pub mod recording;
pub mod spiking;
pub mod vector;

pub use error::{Error, Result};
