//! What a study shows of a simple neuron: its membrane over time, what else it remembers, and how often it fires.

use std::fmt::Write as _;

use anyhow::Result;
use neurons::spiking::hodgkin_huxley::firing::rate;
use neurons::spiking::{Current, SpikingNeuron, Waveform, run};
use rayon::prelude::*;
use serde::Serialize;

use crate::cli::WrongArguments;
use crate::experiments::{Finished, StudyJob};
use crate::report::figure;
use crate::report::plot::{self, Mark, Plot, Series};
use crate::report::screen;

use super::recording::Unit;

/// A neuron, and how it is shown.
pub struct Sitter<N: SpikingNeuron> {
    /// What it is called.
    pub name: String,
    /// Its parameters.
    pub neuron: N,
    /// Its current unless another is given.
    pub current: Current,
    /// The currents of the curve of rates.
    pub currents: Vec<f64>,
    /// The rate in Hz by its formula, where there is one.
    pub formula: Option<fn(&N, f64) -> f64>,
    /// What it remembers beside its membrane.
    pub variable: Option<Variable<N::State>>,
}

/// A variable beside the membrane.
pub struct Variable<S> {
    /// At the axis, with its unit.
    pub name: &'static str,
    /// Its column in the table.
    pub column: &'static str,
    /// Taken from the state.
    pub of: fn(&S) -> f64,
}

/// What `result.json` holds of a neuron.
#[derive(Serialize)]
struct Portrait<N> {
    name: String,
    parameters: N,
    current: String,
    duration: f64,
    step: f64,
    /// In ms.
    spikes: Vec<f64>,
    /// Between the first and the last spike, in Hz.
    rate: f64,
    /// In ms.
    first_interval: Option<f64>,
    last_interval: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fi_curve: Option<Vec<Rate>>,
}

#[derive(Serialize)]
struct Rate {
    current: f64,
    /// By counting spikes, in Hz.
    rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<f64>,
}

#[derive(Serialize)]
struct Portraits<N> {
    neurons: Vec<Portrait<N>>,
}

/// The options of a portrait.
pub const TAKES: [&str; 4] = ["current", "duration", "step", "fi-curve"];

/// Moments that are drawn and written.
const MOMENTS: usize = 5000;

/// How long a rate is counted, and how long the neuron settles before, in ms.
const COUNTED: f64 = 2000.0;
const SETTLES: f64 = 1000.0;

/// How high a spike is drawn, in mV.
const DRAWN_PEAK: f64 = 30.0;

/// Simulates every neuron under the command line's current and duration, draws, writes and tells.
///
/// # Errors
/// When the current's file or the step cannot be used, or the disk refuses.
pub fn portray<N>(
    job: &StudyJob<'_>,
    sitters: &[Sitter<N>],
    unit: Unit,
    usual: [f64; 2],
) -> Result<Finished>
where
    N: SpikingNeuron + Serialize + Clone + Sync,
{
    let asked = &job.arguments.simulation;
    let (mut plots, mut neurons) = (Vec::new(), Vec::new());
    for sitter in sitters {
        let current = asked.current(sitter.current.clone(), unit)?;
        let [duration, step] = asked.times(&current, usual)?;
        let wave = current.waveform(duration, job.arguments.seed);
        let refused = |error| WrongArguments::new(format!("--step: {error}"));
        let done = run(&sitter.neuron, &wave, [duration, step], MOMENTS).map_err(refused)?;
        write_trace(job, sitter, &wave, &done.states)?;
        plots.extend(draw(sitter, &wave, &done.states, &done.spikes, unit));
        let fi_curve = (asked.fi_curve).then(|| rates(sitter, step)).transpose()?;
        let portrait = Portrait {
            name: sitter.name.clone(),
            parameters: sitter.neuron.clone(),
            current: current.to_string(),
            duration,
            step,
            rate: rate(&done.spikes, 0.0),
            first_interval: done.spikes.get(..2).map(|pair| pair[1] - pair[0]),
            last_interval: (done.spikes.windows(2).last()).map(|pair| pair[1] - pair[0]),
            spikes: done.spikes,
            fi_curve,
        };
        neurons.push(portrait);
    }
    let columns = if sitters.iter().any(|sitter| sitter.variable.is_some()) {
        2
    } else {
        1
    };
    figure::write(&job.folder, "membrane", &plot::draw(&plots, columns)?)?;
    let mut parts = vec![words(&neurons)];
    if asked.fi_curve {
        let plot = curve_plot(&neurons, unit);
        figure::write(&job.folder, "fi_curve", &plot::draw(&[plot], 1)?)?;
        write_rates(job, &neurons)?;
        parts.extend(neurons.iter().filter_map(|one| rate_words(one, unit)));
    }
    job.finish(&parts.join("\n\n"), &Portraits { neurons })
}

/// The rate at every current of the curve, once it has settled.
fn rates<N>(sitter: &Sitter<N>, step: f64) -> Result<Vec<Rate>>
where
    N: SpikingNeuron + Sync,
{
    let neuron = &sitter.neuron;
    (sitter.currents.par_iter())
        .map(|&current| {
            let wave = Current::step(current).waveform(SETTLES + COUNTED, 0);
            let done = run(neuron, &wave, [SETTLES + COUNTED, step], 1)
                .map_err(|error| WrongArguments::new(format!("--step: {error}")))?;
            Ok(Rate {
                current,
                rate: rate(&done.spikes, SETTLES),
                formula: sitter.formula.map(|formula| formula(neuron, current)),
            })
        })
        .collect()
}

fn write_trace<N: SpikingNeuron>(
    job: &StudyJob<'_>,
    sitter: &Sitter<N>,
    wave: &Waveform,
    states: &[(f64, N::State)],
) -> Result<()> {
    let mut text = "time_ms,current,membrane_mV".to_owned();
    if let Some(variable) = &sitter.variable {
        let _ = write!(text, ",{}", variable.column);
    }
    text.push('\n');
    for (time, state) in states {
        let membrane = sitter.neuron.membrane(state);
        let _ = write!(text, "{time:.4},{},{membrane:.6}", wave.at(*time));
        if let Some(variable) = &sitter.variable {
            let _ = write!(text, ",{:.6}", (variable.of)(state));
        }
        text.push('\n');
    }
    job.folder.write(&format!("{}.csv", sitter.name), text)
}

/// The membrane with its spikes, and beside it the other variable.
fn draw<N: SpikingNeuron>(
    sitter: &Sitter<N>,
    wave: &Waveform,
    states: &[(f64, N::State)],
    spikes: &[f64],
    unit: Unit,
) -> Vec<Plot> {
    let mut points: Vec<(f64, f64)> = (states.iter())
        .map(|(time, state)| (*time, sitter.neuron.membrane(state)))
        .collect();
    // A spike is a moment that no step need show: up and down at its time.
    let low = points
        .iter()
        .map(|point| point.1)
        .fold(f64::INFINITY, f64::min);
    let strokes = spikes.iter().map(|spike| {
        let places = points.partition_point(|point| point.0 <= *spike);
        let from = points[places.saturating_sub(1)].1.max(low);
        let to = points.get(places).map_or(from, |point| point.1);
        [(*spike, from), (*spike, DRAWN_PEAK), (*spike, to)]
    });
    let strokes: Vec<(f64, f64)> = strokes.flatten().collect();
    points.extend(strokes);
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let currents = states
        .iter()
        .map(|(time, _)| (*time, wave.at(*time)))
        .collect();
    let title = |what: &str| format!("{}: {what}", sitter.name);
    let plot = |title: String, up: String, points, colour| Plot {
        title,
        across: "time (ms)".to_owned(),
        up,
        series: vec![Series::line("", points, colour)],
        ..Plot::default()
    };
    let membrane = plot(title("membrane"), "mV".to_owned(), points, 0);
    match &sitter.variable {
        Some(variable) => {
            let course = states
                .iter()
                .map(|(time, state)| (*time, (variable.of)(state)));
            let name = variable.name;
            vec![
                membrane,
                plot(title("memory"), name.to_owned(), course.collect(), 1),
            ]
        }
        None => {
            let current = plot(title("current"), unit.name().to_owned(), currents, 6);
            vec![membrane, current]
        }
    }
}

fn curve_plot<N>(neurons: &[Portrait<N>], unit: Unit) -> Plot {
    let mut series = Vec::new();
    for (number, neuron) in neurons.iter().enumerate() {
        let rates = neuron.fi_curve.as_deref().unwrap_or(&[]);
        let counted = rates.iter().map(|at| (at.current, at.rate)).collect();
        let counted = Series::line(neuron.name.as_str(), counted, number);
        let formula = rates
            .iter()
            .filter_map(|at| Some((at.current, at.formula?)));
        let formula: Vec<(f64, f64)> = formula.collect();
        if formula.is_empty() {
            series.push(counted);
        } else {
            series.push(Series::line("formula", formula, 6));
            series.push(counted.marked(Mark::Dots));
        }
    }
    Plot {
        title: "Rate of firing".to_owned(),
        across: format!("current ({})", unit.name()),
        up: "Hz".to_owned(),
        series,
        ..Plot::default()
    }
}

fn write_rates<N>(job: &StudyJob<'_>, neurons: &[Portrait<N>]) -> Result<()> {
    let mut text = "neuron,current,rate_Hz\n".to_owned();
    for neuron in neurons {
        for at in neuron.fi_curve.iter().flatten() {
            let _ = writeln!(text, "{},{},{:.6}", neuron.name, at.current, at.rate);
        }
    }
    job.folder.write("fi_curve.csv", text)
}

fn words<N>(neurons: &[Portrait<N>]) -> String {
    let header = [
        "neuron",
        "current",
        "spikes",
        "first (ms)",
        "rate (Hz)",
        "first interval",
        "last interval",
    ];
    let rows = neurons.iter().map(|neuron| {
        let ms = |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.3}"));
        vec![
            neuron.name.clone(),
            neuron.current.clone(),
            neuron.spikes.len().to_string(),
            ms(neuron.spikes.first().copied()),
            format!("{:.2}", neuron.rate),
            ms(neuron.first_interval),
            ms(neuron.last_interval),
        ]
    });
    let times = neurons.first().map_or(String::new(), |neuron| {
        format!("{} ms in steps of {} ms", neuron.duration, neuron.step)
    });
    let table = screen::table(header.map(str::to_owned).to_vec(), rows);
    format!("{times}\n{table}")
}

/// Every so many rows of the curve are printed.
const PRINTED: usize = 12;

fn rate_words<N>(neuron: &Portrait<N>, unit: Unit) -> Option<String> {
    let rates = neuron.fi_curve.as_ref()?;
    let has_formula = rates.iter().any(|at| at.formula.is_some());
    let mut header = vec![
        format!("{} ({})", neuron.name, unit.name()),
        "Hz".to_owned(),
    ];
    header.extend(has_formula.then(|| "by the formula".to_owned()));
    let every = rates.len().div_ceil(PRINTED).max(1);
    let rows = rates.iter().step_by(every).map(|at| {
        let mut row = vec![screen::number(at.current), format!("{:.3}", at.rate)];
        row.extend(at.formula.map(|rate| format!("{rate:.3}")));
        row
    });
    Some(screen::table(header, rows))
}
