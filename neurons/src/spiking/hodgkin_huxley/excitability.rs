//! Excitability of the membrane: rheobase and firing rates.

use super::parameters::HodgkinHuxley;
use super::population::Population;
use crate::current::Current;
use crate::error::Result;
use crate::spiking::firing::firing_rate;
use crate::spiking::simulation::Times;

/// The smallest step currents that make a neuron fire from rest, in uA/cm2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rheobase {
    /// Smallest current with a spike within [`SINGLE_SPIKE_MS`].
    pub single: f64,
    /// Smallest current with repetitive firing: spikes after [`REPETITIVE_MS`].
    pub repetitive: f64,
}

/// Duration of the run that tests for a single spike, in ms.
pub const SINGLE_SPIKE_MS: f64 = 200.0;

/// A neuron that still fires after this time, in ms, fires repetitively.
pub const REPETITIVE_MS: f64 = 1000.0;

/// Largest current that is tested, in uA/cm2.
const LARGEST: f64 = 1024.0;

/// Accuracy of a threshold, in uA/cm2.
const ACCURACY: f64 = 1e-3;

/// Currents that are tested at once: one group of neurons in vector registers.
const AT_ONCE: u32 = 16;

/// A neuron's response to a step current.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResponse {
    /// The current, in uA/cm2.
    pub current: f64,
    /// Firing rate in Hz in the second half of the run ([`firing_rate`]).
    pub rate: f64,
    /// Times of the spikes, in ms.
    pub spikes: Vec<f64>,
}

impl HodgkinHuxley {
    /// Simulates the neuron from rest under each of the step currents, all at once.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if a parameter is out of range,
    /// [`Error::Diverged`](crate::Error::Diverged) if the step is too large.
    pub fn step_responses(
        &self,
        currents: &[f64],
        times: Times,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<StepResponse>> {
        self.check()?;
        let population = Population::with_gains(*self, currents.to_vec());
        let wave = Current::step(1.0).waveform(times.duration, 0);
        let start = population.resting_states();
        let run = population.simulate(&start, &wave, times, progress)?;
        let response = |(current, spikes): (&f64, Vec<f64>)| StepResponse {
            current: *current,
            rate: firing_rate(&spikes, times.duration / 2.0),
            spikes,
        };
        Ok(currents.iter().zip(run.spikes).map(response).collect())
    }

    /// Returns the thresholds for a single spike and for repetitive firing to 0.001 uA/cm2, or `None` if 1024 uA/cm2 do
    /// not reach one. `step` is the integration step in ms.
    ///
    /// # Errors
    /// As of [`Self::step_responses`].
    pub fn rheobase(&self, step: f64) -> Result<Option<Rheobase>> {
        let single = self.threshold(Times::new(SINGLE_SPIKE_MS, step), 0.0)?;
        let Some(single) = single else {
            return Ok(None);
        };
        let times = Times::new(REPETITIVE_MS + SINGLE_SPIKE_MS, step);
        let repetitive = self.threshold(times, REPETITIVE_MS)?;
        Ok(repetitive.map(|repetitive| Rheobase { single, repetitive }))
    }

    /// Returns the smallest current with a spike after `from` ms. Sixteen currents are tested at once: first each twice
    /// the previous one, then, repeatedly, evenly between the last without and the first with a spike.
    fn threshold(&self, times: Times, from: f64) -> Result<Option<f64>> {
        let doubling = (0..AT_ONCE).map(|index| LARGEST / 2_f64.powi((AT_ONCE - 1 - index) as i32));
        let mut currents: Vec<f64> = doubling.collect();
        let mut below = 0.0;
        loop {
            let responses = self.step_responses(&currents, times, &|_| ())?;
            let fires =
                |response: &StepResponse| response.spikes.last().is_some_and(|last| *last >= from);
            let Some(first) = responses.iter().position(fires) else {
                return Ok(None);
            };
            let above = currents[first];
            below = if first > 0 {
                currents[first - 1]
            } else {
                below
            };
            if above - below <= ACCURACY {
                return Ok(Some(above));
            }
            let part = (above - below) / f64::from(AT_ONCE);
            currents = (1..=AT_ONCE)
                .map(|index| below + part * f64::from(index))
                .collect();
            // Exactly the current that was tested, whatever the rounding.
            currents[AT_ONCE as usize - 1] = above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inexcitable_membrane_has_no_rheobase() {
        let without_sodium = HodgkinHuxley {
            sodium: 1e-6,
            ..HodgkinHuxley::default()
        };
        // The strongest current alone lifts a bare membrane over 0 mV, which counts as a spike; a larger leak keeps it
        // below.
        let leaking = HodgkinHuxley {
            leak: 30.0,
            ..without_sodium
        };
        assert_eq!(leaking.rheobase(0.01).unwrap(), None);
    }
}
