//! Hodgkin and Huxley's neurons at work: how many steps of theirs a second holds.

use std::time::Instant;

use anyhow::Result;
use neurons::spiking::Current;
use neurons::spiking::hodgkin_huxley::{Parameters, Population, State};
use serde::Serialize;

/// A current in uA/cm2 under which each of them fires all the time.
pub const CURRENT: f64 = 10.0;

/// The step of integration in ms.
pub const STEP: f64 = 0.01;

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// Steps of all neurons together.
    pub neuron_steps: usize,
    /// Wall-clock time of the simulation.
    pub seconds: f64,
    /// Spikes of the first neuron.
    pub spikes: usize,
    /// The first neuron's potential at the end in mV, to compare the sides.
    pub voltage: f64,
}

/// So many neurons from rest over so many ms, with their spikes noted.
///
/// # Errors
/// When a neuron diverges.
pub fn timed(neurons: usize, duration: f64) -> Result<Timing> {
    let many = Population::uniform(Parameters::default(), neurons);
    let start = vec![State::at_rest(&Parameters::default()); neurons];
    let wave = Current::step(CURRENT).waveform(duration, 0);
    let started = Instant::now();
    let run = many.simulate(&start, &wave, [duration, STEP], &|_| ())?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Timing {
        neuron_steps: neurons * run.steps,
        seconds,
        spikes: run.spikes.first().map_or(0, Vec::len),
        voltage: run.states.first().map_or(f64::NAN, |state| state.voltage),
    })
}
