//! Studies: experiments that compute or simulate, and report figures of their own. Each reads from the options to the
//! computation (by the crates `neurons` and `models`), the findings for `result.json`, tables, figures and the summary.
//!
//! Rules of single neurons:
//! - [`mcculloch_pitts`]: threshold units
//! - [`hebb`]: an associator, Oja's rule, Sanger's rule
//! - [`perceptron`]: the chapter's two perceptrons
//! - [`toy_data`]: the points that they learn from
//!
//! Networks on digits:
//! - [`activations`]: activation functions and their derivatives
//! - [`dying_relu`]: dead units
//! - [`overfitting`]: networks that are too small or too large
//! - [`digits`]: the digits
//!
//! Spiking neurons:
//! - [`hodgkin_huxley`]: the squid axon
//! - [`integrate_and_fire`]: the leaky, the adaptive exponential and Izhikevich's neuron
//! - [`stdp`]: plasticity of synapses
//! - [`fit_neuron`]: a neuron fitted to a recording
//! - `steps`: progress over integration steps, errors about them

pub mod activations;
pub mod digits;
pub mod dying_relu;
pub mod fit_neuron;
pub mod hebb;
pub mod hodgkin_huxley;
pub mod integrate_and_fire;
pub mod mcculloch_pitts;
pub mod overfitting;
pub mod perceptron;
pub mod stdp;
mod steps;
pub mod toy_data;
