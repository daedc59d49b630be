//! Spiking networks that are trained by surrogate gradients: `mnist-snn`, `mnist-conv-snn` and `eeg-snn`.
//!
//! Convolutions and dense layers between layers of leaky integrate-and-fire units, over discrete time steps (chapter,
//! section "Spiking Neural Network"; Eshraghian et al. 2023, <https://doi.org/10.1109/JPROC.2023.3308088>). The
//! equation of a unit is that of [`kernels::leaky_integrate_and_fire`]; `neurons::spiking::Lif` simulates the same
//! membrane in continuous time.
//!
//! A [`Coding`] turns an input into spikes or currents over time, a [`Readout`] turns the last layer's activity over
//! time into logits. All steps of a layer are one matrix product; where a picture is the same current at every step,
//! its product is computed once.
//!
//! - `options`: the options of this family
//! - `names`: names of surrogate gradients and resets
//! - `coding`: from inputs to spikes or currents over time
//! - `units`: layers of leaky integrate-and-fire units
//! - `config`: the sizes
//! - `model`: the network
//! - `activity`: records of what the units did
//!
//! Names in a model file: `convolutions.N.sums.weight|bias`, `hidden.N.sums.weight|bias`, `output.sums.weight|bias`,
//! and `...units.decay` where decays are learned.

mod activity;
mod coding;
mod config;
mod model;
mod names;
mod options;
mod units;

pub use activity::{Activity, Drive, ExampleActivity, LayerActivity, LayerSpikes};
pub use coding::{Coding, DELTAS};
pub use config::SpikingNetConfig;
pub use model::SpikingNet;
pub use names::{NamedSurrogate, parse_reset};
pub use options::{Decay, Readout, SpikingOptions};
