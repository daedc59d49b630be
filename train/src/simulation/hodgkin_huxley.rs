//! What `train hodgkin-huxley` does: one neuron under a current, the membrane's thresholds and rates, and many neurons
//! at once.

mod drawing;
mod many;

use std::cell::Cell;

use anyhow::Result;
use neurons::spiking::hodgkin_huxley::{
    Firing, HodgkinHuxleyError, Moment, Parameters, Rheobase, State, Trace, firing,
};
use neurons::spiking::{Current, Waveform};
use serde::Serialize;

use super::recording::Unit;
use crate::cli::WrongArguments;
use crate::console::progress_bar;
use crate::experiments::{Finished, StudyJob};
use crate::report::screen;
use crate::run_folder::RunFolder;

/// How long and with which step, in ms, unless the command line says otherwise.
const TIMES: [f64; 2] = [200.0, 0.01];

/// The step of the membrane's own figures in ms, whatever step the user's current is simulated with.
const STEP: f64 = 0.01;

/// The step currents in uA/cm2 whose rates are printed, and how long they are applied, in ms.
const CURRENTS: [f64; 6] = [7.0, 10.0, 15.0, 20.0, 30.0, 50.0];
const LONG: f64 = 2000.0;

/// Rows of `trace.csv` at most: more are thinned out evenly.
const MOST_ROWS: usize = 100_001;

/// Runs of so many ms are also integrated with steps that follow a tolerance.
const COMPARED: f64 = 2000.0;
const TOLERANCE: f64 = 1e-9;

/// What `result.json` holds.
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
    /// Of the intervals in the second half of the time.
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

/// How fast a step of current makes it fire.
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

/// The same run with Dormand and Prince's method of eighth order.
#[derive(Serialize)]
struct Adaptive {
    tolerance: f64,
    steps: usize,
    spikes: usize,
    /// Between the spikes of both, where they have as many.
    largest_difference_ms: Option<f64>,
}

/// Simulates, draws and reports.
///
/// # Errors
/// When the current cannot be used, the step is too large, or the disk refuses.
pub fn study(job: &StudyJob<'_>) -> Result<Finished> {
    let asked = &job.arguments.simulation;
    let current = asked.current(Current::step(10.0), Unit::MicroamperesPerSquareCentimetre)?;
    let times = asked.times(&current, TIMES)?;
    let wave = current.waveform(times[0], job.arguments.seed);
    let parameters = Parameters::default();
    let rest = State::at_rest(&parameters);
    let trace = traced(&parameters, rest, &wave, times)?;
    write_trace(&job.folder, &parameters, &trace.moments)?;

    let rheobase = parameters.rheobase(STEP).map_err(refused)?;
    let rates = parameters
        .under_steps(&CURRENTS, [LONG, STEP], &|_| ())
        .map_err(refused)?;
    let curve = asked
        .fi_curve
        .then(|| many::fi_curve(job, &parameters, rheobase))
        .transpose()?;
    let neurons = (asked.neurons)
        .map(|count| many::simulate(job, &parameters, count as usize, &wave, times))
        .transpose()?;
    let findings = Findings {
        current: current.to_string(),
        duration_ms: times[0],
        step_ms: trace.step,
        steps: trace.steps,
        rest: membrane(rest),
        rheobase: rheobase.map(thresholds),
        rates: rates.iter().map(of_firing).collect(),
        rate_hz: firing::rate(&trace.spikes, times[0] / 2.0),
        first_peak: trace.first_peak.map(|(time_ms, voltage_mv)| Peak {
            time_ms,
            voltage_mv,
        }),
        adaptive: adaptive(&parameters, rest, &wave, times[0], &trace)?,
        fi_curve: curve,
        neurons,
        spikes_ms: trace.spikes,
    };
    drawing::draw(&job.folder, &parameters, &trace.moments)?;
    job.finish(&words(&findings), &findings)
}

/// The run that the user asked for, behind a bar.
fn traced(parameters: &Parameters, rest: State, wave: &Waveform, times: [f64; 2]) -> Result<Trace> {
    let bar = progress_bar((times[0] / times[1]).ceil() as u64, "simulating");
    let made = Cell::new(0);
    let trace = parameters.simulate(rest, wave, times, MOST_ROWS, &|steps| {
        made.set(made.get() + steps as u64);
        bar.set_position(made.get());
    });
    bar.finish_and_clear();
    trace.map_err(refused)
}

/// A step that is too large is a wrong argument.
fn refused(error: HodgkinHuxleyError) -> anyhow::Error {
    match error {
        HodgkinHuxleyError::StepTooLarge { .. } | HodgkinHuxleyError::Diverged { .. } => {
            WrongArguments::new(format!("--step: {error}")).into()
        }
        other => other.into(),
    }
}

fn adaptive(
    parameters: &Parameters,
    rest: State,
    wave: &Waveform,
    duration: f64,
    trace: &Trace,
) -> Result<Option<Adaptive>> {
    if duration > COMPARED {
        return Ok(None);
    }
    let adapted = parameters.simulate_adaptively(rest, wave, duration, TOLERANCE)?;
    let differences = adapted
        .spikes
        .iter()
        .zip(&trace.spikes)
        .map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f64::max);
    Ok(Some(Adaptive {
        tolerance: TOLERANCE,
        steps: adapted.steps,
        spikes: adapted.spikes.len(),
        largest_difference_ms: (adapted.spikes.len() == trace.spikes.len()).then_some(largest),
    }))
}

fn membrane(state: State) -> Membrane {
    let State { voltage, m, h, n } = state;
    Membrane {
        voltage_mv: voltage,
        m,
        h,
        n,
    }
}

fn thresholds(rheobase: Rheobase) -> Thresholds {
    Thresholds {
        one_spike_ua_per_cm2: rheobase.once,
        for_ever_ua_per_cm2: rheobase.for_ever,
    }
}

fn of_firing(one: &Firing) -> Rate {
    Rate {
        current_ua_per_cm2: one.current,
        rate_hz: one.rate,
        spikes: one.spikes.len(),
    }
}

/// `trace.csv`: the membrane over time.
fn write_trace(folder: &RunFolder, parameters: &Parameters, moments: &[Moment]) -> Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
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
    for Moment { time, input, state } in moments {
        let State { voltage, m, h, n } = *state;
        let currents = state.currents(parameters);
        let row = [
            *input,
            voltage,
            m,
            h,
            n,
            currents.sodium,
            currents.potassium,
            currents.leak,
        ];
        let cells = row.map(|value| format!("{value:.9}"));
        table.write_record(std::iter::once(screen::number(*time)).chain(cells))?;
    }
    folder.write("trace.csv", table.into_inner()?)
}

fn words(findings: &Findings) -> String {
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
    lines.extend(findings.adaptive.as_ref().map(adaptive_words));
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
    lines.extend(findings.neurons.as_ref().map(many::words));
    lines.join("\n")
}

fn adaptive_words(adaptive: &Adaptive) -> String {
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
