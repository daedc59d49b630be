//! The report of a fit to a recording: figures, tables, `result.json`.

use std::fmt::Write as _;

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::fitting::{Candidate, Cell, Fit, NeuronKind, SweepMatch, is_fitted, mean_gamma};
use neurons::recording::Passive;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings<'a> {
    recording: &'a str,
    generated: bool,
    protocol: String,
    neuron: NeuronKind,
    precision: f64,
    passive: Membrane<'a>,
    parameters: &'a Candidate,
    evaluations: usize,
    score: f64,
    /// Mean coincidence factor over the fitted sweeps, and over the held-out ones.
    fitted_gamma: Option<f64>,
    held_out_gamma: Option<f64>,
    /// Mean coincidence factor of the cell with itself over the held-out sweeps.
    cell_with_itself: Option<f64>,
    fitted_sweeps: Vec<usize>,
    held_out_sweeps: Vec<usize>,
    sweeps: &'a [SweepMatch],
}

/// The cell's passive properties.
#[derive(Serialize)]
struct Membrane<'a> {
    /// In mV.
    resting: f64,
    /// In MOhm.
    resistance: f64,
    /// In ms.
    time_constant: f64,
    /// In pF.
    capacitance: f64,
    /// Root mean squared error, in mV.
    error: f64,
    sweeps: &'a [usize],
    /// Current that is added in each sweep, in pA.
    drift: &'a [f64],
}

/// Writes figures, tables and `result.json`.
///
/// # Errors
/// If a file cannot be written.
pub fn present(
    job: &StudyJob<'_>,
    cell: &Cell,
    fitted: &Fit,
    kind: NeuronKind,
    precision: f64,
) -> Result<Finished> {
    figure::write(
        &job.folder,
        "sweeps",
        &plot::draw(&traces(cell, fitted), 2)?,
    )?;
    let curves = [rates(cell, fitted), relaxations(cell), course(fitted)];
    figure::write(&job.folder, "fit", &plot::draw(&curves, 3)?)?;
    job.folder.write("spikes.csv", spike_table(cell, fitted))?;
    job.folder
        .write("sweeps.csv", sweep_table(&fitted.matches))?;
    let numbers = |wanted: bool| -> Vec<usize> {
        let all = fitted.matches.iter().map(|one| one.sweep);
        all.filter(|sweep| is_fitted(*sweep) == wanted).collect()
    };
    let Passive {
        resting,
        resistance,
        time_constant,
        error,
    } = cell.passive;
    let findings = Findings {
        recording: &cell.recording.name,
        generated: cell.recording.generated,
        protocol: cell.protocol.to_string(),
        neuron: kind,
        precision,
        passive: Membrane {
            resting,
            resistance: 1000.0 * resistance,
            time_constant,
            capacitance: cell.passive.capacitance(),
            error,
            sweeps: &cell.passive_sweeps,
            drift: &cell.drift,
        },
        parameters: &fitted.neuron,
        evaluations: fitted.evaluations,
        score: fitted.score,
        fitted_gamma: mean_gamma(&fitted.matches, true),
        held_out_gamma: mean_gamma(&fitted.matches, false),
        cell_with_itself: itself(&fitted.matches),
        fitted_sweeps: numbers(true),
        held_out_sweeps: numbers(false),
        sweeps: &fitted.matches,
    };
    job.finish(&summary(cell, fitted, &findings), &findings)
}

/// Returns the mean coincidence factor of the cell with itself over the held-out sweeps.
fn itself(matches: &[SweepMatch]) -> Option<f64> {
    let held_out = matches.iter().filter(|one| !one.fitted);
    let known: Vec<f64> = held_out.filter_map(|one| one.cell_with_itself).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Number of held-out sweeps that are drawn.
const DRAWN: usize = 4;

/// Plots held-out sweeps of the cell and of the neuron, with their spikes.
fn traces(cell: &Cell, fitted: &Fit) -> Vec<Plot> {
    let held_out: Vec<&SweepMatch> = fitted.matches.iter().filter(|one| !one.fitted).collect();
    let every = held_out.len().div_ceil(DRAWN).max(1);
    let chosen = held_out.iter().rev().step_by(every);
    let mut plots: Vec<Plot> = chosen.map(|one| trace(cell, fitted, one)).collect();
    plots.reverse();
    plots
}

/// Plots one sweep.
fn trace(cell: &Cell, fitted: &Fit, one: &SweepMatch) -> Plot {
    let rate = cell.recording.rate;
    let samples = cell.recording.sweeps[one.sweep].iter().enumerate();
    let samples: Vec<(f64, f64)> = samples
        .map(|(at, value)| (at as f64 / rate, *value))
        .collect();
    let response = fitted.neuron.respond(cell, one.sweep, true);
    let (spikes, membrane) = response.map_or_else(Default::default, |one| (one.spikes, one.trace));
    let top = samples.iter().map(|(_, value)| *value).fold(20.0, f64::max);
    let marks = |times: &mut dyn Iterator<Item = f64>, height: f64| -> Vec<(f64, f64)> {
        times.map(|time| (time, top + height)).collect()
    };
    let of_cell = marks(
        &mut cell.spikes[one.sweep].iter().map(|spike| spike.time),
        14.0,
    );
    let of_model = marks(&mut spikes.into_iter(), 7.0);
    let gamma = one
        .gamma
        .map_or("-".to_owned(), |gamma| format!("{gamma:.2}"));
    let (sweep, current) = (one.sweep, one.current);
    Plot::new(
        format!("Held-out sweep {sweep}: {current} pA, gamma {gamma}"),
        Axis::new("time (ms)"),
        Axis::new("mV"),
        vec![
            Series::line("", samples, 0),
            Series::line("", membrane, 1).marked(Mark::Thin),
            Series::line("cell", of_cell, 0).marked(Mark::Specks),
            Series::line("neuron", of_model, 1).marked(Mark::Specks),
        ],
    )
}

/// Plots the firing rates of the cell and of the neuron in each step.
fn rates(cell: &Cell, fitted: &Fit) -> Plot {
    let of = |which: usize, seen: bool| -> Vec<(f64, f64)> {
        let matches = fitted.matches.iter().filter(|one| one.fitted == seen);
        let steps = matches.flat_map(|one| {
            let epochs = cell.protocol.epochs().iter().zip(&one.rates);
            epochs.map(move |(epoch, rate)| (epoch.amplitude(one.sweep), rate[which]))
        });
        steps.collect()
    };
    Plot::new(
        "Rate of firing",
        Axis::new("current (pA)"),
        Axis::new("Hz"),
        vec![
            Series::line("cell, fitted", of(0, true), 0).marked(Mark::Dots),
            Series::line("cell, held out", of(0, false), 0).marked(Mark::Rings),
            Series::line("neuron, fitted", of(1, true), 1).marked(Mark::Specks),
            Series::line("neuron, held out", of(1, false), 4).marked(Mark::Specks),
        ],
    )
}

/// Plots the steps without a spike, with the passive membrane.
fn relaxations(cell: &Cell) -> Plot {
    let mut series = Vec::new();
    let passive = &cell.passive;
    for &sweep in &cell.passive_sweeps {
        for epoch in cell.protocol.epochs() {
            let [from, until] = epoch.span;
            if cell.spikes[sweep]
                .iter()
                .any(|spike| (from..until).contains(&spike.time))
            {
                continue;
            }
            let samples = cell.recording.between(sweep, epoch.span);
            let rate = cell.recording.rate;
            let points = samples
                .iter()
                .enumerate()
                .map(|(at, value)| (at as f64 / rate, *value));
            let points: Vec<(f64, f64)> = points.collect();
            let start = samples.first().copied().unwrap_or_default();
            let end = passive.resting + passive.resistance * epoch.amplitude(sweep);
            let curve = points.iter().step_by(20).map(|(time, _)| {
                (
                    *time,
                    end + (start - end) * (-time / passive.time_constant).exp(),
                )
            });
            let is_first = series.is_empty();
            let name = |name: &str| {
                if is_first {
                    name.to_owned()
                } else {
                    String::new()
                }
            };
            let curve = Series::line(name("passive membrane"), curve.collect(), 1);
            series.push(Series::line(name("cell"), points, 0).marked(Mark::Thin));
            series.push(curve);
        }
    }
    let (x, y) = (Axis::new("ms from the onset"), Axis::new("mV"));
    Plot::new("Steps without a spike", x, y, series)
}

/// Plots the objective over the generations.
fn course(fitted: &Fit) -> Plot {
    let points = fitted
        .course
        .iter()
        .enumerate()
        .map(|(at, value)| (at as f64, *value));
    Plot::new(
        "What the search maximises, in two stages",
        Axis::new("generation").integers(),
        Axis::new("gamma less what the counts cost"),
        vec![Series::line("", points.collect(), 0)],
    )
}

/// Returns the table of spike times.
fn spike_table(cell: &Cell, fitted: &Fit) -> String {
    let mut text = "sweep,of,time_ms\n".to_owned();
    for one in &fitted.matches {
        for spike in &cell.spikes[one.sweep] {
            let _ = writeln!(text, "{},cell,{:.4}", one.sweep, spike.time);
        }
        let response = fitted.neuron.respond(cell, one.sweep, false);
        for time in response.into_iter().flat_map(|one| one.spikes) {
            let _ = writeln!(text, "{},neuron,{time:.4}", one.sweep);
        }
    }
    text
}

/// Returns the table of sweeps.
fn sweep_table(matches: &[SweepMatch]) -> String {
    let mut text =
        "sweep,part,current_pA,cell_spikes,neuron_spikes,gamma,cell_with_itself\n".to_owned();
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    for one in matches {
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{}",
            one.sweep,
            part(one),
            one.current,
            one.cell,
            one.model,
            number(one.gamma),
            number(one.cell_with_itself)
        );
    }
    text
}

fn part(one: &SweepMatch) -> &'static str {
    if one.fitted { "fitted" } else { "held out" }
}

/// Returns the summary for the screen.
fn summary(cell: &Cell, fitted: &Fit, findings: &Findings<'_>) -> String {
    let passive = &findings.passive;
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    let list = |sweeps: &[usize]| {
        sweeps
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut lines = vec![format!(
        "{}: {} sweeps of {:.1} s, {} spikes; protocol {}",
        cell.recording.name,
        cell.recording.sweeps.len(),
        cell.recording.duration() / 1000.0,
        cell.spikes.iter().map(Vec::len).sum::<usize>(),
        cell.protocol
    )];
    lines.push(format!(
        "passive membrane (sweeps {}): rest {:.2} mV, {:.1} MOhm, tau {:.2} ms, {:.2} pF; within {:.2} mV",
        list(passive.sweeps),
        passive.resting,
        passive.resistance,
        passive.time_constant,
        passive.capacitance,
        passive.error
    ));
    let drift = passive.drift.iter().fold(
        0.0,
        |most: f64, one| if one.abs() > most.abs() { *one } else { most },
    );
    lines.push(format!(
        "its rest drifts as if by up to {drift:.1} pA, which the neuron is given, too"
    ));
    let parameters = fitted.parameters.iter();
    let parameters = parameters.map(|(name, unit, value)| format!("{name} {value:.3} {unit}"));
    lines.push(format!(
        "searched for: {}",
        parameters.collect::<Vec<_>>().join(", ")
    ));
    let header = [
        "sweep",
        "part",
        "pA",
        "spikes",
        "neuron's",
        "gamma",
        "cell with itself",
    ];
    let rows = fitted.matches.iter().map(|one| {
        vec![
            one.sweep.to_string(),
            part(one).to_owned(),
            screen::number(one.current),
            one.cell.to_string(),
            one.model.to_string(),
            number(one.gamma),
            number(one.cell_with_itself),
        ]
    });
    lines.push(screen::table(header.map(str::to_owned).to_vec(), rows));
    lines.push(format!(
        "coincidence factor within {} ms: held-out sweeps ({}) {}, fitted ({}) {}; the cell with itself, held out, {}",
        findings.precision,
        list(&findings.held_out_sweeps),
        number(findings.held_out_gamma),
        list(&findings.fitted_sweeps),
        number(findings.fitted_gamma),
        number(findings.cell_with_itself)
    ));
    if findings.generated {
        lines.push("Fitted to a simulated cell: this says nothing about real ones.".to_owned());
    }
    lines.join("\n")
}
