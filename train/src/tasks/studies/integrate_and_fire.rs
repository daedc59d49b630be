//! The study of a neuron with one or two variables: its membrane potential over time, its second variable, and its f-I
//! curve.

use std::fmt::Write as _;

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::current::{Current, Unit, Waveform};
use neurons::spiking::{Neuron, Times, Trace, firing_rate, run};
use rayon::prelude::*;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::wrong_arguments::WrongArguments;

/// A neuron under study, and how it is shown.
pub struct StudiedNeuron<N: Neuron> {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub neuron: N,
    /// Its default current.
    pub current: Current,
    /// The currents of the f-I curve.
    pub currents: Vec<f64>,
    /// The rate in Hz by a formula, if there is one.
    pub formula: Option<fn(&N, f64) -> f64>,
    /// Its second variable.
    pub variable: Option<Variable<N::State>>,
}

/// A variable beside the membrane potential.
pub struct Variable<S> {
    /// Its name with the unit, for the axis.
    pub name: &'static str,
    /// Its column in the table.
    pub column: &'static str,
    /// Reads it from the state.
    pub value: fn(&S) -> f64,
}

/// The findings about a neuron in `result.json`.
#[derive(Serialize)]
struct NeuronFindings<N> {
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
struct Findings<N> {
    neurons: Vec<NeuronFindings<N>>,
}

/// Points of the trace that are drawn and written.
const POINTS: usize = 5000;

/// How long a rate of the f-I curve is counted, in ms.
const COUNTED: f64 = 2000.0;

/// How long the neuron settles before, in ms.
const SETTLING: f64 = 1000.0;

/// Potential up to which a spike is drawn, in mV.
const DRAWN_PEAK: f64 = 30.0;

/// Simulates each neuron under the command line's current and duration, and writes figures, tables and `result.json`.
///
/// # Errors
/// If the current's file or the step cannot be used, or a file cannot be written.
pub fn study<N>(
    job: &StudyJob<'_>,
    studied: &[StudiedNeuron<N>],
    unit: Unit,
    default: Times,
) -> Result<Finished>
where
    N: Neuron + Serialize + Clone + Sync,
{
    let asked = &job.options.simulation;
    let (mut plots, mut neurons) = (Vec::new(), Vec::new());
    for one in studied {
        let current = asked.current(one.current.clone(), unit)?;
        let times = asked.times(&current, default)?;
        let wave = current.waveform(times.duration, job.options.seed);
        let refused = |error| WrongArguments::new(format!("--step: {error}"));
        let trace = run(&one.neuron, &wave, times, POINTS).map_err(refused)?;
        write_trace(job, one, &wave, &trace)?;
        plots.extend(draw(one, &wave, &trace, unit));
        let fi_curve = (asked.fi_curve)
            .then(|| rates(one, times.step))
            .transpose()?;
        neurons.push(NeuronFindings {
            name: one.name.clone(),
            parameters: one.neuron.clone(),
            current: current.to_string(),
            duration: times.duration,
            step: times.step,
            rate: firing_rate(&trace.spikes, 0.0),
            first_interval: trace.spikes.get(..2).map(|pair| pair[1] - pair[0]),
            last_interval: (trace.spikes.windows(2).last()).map(|pair| pair[1] - pair[0]),
            spikes: trace.spikes,
            fi_curve,
        });
    }
    let columns = if studied.iter().any(|one| one.variable.is_some()) {
        2
    } else {
        1
    };
    figure::write(&job.folder, "membrane", &plot::draw(&plots, columns)?)?;
    let mut parts = vec![summary(&neurons)];
    if asked.fi_curve {
        let plot = curve_plot(&neurons, unit);
        figure::write(&job.folder, "fi_curve", &plot::draw(&[plot], 1)?)?;
        write_rates(job, &neurons)?;
        parts.extend(neurons.iter().filter_map(|one| rate_table(one, unit)));
    }
    job.finish(&parts.join("\n\n"), &Findings { neurons })
}

/// Returns the f-I curve: the rate at each current after settling.
fn rates<N>(studied: &StudiedNeuron<N>, step: f64) -> Result<Vec<Rate>>
where
    N: Neuron + Sync,
{
    let neuron = &studied.neuron;
    let times = Times::new(SETTLING + COUNTED, step);
    (studied.currents.par_iter())
        .map(|&current| {
            let wave = Current::step(current).waveform(times.duration, 0);
            let trace = run(neuron, &wave, times, 1)
                .map_err(|error| WrongArguments::new(format!("--step: {error}")))?;
            Ok(Rate {
                current,
                rate: firing_rate(&trace.spikes, SETTLING),
                formula: studied.formula.map(|formula| formula(neuron, current)),
            })
        })
        .collect()
}

/// Writes the trace of a neuron as a CSV table.
fn write_trace<N: Neuron>(
    job: &StudyJob<'_>,
    studied: &StudiedNeuron<N>,
    wave: &Waveform,
    trace: &Trace<N::State>,
) -> Result<()> {
    let mut text = "time_ms,current,membrane_mV".to_owned();
    if let Some(variable) = &studied.variable {
        let _ = write!(text, ",{}", variable.column);
    }
    text.push('\n');
    for point in &trace.points {
        let (time, current) = (point.time, wave.at(point.time));
        let voltage = studied.neuron.membrane_potential(&point.state);
        let _ = write!(text, "{time:.4},{current},{voltage:.6}");
        if let Some(variable) = &studied.variable {
            let _ = write!(text, ",{:.6}", (variable.value)(&point.state));
        }
        text.push('\n');
    }
    job.folder.write(&format!("{}.csv", studied.name), text)
}

/// Plots the membrane potential with its spikes, and the second variable or the current.
fn draw<N: Neuron>(
    studied: &StudiedNeuron<N>,
    wave: &Waveform,
    trace: &Trace<N::State>,
    unit: Unit,
) -> Vec<Plot> {
    let potential = |state: &N::State| studied.neuron.membrane_potential(state);
    let mut points: Vec<(f64, f64)> = (trace.points.iter())
        .map(|point| (point.time, potential(&point.state)))
        .collect();
    // The points need not show a spike: it is drawn as a vertical stroke at its time.
    let low = points
        .iter()
        .map(|point| point.1)
        .fold(f64::INFINITY, f64::min);
    let strokes = trace.spikes.iter().map(|spike| {
        let after = points.partition_point(|point| point.0 <= *spike);
        let from = points[after.saturating_sub(1)].1.max(low);
        let to = points.get(after).map_or(from, |point| point.1);
        [(*spike, from), (*spike, DRAWN_PEAK), (*spike, to)]
    });
    let strokes: Vec<(f64, f64)> = strokes.flatten().collect();
    points.extend(strokes);
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let currents = (trace.points.iter())
        .map(|point| (point.time, wave.at(point.time)))
        .collect();
    let title = |what: &str| format!("{}: {what}", studied.name);
    let plot = |title: String, unit: &str, points, colour| {
        let series = vec![Series::line("", points, colour)];
        Plot::new(title, Axis::new("time (ms)"), Axis::new(unit), series)
    };
    let membrane = plot(title("membrane"), "mV", points, 0);
    match &studied.variable {
        Some(variable) => {
            let course =
                (trace.points.iter()).map(|point| (point.time, (variable.value)(&point.state)));
            let memory = plot(title("memory"), variable.name, course.collect(), 1);
            vec![membrane, memory]
        }
        None => {
            let current = plot(title("current"), unit.name(), currents, 6);
            vec![membrane, current]
        }
    }
}

/// Plots the f-I curves.
fn curve_plot<N>(neurons: &[NeuronFindings<N>], unit: Unit) -> Plot {
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
    let x = Axis::new(format!("current ({})", unit.name()));
    Plot::new("Rate of firing", x, Axis::new("Hz"), series)
}

/// Writes the f-I curves as a CSV table.
fn write_rates<N>(job: &StudyJob<'_>, neurons: &[NeuronFindings<N>]) -> Result<()> {
    let mut text = "neuron,current,rate_Hz\n".to_owned();
    for neuron in neurons {
        for at in neuron.fi_curve.iter().flatten() {
            let _ = writeln!(text, "{},{},{:.6}", neuron.name, at.current, at.rate);
        }
    }
    job.folder.write("fi_curve.csv", text)
}

/// Returns the summary for the screen.
fn summary<N>(neurons: &[NeuronFindings<N>]) -> String {
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

/// Largest number of rows of an f-I curve that are printed.
const PRINTED: usize = 12;

/// Returns an f-I curve as a table for the screen.
fn rate_table<N>(neuron: &NeuronFindings<N>, unit: Unit) -> Option<String> {
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
