//! Operations on sequences: recurrent layers, spiking layers, and the cross-entropy of many classes.

mod cross_entropy;
mod leaky;
mod recurrent;

pub use cross_entropy::{RowCrossEntropy, cross_entropy_rows};
pub use leaky::{Reset, SpikeParameters, Surrogate, leaky_integrate_and_fire, leaky_membranes};
pub use recurrent::{RecurrentUnit, recurrent};

#[cfg(test)]
pub(crate) use cross_entropy::CrossEntropyRows;
#[cfg(test)]
pub(crate) use leaky::LeakyIntegrateAndFire;
#[cfg(test)]
pub(crate) use recurrent::Recurrent;
