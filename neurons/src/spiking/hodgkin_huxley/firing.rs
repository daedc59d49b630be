//! How a membrane fires: its rheobase, its rate under a current.

use super::{HodgkinHuxleyError, Parameters, Population};
use crate::spiking::Current;

/// The smallest steps of current that make a neuron fire from rest, in uA/cm2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rheobase {
    /// One spike at least within [`ONE_SPIKE`] ms.
    pub once: f64,
    /// Spikes without end: some after [`FOR_EVER`] ms.
    pub for_ever: f64,
}

/// How long a single spike is waited for, in ms.
pub const ONE_SPIKE: f64 = 200.0;

/// After so many ms a neuron that still fires will go on.
pub const FOR_EVER: f64 = 1000.0;

/// The larger currents that are not looked at, in uA/cm2.
const LARGEST: f64 = 1024.0;

/// How near a threshold is found, in uA/cm2.
const NEAR: f64 = 1e-3;

/// Currents that are tried at once.
const AT_ONCE: u32 = 16;

/// How a neuron fires under one step of current.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// In uA/cm2.
    pub current: f64,
    /// In Hz, of the intervals in the second half of the time; 0 where there is none.
    pub rate: f64,
    /// In ms.
    pub spikes: Vec<f64>,
}

/// Spikes per second from `from` ms on: the inverse of the mean interval, 0 where there is none.
pub fn rate(spikes: &[f64], from: f64) -> f64 {
    let late = &spikes[spikes.partition_point(|time| *time < from)..];
    match late {
        [first, .., last] => 1000.0 * (late.len() - 1) as f64 / (last - first),
        _ => 0.0,
    }
}

impl Parameters {
    /// What the neuron does from rest under each of these currents for `duration` ms, all of them at once.
    ///
    /// # Errors
    /// When the step is too large.
    pub fn under_steps(
        &self,
        currents: &[f64],
        times: [f64; 2],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Firing>, HodgkinHuxleyError> {
        self.validate()?;
        let many = Population::under(*self, currents.to_vec());
        let wave = Current::step(1.0).waveform(times[0], 0);
        let run = many.simulate(&many.at_rest(), &wave, times, progress)?;
        let firing = |(current, spikes): (&f64, Vec<f64>)| Firing {
            current: *current,
            rate: rate(&spikes, times[0] / 2.0),
            spikes,
        };
        Ok(currents.iter().zip(run.spikes).map(firing).collect())
    }

    /// The thresholds for a single spike and for spikes without end, to 0.001 uA/cm2; none where 1024 uA/cm2 do not
    /// reach one.
    ///
    /// # Errors
    /// When the step is too large.
    pub fn rheobase(&self, step: f64) -> Result<Option<Rheobase>, HodgkinHuxleyError> {
        let once = self.threshold([ONE_SPIKE, step], 0.0)?;
        let Some(once) = once else { return Ok(None) };
        let for_ever = self.threshold([FOR_EVER + ONE_SPIKE, step], FOR_EVER)?;
        Ok(for_ever.map(|for_ever| Rheobase { once, for_ever }))
    }

    /// The smallest current with a spike after `from` ms: sixteen in a row are tried at once, first each twice the one
    /// before, then again and again between the last without and the first with a spike.
    fn threshold(&self, times: [f64; 2], from: f64) -> Result<Option<f64>, HodgkinHuxleyError> {
        let doubling = (0..AT_ONCE).map(|place| LARGEST / 2_f64.powi((AT_ONCE - 1 - place) as i32));
        let mut currents: Vec<f64> = doubling.collect();
        let mut below = 0.0;
        loop {
            let firing = self.under_steps(&currents, times, &|_| ())?;
            let fires = |one: &super::Firing| one.spikes.last().is_some_and(|last| *last >= from);
            let Some(first) = firing.iter().position(fires) else {
                return Ok(None);
            };
            let above = currents[first];
            below = if first > 0 {
                currents[first - 1]
            } else {
                below
            };
            if above - below <= NEAR {
                return Ok(Some(above));
            }
            let part = (above - below) / f64::from(AT_ONCE);
            currents = (1..=AT_ONCE)
                .map(|place| below + part * f64::from(place))
                .collect();
            // As it was, whatever the rounding.
            currents[AT_ONCE as usize - 1] = above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_the_late_intervals() {
        assert_eq!(rate(&[1.0, 20.0, 60.0, 80.0, 100.0], 50.0), 50.0);
        assert_eq!(rate(&[1.0, 20.0, 60.0], 50.0), 0.0);
        assert_eq!(rate(&[], 0.0), 0.0);
    }

    #[test]
    fn a_membrane_that_cannot_fire_has_no_rheobase() {
        let without_sodium = Parameters {
            sodium: 1e-6,
            ..Parameters::default()
        };
        // So strong a current lifts the bare membrane over 0 mV by itself, which is a spike by definition; one with a
        // larger leak stays below.
        let leaking = Parameters {
            leak: 30.0,
            ..without_sodium
        };
        assert_eq!(leaking.rheobase(0.01).unwrap(), None);
    }
}
