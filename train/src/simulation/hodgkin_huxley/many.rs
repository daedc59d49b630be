//! Many neurons at once: the curve of rate against current, and neurons whose parameters vary.

use std::time::Instant;

use anyhow::Result;
use indicatif::ProgressBar;
use neurons::spiking::Waveform;
use neurons::spiking::hodgkin_huxley::{Parameters, Population, Rheobase, firing};
use serde::Serialize;

use super::{Rate, STEP, drawing, of_firing, refused};
use crate::console::progress_bar;
use crate::experiments::StudyJob;
use crate::run_folder::RunFolder;

/// Currents of the curve in uA/cm2: so many, each half a unit after the one before, from 0 on.
const CURRENTS: u32 = 121;
const APART: f64 = 0.5;

/// How long each is applied, in ms.
const LONG: f64 = 1000.0;

/// What many neurons did, for `result.json`.
#[derive(Serialize)]
pub struct Many {
    neurons: usize,
    spread: f64,
    neuron_steps: usize,
    seconds: f64,
    neuron_steps_per_second: f64,
    threads: usize,
    /// Neurons that did not fire twice in the second half of the time.
    silent: usize,
    /// Of the others, in Hz.
    rate_mean_hz: Option<f64>,
    rate_deviation_hz: Option<f64>,
    rate_range_hz: Option<[f64; 2]>,
}

/// The rate under steps of current up to 60 uA/cm2, all simulated at once, and at the rheobase.
///
/// # Errors
/// When the disk refuses.
pub(super) fn fi_curve(
    job: &StudyJob<'_>,
    parameters: &Parameters,
    rheobase: Option<Rheobase>,
) -> Result<Vec<Rate>> {
    let mut currents: Vec<f64> = (0..CURRENTS)
        .map(|place| APART * f64::from(place))
        .collect();
    currents.extend(rheobase.map(|rheobase| rheobase.for_ever));
    currents.sort_by(f64::total_cmp);
    let bar = bar_over(currents.len(), LONG, STEP, "f-I curve");
    let firing = parameters.under_steps(&currents, [LONG, STEP], &|steps| bar.inc(steps as u64));
    bar.finish_and_clear();
    let curve: Vec<Rate> = firing.map_err(refused)?.iter().map(of_firing).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["current_uA_per_cm2", "rate_Hz", "spikes"])?;
    for one in &curve {
        let cells = [one.current_ua_per_cm2, one.rate_hz].map(|value| format!("{value:.4}"));
        table.write_record(cells.into_iter().chain([one.spikes.to_string()]))?;
    }
    job.folder.write("fi_curve.csv", table.into_inner()?)?;
    drawing::draw_curve(&job.folder, &curve)?;
    Ok(curve)
}

/// So many neurons under the current that was asked for, their parameters as spread as was asked for.
///
/// # Errors
/// When the step is too large for one of them, or the disk refuses.
pub(super) fn simulate(
    job: &StudyJob<'_>,
    parameters: &Parameters,
    count: usize,
    wave: &Waveform,
    times: [f64; 2],
) -> Result<Many> {
    let spread = job.arguments.simulation.spread.unwrap_or(0.0);
    let many = Population::spread(*parameters, count, spread, job.arguments.seed);
    let start = many.at_rest();
    let bar = bar_over(count, times[0], times[1], "neurons");
    let started = Instant::now();
    let run = many.simulate(&start, wave, times, &|steps| bar.inc(steps as u64));
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let run = run.map_err(refused)?;
    let rates: Vec<f64> = run
        .spikes
        .iter()
        .map(|spikes| firing::rate(spikes, times[0] / 2.0))
        .collect();
    write(&job.folder, &many, &rates, &run.spikes)?;
    drawing::draw_many(&job.folder, &run.spikes, &rates, times[0])?;
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

fn bar_over(neurons: usize, duration: f64, step: f64, message: &str) -> ProgressBar {
    progress_bar((neurons as f64 * (duration / step).ceil()) as u64, message)
}

/// `neurons.csv`: each neuron's parameters, rate and number of spikes.
fn write(folder: &RunFolder, many: &Population, rates: &[f64], spikes: &[Vec<f64>]) -> Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
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
    let rows = many.parameters.iter().zip(rates).zip(spikes).enumerate();
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
        table.write_record(row.chain([spikes.len().to_string()]))?;
    }
    folder.write("neurons.csv", table.into_inner()?)
}

/// For the screen.
pub(super) fn words(many: &Many) -> String {
    let mut words = format!(
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
        words += &format!(
            "\nthey fire at {mean:.1} Hz, standard deviation {deviation:.1} ({least:.1} to {most:.1}); {} are silent",
            many.silent
        );
    }
    words
}
