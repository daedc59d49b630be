//! The study: simulation, findings, tables and summary.

use anyhow::Result;
use neurons::current::{Current, Unit, Waveform};
use neurons::spiking::hodgkin_huxley::FirstPeak;
use neurons::spiking::{
    HodgkinHuxley, HodgkinHuxleyState, Neuron, Times, Trace, TracePoint, firing_rate, simulate,
};
use serde::Serialize;

use super::excitability::{self, Rate, STEP, Thresholds};
use super::{plots, population};
use crate::report::finished::Finished;
use crate::report::screen;
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::steps::{progress, simulation_error};

/// Default duration and step.
pub const TIMES: Times = Times {
    duration: 200.0,
    step: STEP,
};

/// Largest number of rows of `trace.csv`, without the first: longer runs are thinned evenly.
const MAX_ROWS: usize = 100_000;

/// Steps between two updates of the progress bar.
const PROGRESS_STEPS: u64 = 4096;

/// Longest run that is compared with the adaptive integrator, in ms.
const COMPARED: f64 = 2000.0;

/// Tolerance of the adaptive integrator.
const TOLERANCE: f64 = 1e-9;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    current: String,
    duration_ms: f64,
    step_ms: f64,
    steps: usize,
    rest: Membrane,
    rheobase: Option<Thresholds>,
    rates: Vec<Rate>,
    spikes_ms: Vec<f64>,
    /// Firing rate in the second half of the run.
    rate_hz: f64,
    first_peak: Option<Peak>,
    adaptive: Option<Adaptive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fi_curve: Option<Vec<Rate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    neurons: Option<population::PopulationFindings>,
}

#[derive(Serialize)]
struct Membrane {
    voltage_mv: f64,
    m: f64,
    h: f64,
    n: f64,
}

impl From<HodgkinHuxleyState> for Membrane {
    fn from(HodgkinHuxleyState { voltage, m, h, n }: HodgkinHuxleyState) -> Self {
        Self {
            voltage_mv: voltage,
            m,
            h,
            n,
        }
    }
}

#[derive(Serialize)]
struct Peak {
    time_ms: f64,
    voltage_mv: f64,
}

/// The same run with the adaptive integrator.
#[derive(Serialize)]
struct Adaptive {
    tolerance: f64,
    steps: usize,
    spikes: usize,
    /// Largest difference between the spikes of both runs, if their numbers are equal.
    largest_difference_ms: Option<f64>,
}

/// Simulates the neuron, and writes figures, tables and `result.json`.
///
/// # Errors
/// If the current cannot be used, the step is too large, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let (options, seed) = (&job.options.simulation, job.options.seed);
    let current = options.current(Current::step(10.0), Unit::MicroamperesPerSquareCentimetre)?;
    let times = options.times(&current, TIMES)?;
    let wave = current.waveform(times.duration, seed);
    let neuron = HodgkinHuxley::default();

    let (trace, first_peak) = simulate_axon(&neuron, &wave, times)?;
    let rheobase = neuron.rheobase(STEP).map_err(simulation_error)?;
    let rates = excitability::rates(&neuron)?;
    let fi_curve = (options.fi_curve)
        .then(|| excitability::fi_curve(&neuron, rheobase))
        .transpose()?;
    let population = (options.neurons)
        .map(|count| {
            let spread = options.spread.unwrap_or(0.0);
            population::simulate(&neuron, count as usize, spread, seed, &wave, times)
        })
        .transpose()?;

    write_trace(&job.folder, &neuron, &trace.points)?;
    plots::draw(&job.folder, &neuron, &trace.points)?;
    if let Some(curve) = &fi_curve {
        excitability::write_curve(&job.folder, curve)?;
        plots::draw_curve(&job.folder, curve)?;
    }
    if let Some(population) = &population {
        population::write(&job.folder, population)?;
        plots::draw_population(&job.folder, population, times.duration)?;
    }
    let findings = Findings {
        current: current.to_string(),
        duration_ms: times.duration,
        step_ms: trace.step,
        steps: trace.steps,
        rest: neuron.resting_state().into(),
        rheobase: rheobase.map(Thresholds::from),
        rates,
        rate_hz: firing_rate(&trace.spikes, times.duration / 2.0),
        first_peak: first_peak.peak.map(|(time_ms, voltage_mv)| Peak {
            time_ms,
            voltage_mv,
        }),
        adaptive: integrate_adaptively(&neuron, &wave, times.duration, &trace.spikes)?,
        fi_curve,
        neurons: population.map(|population| population.findings),
        spikes_ms: trace.spikes,
    };
    job.finish(&summary(&findings), &findings)
}

/// Simulates the neuron from rest under the user's current, with a progress bar.
fn simulate_axon(
    neuron: &HodgkinHuxley,
    wave: &Waveform,
    times: Times,
) -> Result<(Trace<HodgkinHuxleyState>, FirstPeak)> {
    let bar = progress(1, times, "simulating");
    let (mut first_peak, mut steps) = (FirstPeak::default(), 0);
    let (rest, times) = (neuron.resting_state(), times.fitted());
    let trace = simulate(neuron, rest, wave, times, MAX_ROWS, |made| {
        first_peak.observe(made);
        steps += 1;
        if steps % PROGRESS_STEPS == 0 {
            bar.set_position(steps);
        }
    });
    bar.finish_and_clear();
    Ok((trace.map_err(simulation_error)?, first_peak))
}

/// Repeats a run that is not too long with the adaptive integrator, and compares the spikes with `spikes`.
fn integrate_adaptively(
    neuron: &HodgkinHuxley,
    wave: &Waveform,
    duration: f64,
    spikes: &[f64],
) -> Result<Option<Adaptive>> {
    if duration > COMPARED {
        return Ok(None);
    }
    let rest = neuron.resting_state();
    let reference = neuron.simulate_adaptively(rest, wave, duration, TOLERANCE)?;
    let differences = (reference.spikes.iter().zip(spikes)).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f64::max);
    Ok(Some(Adaptive {
        tolerance: TOLERANCE,
        steps: reference.steps,
        spikes: reference.spikes.len(),
        largest_difference_ms: (reference.spikes.len() == spikes.len()).then_some(largest),
    }))
}

/// Writes `trace.csv`: the membrane over time.
fn write_trace(
    folder: &RunFolder,
    neuron: &HodgkinHuxley,
    points: &[TracePoint<HodgkinHuxleyState>],
) -> Result<()> {
    let mut table = files::Table::new([
        "time_ms",
        "input_uA_per_cm2",
        "voltage_mV",
        "m",
        "h",
        "n",
        "sodium_uA_per_cm2",
        "potassium_uA_per_cm2",
        "leak_uA_per_cm2",
    ])?;
    for TracePoint {
        time,
        current,
        state,
    } in points
    {
        let HodgkinHuxleyState { voltage, m, h, n } = *state;
        let currents = state.currents(neuron);
        let row = [
            *current,
            voltage,
            m,
            h,
            n,
            currents.sodium,
            currents.potassium,
            currents.leak,
        ];
        let cells = row.map(|value| format!("{value:.9}"));
        table.row(std::iter::once(screen::number(*time)).chain(cells))?;
    }
    folder.write("trace.csv", table.finish()?)
}

/// Returns the summary for the screen.
fn summary(findings: &Findings) -> String {
    let Membrane {
        voltage_mv,
        m,
        h,
        n,
    } = findings.rest;
    let mut lines = vec![
        format!(
            "{} for {} ms, {} steps of {} ms: {} spikes{}",
            findings.current,
            screen::number(findings.duration_ms),
            findings.steps,
            screen::number(findings.step_ms),
            findings.spikes_ms.len(),
            match findings.rate_hz {
                0.0 => String::new(),
                rate => format!(", in the second half {rate:.1} Hz"),
            }
        ),
        format!("rest {voltage_mv:.3} mV with m {m:.4}, h {h:.4}, n {n:.4}"),
    ];
    lines.extend(findings.first_peak.as_ref().map(|peak| {
        format!(
            "first peak {:.2} mV at {:.2} ms",
            peak.voltage_mv, peak.time_ms
        )
    }));
    lines.extend(findings.adaptive.as_ref().map(comparison));
    lines.push(match &findings.rheobase {
        Some(at) => format!(
            "rheobase: a step of {:.3} uA/cm2 for one spike in 200 ms, {:.3} for repetitive firing",
            at.one_spike_ua_per_cm2, at.for_ever_ua_per_cm2
        ),
        None => "no step up to 1024 uA/cm2 makes the neuron fire".to_owned(),
    });
    let header = ["step (uA/cm2)", "rate (Hz)"];
    let rows = findings.rates.iter().map(|one| {
        vec![
            screen::number(one.current_ua_per_cm2),
            format!("{:.1}", one.rate_hz),
        ]
    });
    lines.push(screen::table(header, rows));
    lines.extend(findings.neurons.as_ref().map(population::summary));
    lines.join("\n")
}

/// Returns the comparison with the adaptive integrator for the screen.
fn comparison(adaptive: &Adaptive) -> String {
    let Adaptive {
        tolerance,
        steps,
        spikes,
        ..
    } = adaptive;
    let against = match adaptive.largest_difference_ms {
        Some(largest) if *spikes > 0 => format!("spikes within {largest:.1e} ms"),
        Some(_) => "no spike either".to_owned(),
        None => format!("{spikes} spikes; give a smaller --step"),
    };
    format!("DOP853 with a tolerance of {tolerance:.0e}, in {steps} steps: {against}")
}
