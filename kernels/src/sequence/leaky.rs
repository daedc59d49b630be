//! Leaky integrate-and-fire units over whole sequences, forward and backward.
//!
//! Only spikes are written to memory. The backward pass computes the membranes again, those of one example at a
//! time, so that they stay in the cache.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::surrogate::{Firing, Reset};
use crate::fresh::{self, Fresh, by_rows};
use crate::simd::Level;

/// A layer of units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaky {
    /// How many steps are computed.
    pub steps: usize,
    /// How many sequences.
    pub batch: usize,
    /// How many units.
    pub units: usize,
    /// Whether the currents are given once, for every step.
    pub constant: bool,
    /// How they fire.
    pub firing: Firing,
}

impl Leaky {
    /// How many currents there are.
    fn currents(&self) -> usize {
        let steps = if self.constant { 1 } else { self.steps };
        steps * self.batch * self.units
    }

    /// Where the currents of a step and an example begin.
    #[inline(always)]
    fn at(&self, step: usize, example: usize) -> usize {
        let step = if self.constant { 0 } else { step };
        (step * self.batch + example) * self.units
    }

    fn check(&self, currents: &[f32], decay: &[f32]) {
        assert!(self.steps > 0 && self.batch > 0 && self.units > 0);
        assert!(currents.len() == self.currents() && decay.len() == self.units);
    }
}

/// The membrane after a step, before any spike of its own.
#[inline(always)]
fn integrate(firing: Firing, decay: f32, membrane: f32, current: f32) -> f32 {
    let next = decay * membrane + current;
    if membrane > firing.threshold {
        match firing.reset {
            Reset::Subtract => next - firing.threshold,
            Reset::Zero => current,
        }
    } else {
        next
    }
}

/// The spikes, `[steps, batch, units]`, each 0 or 1.
pub(crate) fn forward(level: Level, leaky: &Leaky, currents: &[f32], decay: &[f32]) -> Vec<f32> {
    leaky.check(currents, decay);
    let plane = leaky.batch * leaky.units;
    let write = |output: &mut [Fresh<f32>]| {
        by_rows(output, [leaky.steps, plane], leaky.units)
            .into_par_iter()
            .enumerate()
            .for_each_init(Vec::new, |membranes, (example, spikes)| {
                membranes.clear();
                membranes.resize(leaky.units, 0.0);
                level.run(Fire {
                    leaky,
                    example,
                    currents,
                    decay,
                    membranes,
                    spikes,
                });
            });
    };
    // SAFETY: `by_rows` deals out every part of the output, and `Fire` writes all of each.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(leaky.steps * plane, write)
    }
}

/// One example.
struct Fire<'a, 'b> {
    leaky: &'a Leaky,
    example: usize,
    currents: &'a [f32],
    decay: &'a [f32],
    membranes: &'a mut [f32],
    spikes: Vec<&'b mut [Fresh<f32>]>,
}

impl WithSimd for Fire<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Leaky { units, firing, .. } = *self.leaky;
        for (step, spikes) in self.spikes.into_iter().enumerate() {
            let currents = &self.currents[self.leaky.at(step, self.example)..][..units];
            let places = self.membranes.iter_mut().zip(spikes);
            for (((membrane, spike), current), decay) in places.zip(currents).zip(self.decay) {
                *membrane = integrate(firing, *decay, *membrane, *current);
                let fires = *membrane > firing.threshold;
                spike.write(if fires { 1.0 } else { 0.0 });
            }
        }
    }
}

/// The gradients for the currents and for the decay, from that for the spikes. The reset has none.
pub(crate) fn backward(
    level: Level,
    leaky: &Leaky,
    [currents, decay, gradient]: [&[f32]; 3],
) -> [Vec<f32>; 2] {
    leaky.check(currents, decay);
    let (units, plane) = (leaky.units, leaky.batch * leaky.units);
    assert_eq!(gradient.len(), leaky.steps * plane);
    let steps = if leaky.constant { 1 } else { leaky.steps };
    let mut of_currents = vec![0.0; leaky.currents()];
    let of_decay: Vec<Vec<f32>> = by_rows(&mut of_currents, [steps, plane], units)
        .into_par_iter()
        .enumerate()
        .map_init(Vec::new, |scratch, (example, output)| {
            let mut of_decay = vec![0.0; units];
            scratch.resize((leaky.steps + 1) * units, 0.0);
            level.run(Unfire {
                leaky,
                example,
                currents,
                decay,
                gradient,
                scratch,
                of_decay: &mut of_decay,
                output,
            });
            of_decay
        })
        .collect();
    // In the examples' order, whatever thread had which.
    let mut sums = vec![0.0; units];
    for of_one in &of_decay {
        for (sum, value) in sums.iter_mut().zip(of_one) {
            *sum += value;
        }
    }
    [of_currents, sums]
}

/// One example, backwards.
struct Unfire<'a, 'b> {
    leaky: &'a Leaky,
    example: usize,
    currents: &'a [f32],
    decay: &'a [f32],
    gradient: &'a [f32],
    /// The membranes of all steps, and the gradient for that of the step in turn.
    scratch: &'a mut [f32],
    of_decay: &'a mut [f32],
    /// Zeros, to which the gradients for the currents are added.
    output: Vec<&'b mut [f32]>,
}

impl WithSimd for Unfire<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Leaky {
            steps,
            batch,
            units,
            constant,
            firing,
        } = *self.leaky;
        let mut output = self.output;
        let (membranes, of_membranes) = self.scratch.split_at_mut(steps * units);
        for step in 0..steps {
            let currents = &self.currents[self.leaky.at(step, self.example)..][..units];
            let (before, now) = membranes.split_at_mut(step * units);
            let (now, decay) = (&mut now[..units], &self.decay[..units]);
            if step == 0 {
                for unit in 0..units {
                    now[unit] = integrate(firing, decay[unit], 0.0, currents[unit]);
                }
            } else {
                let before = &before[(step - 1) * units..];
                for unit in 0..units {
                    now[unit] = integrate(firing, decay[unit], before[unit], currents[unit]);
                }
            }
        }
        let of_membranes = &mut of_membranes[..units];
        of_membranes.fill(0.0);
        for step in (0..steps).rev() {
            let gradient = &self.gradient[(step * batch + self.example) * units..][..units];
            let now = &membranes[step * units..][..units];
            let before = (step > 0).then(|| &membranes[(step - 1) * units..][..units]);
            let output = &mut output[if constant { 0 } else { step }][..units];
            let (decay, of_decay) = (&self.decay[..units], &mut self.of_decay[..units]);
            for unit in 0..units {
                let slope = (firing.surrogate).derivative(now[unit] - firing.threshold);
                let before = before.map_or(0.0, |before| before[unit]);
                let is_cleared = firing.reset == Reset::Zero && before > firing.threshold;
                let sum = of_membranes[unit] + gradient[unit] * slope;
                output[unit] += sum;
                let through = if is_cleared { 0.0 } else { sum };
                of_decay[unit] += through * before;
                of_membranes[unit] = through * decay[unit];
            }
        }
    }
}
