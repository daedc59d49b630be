//! Neurons that are simulated or learn by a rule, in plain `f64`: no gradients, no backend.
//!
//! - [`learning`]: the threshold unit, Hebb's rule, the perceptron
//! - [`spiking`]: currents, and membranes that fire
//! - [`recording`]: current-clamp recordings of cells
//! - [`error`]: what can be wrong with a recording

pub mod error;
pub mod learning;
pub mod recording;
pub mod spiking;

pub use error::{Error, Result};
