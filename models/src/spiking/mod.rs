//! Neurons that fire: what flows into them, and what their membranes make of it, in plain `f64`.
//!
//! - [`current`]: input currents over time
//!
//! Times are in ms, voltages in mV. Currents are in the neuron's unit, which its file names.

pub mod current;

pub use current::{Current, CurrentError, Noise, Samples, Span, Waveform};
