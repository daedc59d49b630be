//! Many neurons at once: the f-I curve, and neurons with varied parameters.

use std::time::Instant;

use anyhow::Result;
use indicatif::ProgressBar;
use neurons::current::Waveform;
use neurons::spiking::hodgkin_huxley::{Population, Rheobase};
use neurons::spiking::{HodgkinHuxley, Times, firing_rate};
use serde::Serialize;

use super::{Rate, STEP, drawing, rate, refused};
use crate::fit::console::progress_bar;
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;

/// Number of currents of the f-I curve, from 0 on.
const CURRENTS: u32 = 121;

/// Difference between two of them, in uA/cm2.
const CURRENT_STEP: f64 = 0.5;

/// Duration and step of each run.
const CURVE_TIMES: Times = Times {
    duration: 1000.0,
    step: STEP,
};

/// The findings about many neurons in `result.json`.
#[derive(Serialize)]
pub struct Many {
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

/// Simulates step currents up to 60 uA/cm2 and the rheobase, all at once, and writes the f-I curve.
///
/// # Errors
/// If a file cannot be written.
pub(super) fn fi_curve(
    job: &StudyJob<'_>,
    neuron: &HodgkinHuxley,
    rheobase: Option<Rheobase>,
) -> Result<Vec<Rate>> {
    let mut currents: Vec<f64> = (0..CURRENTS)
        .map(|number| CURRENT_STEP * f64::from(number))
        .collect();
    currents.extend(rheobase.map(|rheobase| rheobase.repetitive));
    currents.sort_by(f64::total_cmp);
    let bar = bar_over(currents.len(), CURVE_TIMES, "f-I curve");
    let responses = neuron.step_responses(&currents, CURVE_TIMES, &|steps| bar.inc(steps as u64));
    bar.finish_and_clear();
    let curve: Vec<Rate> = responses.map_err(refused)?.iter().map(rate).collect();
    let mut table = files::Table::new(["current_uA_per_cm2", "rate_Hz", "spikes"])?;
    for one in &curve {
        let cells = [one.current_ua_per_cm2, one.rate_hz].map(|value| format!("{value:.4}"));
        table.row(cells.into_iter().chain([one.spikes.to_string()]))?;
    }
    job.folder.write("fi_curve.csv", table.finish()?)?;
    drawing::draw_curve(&job.folder, &curve)?;
    Ok(curve)
}

/// Simulates `count` neurons with varied parameters under the user's current, and writes their rates and figures.
///
/// # Errors
/// If the step is too large for one of them, or a file cannot be written.
pub(super) fn simulate(
    job: &StudyJob<'_>,
    neuron: &HodgkinHuxley,
    count: usize,
    wave: &Waveform,
    times: Times,
) -> Result<Many> {
    let spread = job.options.simulation.spread.unwrap_or(0.0);
    let population = Population::varied(*neuron, count, spread, job.options.seed);
    let start = population.resting_states();
    let bar = bar_over(count, times, "neurons");
    let started = Instant::now();
    let run = population.simulate(&start, wave, times, &|steps| bar.inc(steps as u64));
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let run = run.map_err(refused)?;
    let rates: Vec<f64> = run
        .spikes
        .iter()
        .map(|spikes| firing_rate(spikes, times.duration / 2.0))
        .collect();
    write(&job.folder, &population, &rates, &run.spikes)?;
    drawing::draw_many(&job.folder, &run.spikes, &rates, times.duration)?;
    let mut firing: Vec<f64> = rates.iter().copied().filter(|rate| *rate > 0.0).collect();
    firing.sort_by(f64::total_cmp);
    let mean = (!firing.is_empty()).then(|| firing.iter().sum::<f64>() / firing.len() as f64);
    let deviation = mean.map(|mean| {
        let squares = firing.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>();
        (squares / firing.len() as f64).sqrt()
    });
    let neuron_steps = count * run.steps;
    Ok(Many {
        neurons: count,
        spread,
        neuron_steps,
        seconds,
        neuron_steps_per_second: neuron_steps as f64 / seconds.max(1e-9),
        threads: rayon::current_num_threads(),
        silent: rates.len() - firing.len(),
        rate_mean_hz: mean,
        rate_deviation_hz: deviation,
        rate_range_hz: firing
            .first()
            .zip(firing.last())
            .map(|(least, most)| [*least, *most]),
    })
}

/// Creates a progress bar over the steps of all neurons.
fn bar_over(neurons: usize, times: Times, message: &str) -> ProgressBar {
    let steps = (times.duration / times.step).ceil();
    progress_bar((neurons as f64 * steps) as u64, message)
}

/// Writes `neurons.csv`: each neuron's parameters, rate and number of spikes.
fn write(
    folder: &RunFolder,
    population: &Population,
    rates: &[f64],
    spikes: &[Vec<f64>],
) -> Result<()> {
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
    let rows = population
        .parameters
        .iter()
        .zip(rates)
        .zip(spikes)
        .enumerate();
    for (neuron, ((one, rate), spikes)) in rows {
        let numbers = [
            one.capacitance,
            one.sodium,
            one.potassium,
            one.leak,
            one.sodium_reversal,
            one.potassium_reversal,
            one.leak_reversal,
            *rate,
        ];
        let cells = numbers.map(|value| format!("{value:.6}"));
        let row = std::iter::once(neuron.to_string()).chain(cells);
        table.row(row.chain([spikes.len().to_string()]))?;
    }
    folder.write("neurons.csv", table.finish()?)
}

/// Returns the summary for the screen.
pub(super) fn summary(many: &Many) -> String {
    let mut text = format!(
        "{} neurons, parameters spread by {}: {:.1} million neuron-steps a second ({:.2} s, {} threads)",
        many.neurons,
        many.spread,
        many.neuron_steps_per_second / 1e6,
        many.seconds,
        many.threads
    );
    if let (Some(mean), Some(deviation), Some([least, most])) = (
        many.rate_mean_hz,
        many.rate_deviation_hz,
        many.rate_range_hz,
    ) {
        text += &format!(
            "\nthey fire at {mean:.1} Hz, standard deviation {deviation:.1} ({least:.1} to {most:.1}); {} are silent",
            many.silent
        );
    }
    text
}
