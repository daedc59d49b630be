//! The findings of a fit, and their summary.

use neurons::fitting::{
    Candidate, Cell, Fit, NeuronKind, SweepMatch, is_fitted, mean_gamma, mean_own_coincidence,
};
use serde::Serialize;

use super::tables::part;
use crate::report::screen;

/// The contents of `result.json`.
#[derive(Serialize)]
pub(super) struct Findings<'a> {
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

impl<'a> Findings<'a> {
    /// Collects the findings of a fit of a neuron of this kind, with spikes that coincide within `precision` ms.
    pub(super) fn new(cell: &'a Cell, fit: &'a Fit, kind: NeuronKind, precision: f64) -> Self {
        let sweeps = |wanted: bool| -> Vec<usize> {
            let all = fit.matches.iter().map(|one| one.sweep);
            all.filter(|sweep| is_fitted(*sweep) == wanted).collect()
        };
        Self {
            recording: &cell.recording.name,
            generated: cell.recording.generated,
            protocol: cell.protocol.to_string(),
            neuron: kind,
            precision,
            passive: Membrane {
                resting: cell.passive.resting,
                resistance: 1000.0 * cell.passive.resistance,
                time_constant: cell.passive.time_constant,
                capacitance: cell.passive.capacitance(),
                error: cell.passive.error,
                sweeps: &cell.passive_sweeps,
                drift: &cell.drift,
            },
            parameters: &fit.neuron,
            evaluations: fit.evaluations,
            score: fit.score,
            fitted_gamma: mean_gamma(&fit.matches, true),
            held_out_gamma: mean_gamma(&fit.matches, false),
            cell_with_itself: mean_own_coincidence(&fit.matches),
            fitted_sweeps: sweeps(true),
            held_out_sweeps: sweeps(false),
            sweeps: &fit.matches,
        }
    }

    /// Returns the summary for the screen.
    pub(super) fn summary(&self, cell: &Cell, fit: &Fit) -> String {
        let parameters = fit.parameters.iter();
        let parameters = parameters.map(|(name, unit, value)| format!("{name} {value:.3} {unit}"));
        let mut lines = vec![
            format!(
                "{}: {} sweeps of {:.1} s, {} spikes; protocol {}",
                self.recording,
                cell.recording.sweeps.len(),
                cell.recording.duration() / 1000.0,
                cell.spikes.iter().map(Vec::len).sum::<usize>(),
                self.protocol
            ),
            self.passive.summary(),
            format!(
                "fitted parameters: {}",
                parameters.collect::<Vec<_>>().join(", ")
            ),
            sweep_table(self.sweeps),
            format!(
                "coincidence factor within {} ms: held-out sweeps ({}) {}, fitted ({}) {}; the cell with itself, held out, {}",
                self.precision,
                list(&self.held_out_sweeps),
                factor(self.held_out_gamma),
                list(&self.fitted_sweeps),
                factor(self.fitted_gamma),
                factor(self.cell_with_itself)
            ),
        ];
        if self.generated {
            lines.push("Fitted to a simulated cell: this says nothing about real ones.".to_owned());
        }
        lines.join("\n")
    }
}

impl Membrane<'_> {
    fn summary(&self) -> String {
        let larger = |most: f64, one: &f64| if one.abs() > most.abs() { *one } else { most };
        format!(
            "passive membrane (sweeps {}): rest {:.2} mV, {:.1} MOhm, tau {:.2} ms, {:.2} pF; within {:.2} mV\n\
             its resting potential drifts as if by a current of up to {:.1} pA, which the neuron receives, too",
            list(self.sweeps),
            self.resting,
            self.resistance,
            self.time_constant,
            self.capacitance,
            self.error,
            self.drift.iter().fold(0.0, larger)
        )
    }
}

/// Returns the table of the sweeps for the screen.
fn sweep_table(sweeps: &[SweepMatch]) -> String {
    let header = [
        "sweep",
        "part",
        "pA",
        "spikes",
        "neuron's",
        "gamma",
        "cell with itself",
    ];
    let rows = sweeps.iter().map(|one| {
        vec![
            one.sweep.to_string(),
            part(one).to_owned(),
            screen::number(one.current),
            one.cell.to_string(),
            one.model.to_string(),
            factor(one.gamma),
            factor(one.cell_with_itself),
        ]
    });
    screen::table(header, rows)
}

/// Formats a coincidence factor.
fn factor(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

/// Lists sweeps.
fn list(sweeps: &[usize]) -> String {
    let sweeps: Vec<String> = sweeps.iter().map(usize::to_string).collect();
    sweeps.join(", ")
}
