//! Neurons that fire: what flows into them, and what their membranes make of it, in plain `f64`.
//!
//! - [`current`]: input currents over time
//! - [`hodgkin_huxley`]: the squid axon, one neuron and many
//! - [`number`], `lanes`: what equations are written over, so that they stand once for one neuron and for many
//!
//! Times are in ms, voltages in mV. Currents are in the neuron's unit, which its file names.

pub mod current;
pub mod hodgkin_huxley;
mod lanes;
pub mod number;

pub use current::{Current, CurrentError, Noise, Samples, Span, Waveform};
