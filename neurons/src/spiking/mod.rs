//! Spiking neurons and the plasticity of their synapses, in `f64` (chapter, section on spiking neural networks).
//!
//! - [`neuron`]: the trait of all of them, parameters with a pure `step(input, state)`
//! - [`simulation`]: the loop that runs any of them over a current
//! - [`firing`]: firing rates, the f-I curve
//! - [`spike_trains`]: random spike trains
//! - [`stability`]: the largest stable step of the Runge-Kutta method
//! - [`lif`]: the leaky integrate-and-fire neuron
//! - [`adex`]: the adaptive exponential integrate-and-fire neuron
//! - [`izhikevich`]: Izhikevich's model
//! - [`hodgkin_huxley`]: the squid axon, one neuron and populations
//! - [`upstroke`]: integration with spikes that run to infinity
//! - [`stdp`]: spike-timing-dependent plasticity
//!
//! Times are in ms and potentials in mV. Currents are in the neuron's unit, which its file names.

pub mod adex;
pub mod firing;
pub mod hodgkin_huxley;
pub mod izhikevich;
pub mod lif;
pub mod neuron;
pub mod simulation;
pub mod spike_trains;
pub mod stability;
pub mod stdp;
pub mod upstroke;

pub use adex::{AdEx, AdExState};
pub use firing::{RateStatistics, fi_curve, firing_rate};
pub use hodgkin_huxley::{HodgkinHuxley, HodgkinHuxleyState};
pub use izhikevich::{Izhikevich, IzhikevichState, Pattern};
pub use lif::{Lif, LifState};
pub use neuron::{Neuron, StepInput};
pub use simulation::{Times, Trace, TracePoint, run, simulate};
pub use spike_trains::CorrelatedTrains;
pub use stdp::{PairedSpikes, Stdp, Synapse};
