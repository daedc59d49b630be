//! A recorded cell: its spikes, its passive properties and its drift, before any neuron is fitted to it.

use metrics::coincidence::coincidence_factor;

use crate::error::{Error, Result};
use crate::recording::{CurrentClamp, Detector, Epoch, Passive, Protocol, Relaxation, Spike};

/// Time that the electrode takes to settle after a jump of the current, in ms: its resistance adds a jump of its own.
const ELECTRODE_SETTLING: f64 = 1.0;

/// Shortest baseline before the first step that the drift is estimated from, in ms.
const MIN_BASELINE: f64 = 10.0;

/// A recording, and the properties of the cell in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The recording.
    pub recording: CurrentClamp,
    /// The injected currents.
    pub protocol: Protocol,
    /// Spikes of each sweep.
    pub spikes: Vec<Vec<Spike>>,
    /// Passive properties, estimated from fitted sweeps.
    pub passive: Passive,
    /// Sweeps that the passive properties were estimated from.
    pub passive_sweeps: Vec<usize>,
    /// Current in pA that stands for the drift of the resting potential in each sweep: the potential before the first
    /// step, relative to that of the passive sweeps, over the resistance.
    pub drift: Vec<f64>,
}

/// Returns whether a sweep is fitted: every second one from the first on is, and the others are held out.
pub fn is_fitted(sweep: usize) -> bool {
    sweep.is_multiple_of(2)
}

impl Cell {
    /// Detects the spikes of a recording and estimates the cell's passive properties and drift.
    ///
    /// # Errors
    /// [`Error::Recording`] if the protocol does not fit the recording, if it has one sweep only, if no fitted sweep has
    /// two spikes, or if the resistance cannot be estimated.
    pub fn analyse(recording: CurrentClamp, protocol: Protocol) -> Result<Self> {
        protocol.check(&recording)?;
        if recording.sweeps.len() < 2 {
            let reason = "has one sweep, but a fit is tested on held-out ones: give at least two";
            return Err(Error::recording(&recording.name, reason));
        }
        let spikes = detect_spikes(&recording)?;
        let (passive, passive_sweeps) = estimate_passive(&recording, &protocol, &spikes)?;
        let drift = drift(&recording, &protocol, &passive, &passive_sweeps);
        Ok(Self {
            recording,
            protocol,
            spikes,
            passive,
            passive_sweeps,
            drift,
        })
    }

    /// Returns the times of the spikes of a sweep from the onset of the first step on, in ms from there.
    pub fn response(&self, sweep: usize) -> Vec<f64> {
        let times = self.spikes[sweep].iter().map(|spike| spike.time);
        times_from(times, self.onset())
    }

    /// Returns whether the cell fires no spike in an epoch of a sweep.
    pub fn is_silent(&self, sweep: usize, epoch: &Epoch) -> bool {
        is_silent(&self.spikes[sweep], epoch)
    }

    /// Returns the onset of the first step, in ms.
    pub fn onset(&self) -> f64 {
        self.protocol
            .epochs()
            .first()
            .map_or(0.0, |epoch| epoch.span[0])
    }

    /// Returns the time from the onset of the first step to the end of a sweep, in ms.
    pub fn response_duration(&self) -> f64 {
        self.recording.duration() - self.onset()
    }

    /// Returns the coincidence factor of the cell with itself: of its responses to two steps of the same current in one
    /// sweep, if the protocol has such steps. The cell's history differs between the two, so a model may do better.
    pub fn own_coincidence(&self, sweep: usize, precision: f64) -> Option<f64> {
        let epochs = self.protocol.epochs();
        let (first, second) = epochs.iter().enumerate().find_map(|(number, epoch)| {
            let same = |other: &&Epoch| {
                other.first == epoch.first
                    && other.increment == epoch.increment
                    && (other.duration() - epoch.duration()).abs() < 1e-6
            };
            Some((epoch, epochs[number + 1..].iter().find(same)?))
        })?;
        let [one, other] = [first, second].map(|epoch| {
            let [from, until] = epoch.span;
            let times = self.spikes[sweep].iter().map(|spike| spike.time);
            times_from(times.filter(|time| *time < until), from)
        });
        coincidence_factor(&one, &other, precision, first.duration())
    }
}

/// Returns whether none of the spikes of a sweep is in the epoch.
fn is_silent(spikes: &[Spike], epoch: &Epoch) -> bool {
    let [from, until] = epoch.span;
    !(spikes.iter()).any(|spike| (from..until).contains(&spike.time))
}

/// Returns the times not before `from`, relative to it.
pub fn times_from(times: impl Iterator<Item = f64>, from: f64) -> Vec<f64> {
    times
        .filter(|time| *time >= from)
        .map(|time| time - from)
        .collect()
}

/// Returns the current in pA that stands for the drift of the resting potential in each sweep.
fn drift(
    recording: &CurrentClamp,
    protocol: &Protocol,
    passive: &Passive,
    passive_sweeps: &[usize],
) -> Vec<f64> {
    let onset = protocol.epochs().first().map_or(0.0, |epoch| epoch.span[0]);
    let count = recording.sweeps.len();
    if onset < MIN_BASELINE {
        return vec![0.0; count];
    }
    // Medians, as spikes would shift means.
    let rests: Vec<f64> = (0..count)
        .map(|sweep| {
            let mut samples = recording.between(sweep, [0.0, onset]).to_vec();
            samples.sort_by(f64::total_cmp);
            samples.get(samples.len() / 2).copied().unwrap_or_default()
        })
        .collect();
    let sum: f64 = passive_sweeps.iter().map(|sweep| rests[*sweep]).sum();
    let reference = sum / passive_sweeps.len().max(1) as f64;
    rests
        .iter()
        .map(|rest| (rest - reference) / passive.resistance)
        .collect()
}

/// Returns the spikes of each sweep.
fn detect_spikes(recording: &CurrentClamp) -> Result<Vec<Vec<Spike>>> {
    let detector = Detector::default();
    let spikes: Vec<Vec<Spike>> = (recording.sweeps.iter())
        .map(|sweep| detector.find(sweep, recording.rate))
        .collect();
    let mut sweeps = spikes.iter().enumerate();
    if sweeps.any(|(sweep, all)| is_fitted(sweep) && all.len() > 1) {
        return Ok(spikes);
    }
    let reason = format!(
        "no fitted sweep has two spikes over {} mV; give a recording of a cell that fires",
        detector.level
    );
    Err(Error::recording(&recording.name, reason))
}

/// Estimates the passive properties from steps without a spike. Returns them with the sweeps that were used.
fn estimate_passive(
    recording: &CurrentClamp,
    protocol: &Protocol,
    spikes: &[Vec<Spike>],
) -> Result<(Passive, Vec<usize>)> {
    let is_silent = |sweep: usize, epoch: &Epoch| is_silent(&spikes[sweep], epoch);
    let relaxations = |sweeps: &[usize]| -> Vec<Relaxation<'_>> {
        let steps = sweeps.iter().flat_map(|&sweep| {
            let epochs = protocol.epochs().iter();
            epochs
                .filter(move |epoch| is_silent(sweep, epoch))
                .map(move |epoch| (sweep, epoch))
        });
        steps
            .map(|(sweep, epoch)| {
                let [from, until] = epoch.span;
                Relaxation {
                    current: epoch.amplitude(sweep),
                    samples: recording.between(sweep, [from + ELECTRODE_SETTLING, until]),
                }
            })
            .collect()
    };
    let fitted: Vec<usize> = (0..spikes.len())
        .filter(|sweep| is_fitted(*sweep))
        .collect();
    // Sweeps without a spike in any step are closer to rest; otherwise every step without a spike is used.
    let quiet: Vec<usize> = (fitted.iter().copied())
        .filter(|sweep| {
            protocol
                .epochs()
                .iter()
                .all(|epoch| is_silent(*sweep, epoch))
        })
        .collect();
    if let Ok(passive) = Passive::fit(&relaxations(&quiet), recording.rate) {
        return Ok((passive, quiet));
    }
    let passive = Passive::fit(&relaxations(&fitted), recording.rate)
        .map_err(|error| Error::recording(&recording.name, error.to_string()))?;
    Ok((passive, fitted))
}
