//! Neurons that fire: what flows into them, and what their membranes make of it, in plain `f64`.
//!
//! - [`current`]: input currents over time
//! - [`neuron`]: a pure step, and runs of such steps, for every neuron here
//! - [`hodgkin_huxley`]: the squid axon, one neuron and many
//! - [`lif`], [`adex`], [`izhikevich`]: neurons of one or two variables
//! - [`stdp`]: plasticity by the timing of spikes
//! - [`number`], `lanes`: what equations are written over, so that they stand once for one neuron and for many
//!
//! Times are in ms, voltages in mV. Currents are in the neuron's unit, which its file names.

pub mod adex;
pub mod current;
pub mod hodgkin_huxley;
mod integrate;
pub mod izhikevich;
mod lanes;
pub mod lif;
pub mod neuron;
pub mod number;
pub mod stdp;

pub use adex::{AdEx, AdExState};
pub use current::{Current, CurrentError, Noise, Samples, Span, Waveform};
pub use izhikevich::{Izhikevich, IzhikevichState, Pattern};
pub use lif::{Lif, LifState};
pub use neuron::{NeuronError, Run, SpikingNeuron, check_step, run};
pub use stdp::{Firing, Stdp, Synapse};
