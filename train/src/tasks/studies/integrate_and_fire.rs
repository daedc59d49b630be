//! Integrate-and-fire neurons under a current: membrane potential, second variable and f-I curve of the leaky neuron, the
//! adaptive exponential one and Izhikevich's. Their equations stand in [`neurons::spiking`].

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::current::{Current, Unit, Waveform};
use neurons::spiking::{
    AdEx, AdExState, IzhikevichState, Lif, Neuron, Pattern, Times, Trace, TracePoint, fi_curve,
    firing_rate, run,
};
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::steps::simulation_error;

/// A neuron under study, and how it is shown.
struct StudiedNeuron<N: Neuron> {
    /// Name.
    name: String,
    /// Parameters.
    neuron: N,
    /// Default current.
    current: Current,
    /// Currents of the f-I curve.
    currents: Vec<f64>,
    /// Closed form of the firing rate in Hz under a constant current, if there is one.
    formula: Option<fn(&N, f64) -> f64>,
    /// Second variable, if there is one.
    variable: Option<Variable<N::State>>,
}

/// A variable beside the membrane potential.
struct Variable<S> {
    /// Name with the unit, for the axis.
    name: &'static str,
    /// Column of the table.
    column: &'static str,
    /// Reads the variable from the state.
    value: fn(&S) -> f64,
}

/// The findings about a neuron in `result.json`.
#[derive(Serialize)]
struct NeuronFindings<N> {
    name: String,
    parameters: N,
    current: String,
    duration: f64,
    step: f64,
    /// Times of the spikes, in ms.
    spikes: Vec<f64>,
    /// Firing rate between the first and the last spike, in Hz.
    rate: f64,
    /// First interspike interval, in ms.
    first_interval: Option<f64>,
    /// Last interspike interval, in ms.
    last_interval: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fi_curve: Option<Vec<Rate>>,
}

/// A point of the f-I curve.
#[derive(Serialize)]
struct Rate {
    current: f64,
    /// Simulated firing rate, in Hz.
    rate: f64,
    /// Firing rate by the closed form, in Hz.
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<f64>,
}

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings<N> {
    neurons: Vec<NeuronFindings<N>>,
}

/// Number of points of the trace that are drawn and written.
const POINTS: usize = 5000;

/// Time over which a rate of the f-I curve is measured, in ms.
const COUNTED: f64 = 2000.0;

/// Time for which the neuron settles before, in ms.
const SETTLING: f64 = 1000.0;

/// Peak with which a spike is drawn, in mV: the model itself has none.
const DRAWN_PEAK: f64 = 30.0;

/// Default duration and step of the leaky integrate-and-fire neuron.
pub const LIF_TIMES: Times = Times {
    duration: 300.0,
    step: 0.1,
};

/// Default duration and step of the adaptive exponential neuron.
pub const ADEX_TIMES: Times = Times {
    duration: 500.0,
    step: 0.1,
};

/// Default duration and step of Izhikevich's model.
pub const IZHIKEVICH_TIMES: Times = Times {
    duration: 300.0,
    step: 0.1,
};

/// Studies a leaky integrate-and-fire neuron under a step current, and its rates against the closed form.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn lif(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = Lif::cortical();
    let studied = StudiedNeuron {
        name: "lif".to_owned(),
        current: Current::step(1.25 * neuron.rheobase()),
        currents: (0..=40)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: Some(Lif::rate),
        variable: None,
        neuron,
    };
    study(job, &[studied], Unit::Picoamperes, LIF_TIMES)
}

/// Studies the regular spiking cell of Brette and Gerstner under a step current.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn adex(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = AdEx::brette_gerstner();
    let studied = StudiedNeuron {
        name: "adex".to_owned(),
        current: Current::step(800.0),
        currents: (0..=30)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: None,
        variable: Some(Variable {
            name: "adaptation w (pA)",
            column: "adaptation_pA",
            value: |state: &AdExState| state.adaptation,
        }),
        neuron,
    };
    study(job, &[studied], Unit::Picoamperes, ADEX_TIMES)
}

/// Studies one of the firing patterns of Izhikevich's model, or all of them.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn izhikevich(job: &StudyJob<'_>) -> Result<Finished> {
    let patterns = job
        .options
        .simulation
        .pattern
        .unwrap_or_default()
        .patterns();
    let studied = patterns.into_iter().map(|pattern| StudiedNeuron {
        name: pattern.name().to_owned(),
        neuron: pattern.neuron(),
        // As in figure 2 of the publication; the thalamic neuron and the resonator need less to show their patterns.
        current: Current::step(match pattern {
            Pattern::ThalamoCortical | Pattern::Resonator => 3.0,
            _ => 10.0,
        }),
        currents: (0..=40).map(|half| f64::from(half) / 2.0).collect(),
        formula: None,
        variable: Some(Variable {
            name: "recovery u (mV/ms)",
            column: "recovery",
            value: |state: &IzhikevichState| state.recovery,
        }),
    });
    let studied: Vec<_> = studied.collect();
    let unit = Unit::MillivoltsPerMillisecond;
    study(job, &studied, unit, IZHIKEVICH_TIMES)
}

/// Simulates each neuron under the user's current, and writes figures, tables and `result.json`.
fn study<N>(
    job: &StudyJob<'_>,
    studied: &[StudiedNeuron<N>],
    unit: Unit,
    default: Times,
) -> Result<Finished>
where
    N: Neuron + Serialize + Clone + Sync,
{
    let options = &job.options.simulation;
    let (mut plots, mut neurons) = (Vec::new(), Vec::new());
    for one in studied {
        let current = options.current(one.current.clone(), unit)?;
        let times = options.times(&current, default)?;
        let wave = current.waveform(times.duration, job.options.seed);
        let trace = run(&one.neuron, &wave, times, POINTS).map_err(simulation_error)?;
        write_trace(job, one, &wave, &trace)?;
        plots.extend(draw(one, &wave, &trace, unit));
        let fi_curve = (options.fi_curve)
            .then(|| rates(one, times.step))
            .transpose()?;
        let intervals = || trace.spikes.windows(2).map(|pair| pair[1] - pair[0]);
        neurons.push(NeuronFindings {
            name: one.name.clone(),
            parameters: one.neuron.clone(),
            current: current.to_string(),
            duration: times.duration,
            step: times.step,
            rate: firing_rate(&trace.spikes, 0.0),
            first_interval: intervals().next(),
            last_interval: intervals().next_back(),
            spikes: trace.spikes,
            fi_curve,
        });
    }
    let has_variable = studied.iter().any(|one| one.variable.is_some());
    let columns = 1 + usize::from(has_variable);
    figure::write(&job.folder, "membrane", &plot::draw(&plots, columns)?)?;
    let mut parts = vec![summary(&neurons)];
    if options.fi_curve {
        let plot = curve_plot(&neurons, unit);
        figure::write(&job.folder, "fi_curve", &plot::draw(&[plot], 1)?)?;
        write_rates(job, &neurons)?;
        parts.extend(neurons.iter().filter_map(|one| rate_table(one, unit)));
    }
    job.finish(&parts.join("\n\n"), &Findings { neurons })
}

/// Returns the f-I curve of a neuron, with the rates of its closed form.
fn rates<N: Neuron + Sync>(studied: &StudiedNeuron<N>, step: f64) -> Result<Vec<Rate>> {
    let StudiedNeuron {
        neuron, currents, ..
    } = studied;
    let times = Times::new(SETTLING + COUNTED, step);
    let rates = fi_curve(neuron, currents, times, SETTLING).map_err(simulation_error)?;
    let rates = currents.iter().zip(rates).map(|(&current, rate)| Rate {
        current,
        rate,
        formula: studied.formula.map(|formula| formula(neuron, current)),
    });
    Ok(rates.collect())
}

/// Writes the membrane potential and the second variable over time as `<neuron>.csv`.
fn write_trace<N: Neuron>(
    job: &StudyJob<'_>,
    studied: &StudiedNeuron<N>,
    wave: &Waveform,
    trace: &Trace<N::State>,
) -> Result<()> {
    let variable = studied.variable.as_ref();
    let header = ["time_ms", "current", "membrane_mV"];
    let column = variable.map(|variable| variable.column);
    let mut table = files::Table::new(header.into_iter().chain(column))?;
    for point in &trace.points {
        let voltage = studied.neuron.membrane_potential(&point.state);
        let cells = [
            format!("{:.4}", point.time),
            wave.at(point.time).to_string(),
            format!("{voltage:.6}"),
        ];
        let second = variable.map(|variable| format!("{:.6}", (variable.value)(&point.state)));
        table.row(cells.into_iter().chain(second))?;
    }
    let name = format!("{}.csv", studied.name);
    job.folder.write(&name, table.finish()?)
}

/// Plots the membrane potential with its spikes, and the second variable or the current.
fn draw<N: Neuron>(
    studied: &StudiedNeuron<N>,
    wave: &Waveform,
    trace: &Trace<N::State>,
    unit: Unit,
) -> [Plot; 2] {
    let over_time = |value: &dyn Fn(&TracePoint<N::State>) -> f64| -> Vec<(f64, f64)> {
        let points = trace.points.iter();
        points.map(|point| (point.time, value(point))).collect()
    };
    let plot = |what: &str, unit: &str, points, colour| {
        let title = format!("{}: {what}", studied.name);
        let series = vec![Series::line("", points, colour)];
        Plot::new(title, Axis::new("time (ms)"), Axis::new(unit), series)
    };
    let potential = over_time(&|point| studied.neuron.membrane_potential(&point.state));
    let membrane = plot("membrane", "mV", with_spikes(potential, &trace.spikes), 0);
    let other = match &studied.variable {
        Some(Variable { name, value, .. }) => {
            plot("memory", name, over_time(&|point| value(&point.state)), 1)
        }
        None => {
            let current = over_time(&|point| wave.at(point.time));
            plot("current", unit.name(), current, 6)
        }
    };
    [membrane, other]
}

/// Adds a vertical stroke to a potential over time at each spike, which its points need not show.
fn with_spikes(mut points: Vec<(f64, f64)>, spikes: &[f64]) -> Vec<(f64, f64)> {
    let strokes = spikes.iter().flat_map(|spike| {
        let after = points.partition_point(|point| point.0 <= *spike);
        let from = points[after.saturating_sub(1)].1;
        let to = points.get(after).map_or(from, |point| point.1);
        [from, DRAWN_PEAK, to].map(|potential| (*spike, potential))
    });
    let strokes: Vec<(f64, f64)> = strokes.collect();
    points.extend(strokes);
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
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

/// Writes the f-I curves as `fi_curve.csv`.
fn write_rates<N>(job: &StudyJob<'_>, neurons: &[NeuronFindings<N>]) -> Result<()> {
    let mut table = files::Table::new(["neuron", "current", "rate_Hz"])?;
    for neuron in neurons {
        for at in neuron.fi_curve.iter().flatten() {
            let [current, rate] = [at.current.to_string(), format!("{:.6}", at.rate)];
            table.row([&neuron.name, &current, &rate])?;
        }
    }
    job.folder.write("fi_curve.csv", table.finish()?)
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
    let table = screen::table(header, rows);
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
