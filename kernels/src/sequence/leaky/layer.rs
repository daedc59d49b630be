//! Sizes and parameters of a layer of leaky integrate-and-fire units.

use super::surrogate::SpikeParameters;

/// The operation of [`leaky_integrate_and_fire`](super::leaky_integrate_and_fire): a layer over a batch of sequences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LeakyIntegrateAndFire {
    /// Number of time steps.
    pub steps: usize,
    /// Number of sequences.
    pub batch: usize,
    /// Number of units.
    pub units: usize,
    /// Whether the currents are given once, for every step.
    pub constant: bool,
    /// Threshold, reset and surrogate derivative.
    pub spiking: SpikeParameters,
}

impl LeakyIntegrateAndFire {
    /// Returns the number of input currents.
    pub(super) fn currents(&self) -> usize {
        let steps = if self.constant { 1 } else { self.steps };
        steps * self.batch * self.units
    }

    /// Returns the offset of the currents of one step and example.
    #[inline(always)]
    pub(super) fn offset(&self, step: usize, example: usize) -> usize {
        let step = if self.constant { 0 } else { step };
        (step * self.batch + example) * self.units
    }

    /// Panics if the slices are not of this layer's sizes.
    pub(super) fn check(&self, currents: &[f32], decay: &[f32]) {
        assert!(self.steps > 0 && self.batch > 0 && self.units > 0);
        assert!(currents.len() == self.currents() && decay.len() == self.units);
    }
}
