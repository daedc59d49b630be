//! Studies: experiments that compute, draw and report in a way of their own.

pub mod activations;
pub mod adex;
pub mod digits;
pub mod dying_relu;
pub mod fit_neuron;
pub mod hebb;
pub mod hodgkin_huxley;
pub mod integrate_and_fire;
pub mod izhikevich;
pub mod lif;
pub mod mcculloch_pitts;
pub mod overfitting;
pub mod perceptron;
pub mod perceptron_sgd;
pub mod point_learning;
pub mod stdp;
pub mod toy_data;
