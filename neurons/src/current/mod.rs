//! Input currents over time.
//!
//! - [`description`]: a current as a user describes it: steps, ramps, pulses, sines, noise
//! - [`text`]: the same as text, `step:10,from=5,until=100`
//! - [`samples`]: recorded currents
//! - [`mod@unit`]: the units of the neurons' currents
//! - [`table`]: recorded currents in CSV tables
//! - [`waveform`]: a current over one run, with the noise drawn
//!
//! Times are in ms; amplitudes are in the unit of the neuron that receives the current.

pub mod description;
pub mod samples;
pub mod table;
pub mod text;
pub mod unit;
pub mod waveform;

pub use description::{Current, Noise, Span};
pub use samples::Samples;
pub use unit::Unit;
pub use waveform::Waveform;
