//! Backward pass of leaky integrate-and-fire units.
//!
//! With g the gradient of the spike and S' the surrogate derivative, from the last step to the first:
//!
//! ```text
//! dI[t] = g[t] S'(m[t] - threshold) + e[t]       e: what step t + 1 passes on, 0 at the last step
//! e[t-1] = d dI[t]                               0 where the reset to zero cut the membrane off
//! dd = sum over t of dI[t] m[t-1]                without the steps after such a reset
//! ```
//!
//! The membrane potentials are recomputed, one example at a time, so that they stay in the cache.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::forward::{integrate, zero_or_nan};
use super::layer::LeakyIntegrateAndFire;
use super::surrogate::Reset;
use crate::bands::bands;
use crate::simd::Level;

/// Returns the gradients of the currents and of the decay, given that of the spikes. The reset passes no gradient.
pub(crate) fn backward(
    level: Level,
    layer: &LeakyIntegrateAndFire,
    [currents, decay, gradient]: [&[f32]; 3],
) -> [Vec<f32>; 2] {
    layer.check(currents, decay);
    let (units, plane) = (layer.units, layer.batch * layer.units);
    assert_eq!(gradient.len(), layer.steps * plane);
    let steps = if layer.constant { 1 } else { layer.steps };
    let mut current_gradients = vec![0.0; layer.currents()];
    let decay_gradients: Vec<Vec<f32>> = bands(&mut current_gradients, [steps, plane], units)
        .into_par_iter()
        .enumerate()
        .map_init(Vec::new, |scratch, (example, current_gradients)| {
            let mut decay_gradients = vec![0.0; units];
            scratch.resize((layer.steps + 1) * units, 0.0);
            level.run(Backward {
                layer,
                example,
                currents,
                decay,
                gradient,
                scratch,
                decay_gradients: &mut decay_gradients,
                current_gradients,
            });
            decay_gradients
        })
        .collect();
    // In the order of the examples, so that the sum does not depend on the number of threads.
    let mut sums = vec![0.0; units];
    for of_example in &decay_gradients {
        for (sum, value) in sums.iter_mut().zip(of_example) {
            *sum += value;
        }
    }
    [current_gradients, sums]
}

/// Backward pass of one example.
struct Backward<'a, 'b> {
    layer: &'a LeakyIntegrateAndFire,
    example: usize,
    currents: &'a [f32],
    decay: &'a [f32],
    gradient: &'a [f32],
    /// Membrane potentials of all steps, then their gradients at one step: `[steps + 1, units]`.
    scratch: &'a mut [f32],
    /// Output, `[units]`, zero at first.
    decay_gradients: &'a mut [f32],
    /// Output of each step, `[units]`, or of one where the current is constant; zero at first.
    current_gradients: Vec<&'b mut [f32]>,
}

impl WithSimd for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        self.integrate();
        self.propagate();
    }
}

impl Backward<'_, '_> {
    /// Recomputes the membrane potentials of all steps.
    #[inline(always)]
    fn integrate(&mut self) {
        let LeakyIntegrateAndFire {
            steps,
            units,
            spiking,
            ..
        } = *self.layer;
        let decay = &self.decay[..units];
        for step in 0..steps {
            let currents = &self.currents[self.layer.offset(step, self.example)..][..units];
            let (before, now) = self.scratch.split_at_mut(step * units);
            let now = &mut now[..units];
            if step == 0 {
                now.copy_from_slice(currents);
                continue;
            }
            let before = &before[(step - 1) * units..][..units];
            for unit in 0..units {
                // In the definition, a potential is NaN from the step after the first that is not finite.
                now[unit] = integrate(spiking, decay[unit], before[unit], currents[unit])
                    + zero_or_nan(before[unit]);
            }
        }
    }

    /// Computes the gradients, from the last step to the first.
    #[inline(always)]
    fn propagate(&mut self) {
        let LeakyIntegrateAndFire {
            steps,
            batch,
            units,
            constant,
            spiking,
        } = *self.layer;
        let (membranes, carried) = self.scratch.split_at_mut(steps * units);
        let carried = &mut carried[..units];
        carried.fill(0.0);
        let decay = &self.decay[..units];
        let decay_gradients = &mut self.decay_gradients[..units];
        for step in (0..steps).rev() {
            let gradient = &self.gradient[(step * batch + self.example) * units..][..units];
            let now = &membranes[step * units..][..units];
            let before = (step > 0).then(|| &membranes[(step - 1) * units..][..units]);
            let output = if constant { 0 } else { step };
            let output = &mut self.current_gradients[output][..units];
            for unit in 0..units {
                let slope = (spiking.surrogate).derivative(now[unit] - spiking.threshold);
                let sum = carried[unit] + gradient[unit] * slope;
                output[unit] += sum;
                let Some(before) = before.map(|before| before[unit]) else {
                    continue;
                };
                let is_cleared = spiking.reset == Reset::Zero && before > spiking.threshold;
                let through = if is_cleared { zero_or_nan(sum) } else { sum };
                decay_gradients[unit] += through * before;
                carried[unit] = through * decay[unit];
            }
        }
    }
}
