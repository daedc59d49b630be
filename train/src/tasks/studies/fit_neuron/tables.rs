//! Tables of a fit: the times of all spikes, and the agreement in each sweep.

use anyhow::Result;
use neurons::fitting::{Cell, Fit, SweepMatch};

use crate::run_folder::RunFolder;

/// Writes `spikes.csv`: the times of the spikes of the cell and of the neuron.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write_spikes(folder: &RunFolder, cell: &Cell, fit: &Fit) -> Result<()> {
    let mut table = files::Table::new(["sweep", "of", "time_ms"])?;
    for one in &fit.matches {
        let sweep = one.sweep.to_string();
        let recorded = cell.spikes[one.sweep].iter().map(|spike| spike.time);
        let response = fit.neuron.respond(cell, one.sweep, false);
        let simulated = response.map_or_else(Vec::new, |response| response.spikes);
        let spikes = recorded.map(|time| ("cell", time));
        for (of, time) in spikes.chain(simulated.into_iter().map(|time| ("neuron", time))) {
            table.row([&sweep, of, &format!("{time:.4}")])?;
        }
    }
    folder.write("spikes.csv", table.finish()?)
}

/// Writes `sweeps.csv`: the agreement of the neuron with the cell in each sweep.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write_sweeps(folder: &RunFolder, matches: &[SweepMatch]) -> Result<()> {
    let mut table = files::Table::new([
        "sweep",
        "part",
        "current_pA",
        "cell_spikes",
        "neuron_spikes",
        "gamma",
        "cell_with_itself",
    ])?;
    let factor = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    for one in matches {
        table.row([
            one.sweep.to_string(),
            part(one).to_owned(),
            one.current.to_string(),
            one.cell.to_string(),
            one.model.to_string(),
            factor(one.gamma),
            factor(one.cell_with_itself),
        ])?;
    }
    folder.write("sweeps.csv", table.finish()?)
}

/// Returns the part of the sweeps that a sweep belongs to.
pub(super) fn part(one: &SweepMatch) -> &'static str {
    if one.fitted { "fitted" } else { "held out" }
}
