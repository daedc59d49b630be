//! Forward pass of leaky integrate-and-fire units, after the equation of
//! [`leaky_integrate_and_fire`](super::leaky_integrate_and_fire).
//!
//! Only spikes are written to memory.

use std::mem::MaybeUninit;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::layer::LeakyIntegrateAndFire;
use super::surrogate::{Reset, SpikeParameters};
use crate::bands::bands;
use crate::simd::Level;
use crate::uninit;

/// Returns the membrane potential of the next step, reset after a spike. A potential that is not finite never becomes
/// finite again.
#[inline(always)]
pub(super) fn integrate(spiking: SpikeParameters, decay: f32, membrane: f32, current: f32) -> f32 {
    let remains = decay * membrane;
    let next = remains + current;
    if membrane > spiking.threshold {
        match spiking.reset {
            Reset::Subtract => next - spiking.threshold,
            Reset::Zero => current + zero_or_nan(remains),
        }
    } else {
        next
    }
}

/// Returns the spike of a membrane potential: 0 or 1, or NaN where the potential is not finite, as the definition in
/// tensor operations has it. The comparison alone would make a layer that diverged look silent.
#[inline(always)]
fn spike(spiking: SpikeParameters, membrane: f32) -> f32 {
    let fires: f32 = if membrane > spiking.threshold {
        1.0
    } else {
        0.0
    };
    // The sum of both, by an instruction that is faster than an addition.
    f32::from_bits(fires.to_bits() | zero_or_nan(membrane).to_bits())
}

/// Returns 0 for a finite value, and NaN for NaN and infinities.
#[inline(always)]
#[allow(clippy::eq_op)] // the difference of infinities is NaN
pub(super) fn zero_or_nan(value: f32) -> f32 {
    value - value
}

/// Returns the spikes, `[steps, batch, units]`: each 0 or 1, or NaN where the membrane potential is not finite.
pub(crate) fn forward(
    level: Level,
    layer: &LeakyIntegrateAndFire,
    currents: &[f32],
    decay: &[f32],
) -> Vec<f32> {
    layer.check(currents, decay);
    let plane = layer.batch * layer.units;
    let write = |output: &mut [MaybeUninit<f32>]| {
        bands(output, [layer.steps, plane], layer.units)
            .into_par_iter()
            .enumerate()
            .for_each_init(Vec::new, |membranes, (example, spikes)| {
                membranes.clear();
                membranes.resize(layer.units, 0.0);
                level.run(Forward {
                    layer,
                    example,
                    currents,
                    decay,
                    membranes,
                    spikes,
                });
            });
    };
    // SAFETY: `bands` gives every example its `units` values of each of the `steps` planes, and together these are
    // the whole output. `Forward` asserts that it was given all steps and writes every value of each.
    #[allow(unsafe_code)]
    unsafe {
        uninit::vec(layer.steps * plane, write)
    }
}

/// Forward pass of one example.
struct Forward<'a, 'b> {
    layer: &'a LeakyIntegrateAndFire,
    example: usize,
    currents: &'a [f32],
    decay: &'a [f32],
    /// Membrane potentials, `[units]`, zero at first.
    membranes: &'a mut [f32],
    /// Output of each step, `[units]`.
    spikes: Vec<&'b mut [MaybeUninit<f32>]>,
}

impl WithSimd for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let LeakyIntegrateAndFire {
            steps,
            units,
            spiking,
            ..
        } = *self.layer;
        assert_eq!(self.spikes.len(), steps);
        let (membranes, decay) = (&mut self.membranes[..units], &self.decay[..units]);
        for (step, spikes) in self.spikes.into_iter().enumerate() {
            let currents = &self.currents[self.layer.offset(step, self.example)..][..units];
            let spikes = &mut spikes[..units];
            for unit in 0..units {
                membranes[unit] = match step {
                    0 => currents[unit],
                    _ => integrate(spiking, decay[unit], membranes[unit], currents[unit]),
                };
                spikes[unit].write(spike(spiking, membranes[unit]));
            }
        }
    }
}
