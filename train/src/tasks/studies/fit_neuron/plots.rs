//! Plots of a fit: held-out sweeps, rates, the passive membrane, the course of the search.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::fitting::{Cell, Fit, SweepMatch};

use crate::report::figure;
use crate::run_folder::RunFolder;

/// Draws `sweeps.svg` and `fit.svg`.
///
/// # Errors
/// If a figure cannot be drawn or written.
pub(super) fn draw(folder: &RunFolder, cell: &Cell, fit: &Fit) -> Result<()> {
    figure::write(folder, "sweeps", &plot::draw(&traces(cell, fit), 2)?)?;
    let curves = [rates(cell, fit), relaxations(cell), course(fit)];
    figure::write(folder, "fit", &plot::draw(&curves, 3)?)
}

/// Number of held-out sweeps that are drawn.
const DRAWN: usize = 4;

/// Plots held-out sweeps of the cell and of the neuron, with their spikes.
fn traces(cell: &Cell, fit: &Fit) -> Vec<Plot> {
    let held_out: Vec<&SweepMatch> = fit.matches.iter().filter(|one| !one.fitted).collect();
    let every = held_out.len().div_ceil(DRAWN).max(1);
    let chosen = held_out.iter().rev().step_by(every);
    let mut plots: Vec<Plot> = chosen.map(|one| trace(cell, fit, one)).collect();
    plots.reverse();
    plots
}

/// Plots one sweep.
fn trace(cell: &Cell, fit: &Fit, one: &SweepMatch) -> Plot {
    let SweepMatch { sweep, current, .. } = *one;
    let samples = cell.recording.sweeps[sweep].iter().enumerate();
    let samples = samples.map(|(index, value)| (index as f64 / cell.recording.rate, *value));
    let samples: Vec<(f64, f64)> = samples.collect();
    let top = samples.iter().map(|(_, value)| *value).fold(20.0, f64::max);
    let recorded = cell.spikes[sweep].iter();
    let recorded = recorded.map(|spike| (spike.time, top + 14.0)).collect();
    let response = fit.neuron.respond(cell, sweep, true);
    let (spikes, membrane) = response.map_or_else(Default::default, |one| (one.spikes, one.trace));
    let simulated = spikes.into_iter().map(|time| (time, top + 7.0)).collect();
    let gamma = one
        .gamma
        .map_or("-".to_owned(), |gamma| format!("{gamma:.2}"));
    Plot::new(
        format!("Held-out sweep {sweep}: {current} pA, gamma {gamma}"),
        Axis::new("time (ms)"),
        Axis::new("mV"),
        vec![
            Series::line("", samples, 0),
            Series::line("", membrane, 1).marked(Mark::Thin),
            Series::line("cell", recorded, 0).marked(Mark::Specks),
            Series::line("neuron", simulated, 1).marked(Mark::Specks),
        ],
    )
}

/// Plots the firing rates of the cell and of the neuron in each step.
fn rates(cell: &Cell, fit: &Fit) -> Plot {
    let rates = |of: usize, fitted: bool| -> Vec<(f64, f64)> {
        let matches = fit.matches.iter().filter(|one| one.fitted == fitted);
        let steps = matches.flat_map(|one| {
            let epochs = cell.protocol.epochs().iter().zip(&one.rates);
            epochs.map(move |(epoch, rates)| (epoch.amplitude(one.sweep), rates[of]))
        });
        steps.collect()
    };
    Plot::new(
        "Rate of firing",
        Axis::new("current (pA)"),
        Axis::new("Hz"),
        vec![
            Series::line("cell, fitted", rates(0, true), 0).marked(Mark::Dots),
            Series::line("cell, held out", rates(0, false), 0).marked(Mark::Rings),
            Series::line("neuron, fitted", rates(1, true), 1).marked(Mark::Specks),
            Series::line("neuron, held out", rates(1, false), 4).marked(Mark::Specks),
        ],
    )
}

/// Plots the steps without a spike, with the passive membrane.
fn relaxations(cell: &Cell) -> Plot {
    let steps = cell.passive_sweeps.iter().flat_map(|&sweep| {
        let epochs = cell.protocol.epochs().iter();
        epochs.map(move |epoch| (sweep, epoch))
    });
    let mut series = Vec::new();
    for (sweep, epoch) in steps.filter(|(sweep, epoch)| cell.is_silent(*sweep, epoch)) {
        let samples = cell.recording.between(sweep, epoch.span);
        let times = (0..samples.len()).map(|index| index as f64 / cell.recording.rate);
        let start = samples.first().copied().unwrap_or_default();
        let current = epoch.amplitude(sweep);
        let curve = times.clone().step_by(20);
        let curve = curve.map(|time| (time, cell.passive.relaxation(start, current, time)));
        let points: Vec<(f64, f64)> = times.zip(samples.iter().copied()).collect();
        // The legend names the first step only.
        let [of_cell, of_membrane] = match series.is_empty() {
            true => ["cell", "passive membrane"],
            false => [""; 2],
        };
        series.push(Series::line(of_cell, points, 0).marked(Mark::Thin));
        series.push(Series::line(of_membrane, curve.collect(), 1));
    }
    let (x, y) = (Axis::new("ms from the onset"), Axis::new("mV"));
    Plot::new("Steps without a spike", x, y, series)
}

/// Plots the objective over the generations.
fn course(fit: &Fit) -> Plot {
    let points = fit.course.iter().enumerate();
    let points = points.map(|(generation, best)| (generation as f64, *best));
    Plot::new(
        "What the search maximises, in two stages",
        Axis::new("generation").integers(),
        Axis::new("gamma less what the counts cost"),
        vec![Series::line("", points.collect(), 0)],
    )
}
