//! Throughput of Hodgkin-Huxley neurons, in steps per second.

use std::time::Instant;

use anyhow::Result;
use neurons::current::Current;
use neurons::spiking::hodgkin_huxley::Population;
use neurons::spiking::{HodgkinHuxley, Times};
use serde::Serialize;

/// Current under which each neuron fires repetitively, in uA/cm2.
pub const CURRENT: f64 = 10.0;

/// Integration step, in ms.
pub const STEP: f64 = 0.01;

/// The result of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// Number of steps of all neurons together.
    pub neuron_steps: usize,
    /// Wall-clock time of the simulation.
    pub seconds: f64,
    /// Number of spikes of the first neuron.
    pub spikes: usize,
    /// Final potential of the first neuron in mV, to compare the simulators.
    pub voltage: f64,
}

/// Simulates `neurons` neurons from rest over `duration` ms, and records their spikes.
///
/// # Errors
/// If a neuron diverges.
pub fn timed(neurons: usize, duration: f64) -> Result<Timing> {
    let population = Population::uniform(HodgkinHuxley::default(), neurons);
    let start = population.resting_states();
    let wave = Current::step(CURRENT).waveform(duration, 0);
    let started = Instant::now();
    let run = population.simulate(&start, &wave, Times::new(duration, STEP), &|_| ())?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Timing {
        neuron_steps: neurons * run.steps,
        seconds,
        spikes: run.spikes.first().map_or(0, Vec::len),
        voltage: run.states.first().map_or(f64::NAN, |state| state.voltage),
    })
}
