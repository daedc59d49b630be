//! The study of the squid axon: one neuron under a current, its thresholds and rates, and many neurons at once.

mod drawing;
mod many;

use anyhow::Result;
use neurons::Error;
use neurons::current::{Current, Unit, Waveform};
use neurons::spiking::hodgkin_huxley::{FirstPeak, Rheobase, StepResponse};
use neurons::spiking::{
    HodgkinHuxley, HodgkinHuxleyState, Neuron, Times, Trace, TracePoint, firing_rate, simulate,
};
use serde::Serialize;

use crate::fit::console::progress_bar;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;
use crate::wrong_arguments::WrongArguments;

/// Default duration and step.
const TIMES: Times = Times {
    duration: 200.0,
    step: STEP,
};

/// Step of the thresholds and rates in ms, whatever step the user chooses for the current.
const STEP: f64 = 0.01;

/// Step currents whose rates are printed, in uA/cm2.
const CURRENTS: [f64; 6] = [7.0, 10.0, 15.0, 20.0, 30.0, 50.0];

/// Duration of these steps, in ms.
const CURRENT_DURATION: f64 = 2000.0;

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
    neurons: Option<many::Many>,
}

#[derive(Serialize)]
struct Membrane {
    voltage_mv: f64,
    m: f64,
    h: f64,
    n: f64,
}

#[derive(Serialize)]
struct Thresholds {
    one_spike_ua_per_cm2: f64,
    for_ever_ua_per_cm2: f64,
}

/// The firing rate under a step current.
#[derive(Clone, Serialize)]
struct Rate {
    current_ua_per_cm2: f64,
    rate_hz: f64,
    spikes: usize,
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
    let asked = &job.options.simulation;
    let current = asked.current(Current::step(10.0), Unit::MicroamperesPerSquareCentimetre)?;
    let times = asked.times(&current, TIMES)?;
    let wave = current.waveform(times.duration, job.options.seed);
    let neuron = HodgkinHuxley::default();
    let rest = neuron.resting_state();
    let (trace, first_peak) = traced(&neuron, rest, &wave, times)?;
    write_trace(&job.folder, &neuron, &trace.points)?;

    let rheobase = neuron.rheobase(STEP).map_err(refused)?;
    let rates = neuron
        .step_responses(&CURRENTS, Times::new(CURRENT_DURATION, STEP), &|_| ())
        .map_err(refused)?;
    let curve = asked
        .fi_curve
        .then(|| many::fi_curve(job, &neuron, rheobase))
        .transpose()?;
    let neurons = (asked.neurons)
        .map(|count| many::simulate(job, &neuron, count as usize, &wave, times))
        .transpose()?;
    let findings = Findings {
        current: current.to_string(),
        duration_ms: times.duration,
        step_ms: trace.step,
        steps: trace.steps,
        rest: membrane(rest),
        rheobase: rheobase.map(thresholds),
        rates: rates.iter().map(rate).collect(),
        rate_hz: firing_rate(&trace.spikes, times.duration / 2.0),
        first_peak: first_peak.peak.map(|(time_ms, voltage_mv)| Peak {
            time_ms,
            voltage_mv,
        }),
        adaptive: adaptive(&neuron, rest, &wave, times.duration, &trace)?,
        fi_curve: curve,
        neurons,
        spikes_ms: trace.spikes,
    };
    drawing::draw(&job.folder, &neuron, &trace.points)?;
    job.finish(&summary(&findings), &findings)
}

/// Runs the neuron under the user's current, with a progress bar.
fn traced(
    neuron: &HodgkinHuxley,
    rest: HodgkinHuxleyState,
    wave: &Waveform,
    times: Times,
) -> Result<(Trace<HodgkinHuxleyState>, FirstPeak)> {
    let bar = progress_bar((times.duration / times.step).ceil() as u64, "simulating");
    let (mut first_peak, mut steps) = (FirstPeak::default(), 0);
    let trace = simulate(neuron, rest, wave, times.fitted(), MAX_ROWS, |made| {
        first_peak.observe(made);
        steps += 1;
        if steps % PROGRESS_STEPS == 0 {
            bar.set_position(steps);
        }
    });
    bar.finish_and_clear();
    Ok((trace.map_err(refused)?, first_peak))
}

/// Converts an error; a step that is too large is a wrong argument.
fn refused(error: Error) -> anyhow::Error {
    match error {
        Error::UnstableStep { .. } | Error::Diverged { .. } => {
            WrongArguments::new(format!("--step: {error}")).into()
        }
        other => other.into(),
    }
}

/// Compares a run that is not too long with the adaptive integrator.
fn adaptive(
    neuron: &HodgkinHuxley,
    rest: HodgkinHuxleyState,
    wave: &Waveform,
    duration: f64,
    trace: &Trace<HodgkinHuxleyState>,
) -> Result<Option<Adaptive>> {
    if duration > COMPARED {
        return Ok(None);
    }
    let reference = neuron.simulate_adaptively(rest, wave, duration, TOLERANCE)?;
    let differences = reference
        .spikes
        .iter()
        .zip(&trace.spikes)
        .map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f64::max);
    Ok(Some(Adaptive {
        tolerance: TOLERANCE,
        steps: reference.steps,
        spikes: reference.spikes.len(),
        largest_difference_ms: (reference.spikes.len() == trace.spikes.len()).then_some(largest),
    }))
}

fn membrane(state: HodgkinHuxleyState) -> Membrane {
    let HodgkinHuxleyState { voltage, m, h, n } = state;
    Membrane {
        voltage_mv: voltage,
        m,
        h,
        n,
    }
}

fn thresholds(rheobase: Rheobase) -> Thresholds {
    Thresholds {
        one_spike_ua_per_cm2: rheobase.single,
        for_ever_ua_per_cm2: rheobase.repetitive,
    }
}

fn rate(response: &StepResponse) -> Rate {
    Rate {
        current_ua_per_cm2: response.current,
        rate_hz: response.rate,
        spikes: response.spikes.len(),
    }
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
            "rheobase: a step of {:.3} uA/cm2 for one spike in 200 ms, {:.3} for spikes without end",
            at.one_spike_ua_per_cm2, at.for_ever_ua_per_cm2
        ),
        None => "no step up to 1024 uA/cm2 makes it fire".to_owned(),
    });
    let header = ["step (uA/cm2)", "rate (Hz)"].map(String::from).to_vec();
    let rows = findings.rates.iter().map(|one| {
        vec![
            screen::number(one.current_ua_per_cm2),
            format!("{:.1}", one.rate_hz),
        ]
    });
    lines.push(screen::table(header, rows));
    lines.extend(findings.neurons.as_ref().map(many::summary));
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
        None => format!("{spikes} spikes: give a smaller --step"),
    };
    format!("DOP853 with a tolerance of {tolerance:.0e}, in {steps} steps: {against}")
}
