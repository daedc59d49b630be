//! Layers of leaky integrate-and-fire units.

mod backward;
mod forward;
mod layer;
mod operation;
mod surrogate;

#[cfg(test)]
pub(crate) use layer::LeakyIntegrateAndFire;
pub use operation::{leaky_integrate_and_fire, leaky_membranes};
pub use surrogate::{Reset, SpikeParameters, Surrogate};
