//! A population of axons with varied parameters.

use std::time::Instant;

use anyhow::Result;
use neurons::current::Waveform;
use neurons::spiking::hodgkin_huxley::Population;
use neurons::spiking::{HodgkinHuxley, RateStatistics, Times, firing_rate};
use serde::Serialize;

use crate::run_folder::RunFolder;
use crate::tasks::studies::steps::{progress, simulation_error};

/// The simulated neurons.
pub(super) struct SimulatedPopulation {
    /// Parameters of each neuron.
    pub(super) parameters: Vec<HodgkinHuxley>,
    /// Times of the spikes of each neuron, in ms.
    pub(super) spikes: Vec<Vec<f64>>,
    /// Firing rate of each neuron in the second half of the run, in Hz.
    pub(super) rates: Vec<f64>,
    /// What `result.json` holds of them.
    pub(super) findings: PopulationFindings,
}

/// The findings about a population in `result.json`.
#[derive(Serialize)]
pub(super) struct PopulationFindings {
    neurons: usize,
    spread: f64,
    neuron_steps: usize,
    seconds: f64,
    neuron_steps_per_second: f64,
    threads: usize,
    /// Number of neurons with fewer than two spikes in the second half of the run.
    silent: usize,
    /// Mean rate of the others.
    rate_mean_hz: Option<f64>,
    rate_deviation_hz: Option<f64>,
    rate_range_hz: Option<[f64; 2]>,
}

/// Simulates `count` neurons under the user's current, whose parameters vary with the relative standard deviation
/// `spread`.
///
/// # Errors
/// If the step is too large for one of them.
pub(super) fn simulate(
    neuron: &HodgkinHuxley,
    count: usize,
    spread: f64,
    seed: u64,
    wave: &Waveform,
    times: Times,
) -> Result<SimulatedPopulation> {
    let population = Population::varied(*neuron, count, spread, seed);
    let start = population.resting_states();
    let bar = progress(count, times, "neurons");
    let started = Instant::now();
    let run = population.simulate(&start, wave, times, &|steps| bar.inc(steps as u64));
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let run = run.map_err(simulation_error)?;
    let rates = run.spikes.iter();
    let rates = rates.map(|spikes| firing_rate(spikes, times.duration / 2.0));
    let rates: Vec<f64> = rates.collect();
    let statistics = RateStatistics::of(&rates);
    let neuron_steps = count * run.steps;
    let findings = PopulationFindings {
        neurons: count,
        spread,
        neuron_steps,
        seconds,
        neuron_steps_per_second: neuron_steps as f64 / seconds.max(1e-9),
        threads: rayon::current_num_threads(),
        silent: statistics.silent,
        rate_mean_hz: statistics.mean,
        rate_deviation_hz: statistics.deviation,
        rate_range_hz: statistics.range,
    };
    Ok(SimulatedPopulation {
        parameters: population.parameters,
        spikes: run.spikes,
        rates,
        findings,
    })
}

/// Writes `neurons.csv`: each neuron's parameters, rate and number of spikes.
pub(super) fn write(folder: &RunFolder, population: &SimulatedPopulation) -> Result<()> {
    let mut table = files::Table::new([
        "neuron",
        "capacitance_uF_per_cm2",
        "sodium_mS_per_cm2",
        "potassium_mS_per_cm2",
        "leak_mS_per_cm2",
        "sodium_reversal_mV",
        "potassium_reversal_mV",
        "leak_reversal_mV",
        "rate_Hz",
        "spikes",
    ])?;
    let rates = population.rates.iter().zip(&population.spikes);
    for (index, (neuron, (rate, spikes))) in population.parameters.iter().zip(rates).enumerate() {
        let numbers = [
            neuron.capacitance,
            neuron.sodium,
            neuron.potassium,
            neuron.leak,
            neuron.sodium_reversal,
            neuron.potassium_reversal,
            neuron.leak_reversal,
            *rate,
        ];
        let cells = numbers.map(|value| format!("{value:.6}"));
        let row = std::iter::once(index.to_string()).chain(cells);
        table.row(row.chain([spikes.len().to_string()]))?;
    }
    folder.write("neurons.csv", table.finish()?)
}

/// Returns the summary for the screen.
pub(super) fn summary(findings: &PopulationFindings) -> String {
    let mut text = format!(
        "{} neurons, parameters with a relative deviation of {}: {:.1} million neuron-steps per second ({:.2} s, {} threads)",
        findings.neurons,
        findings.spread,
        findings.neuron_steps_per_second / 1e6,
        findings.seconds,
        findings.threads
    );
    if let (Some(mean), Some(deviation), Some([least, most])) = (
        findings.rate_mean_hz,
        findings.rate_deviation_hz,
        findings.rate_range_hz,
    ) {
        text += &format!(
            "\nfiring rate {mean:.1} Hz on average, standard deviation {deviation:.1} ({least:.1} to {most:.1}); {} neurons are silent",
            findings.silent
        );
    }
    text
}
