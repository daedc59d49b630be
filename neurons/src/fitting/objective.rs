//! The agreement of a candidate with the cell.
//!
//! The objective is the coincidence factor of the candidate's spikes with the cell's, on average over the fitted sweeps,
//! minus half of the relative difference of the spike counts. Without the second term, a neuron that fires three times as
//! often as the cell, and therefore meets most of its spikes, would score well.

use metrics::coincidence::coincidence_factor;
use serde::Serialize;

use super::candidate::Candidate;
use super::cell::{Cell, is_fitted, times_from};

/// Weight of the relative difference of the spike counts.
const COUNT_PENALTY: f64 = 0.5;

/// The agreement of a candidate with the cell in one sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepMatch {
    /// Index of the sweep, from 0.
    pub sweep: usize,
    /// Whether the sweep was fitted.
    pub fitted: bool,
    /// Current of the first step, in pA.
    pub current: f64,
    /// Number of the cell's spikes from the first step on.
    pub cell: usize,
    /// Number of the candidate's spikes from the first step on.
    pub model: usize,
    /// Coincidence factor; `None` if it is undefined, as without any spike.
    pub gamma: Option<f64>,
    /// Coincidence factor of the cell's responses to two steps of the same current.
    pub cell_with_itself: Option<f64>,
    /// Firing rates of the cell and of the candidate in each step of the protocol, in Hz.
    pub rates: Vec<[f64; 2]>,
}

/// Returns the objective in one sweep, with the coincidence factor averaged over windows of `precision` ms times each of
/// `windows`. `spikes` is the cell's response.
pub(super) fn score(
    cell: &Cell,
    candidate: &Candidate,
    sweep: usize,
    spikes: &[f64],
    precision: f64,
    windows: &[f64],
) -> f64 {
    let Some(response) = candidate.respond(cell, sweep, false) else {
        return -1.0 - COUNT_PENALTY;
    };
    let response = times_from(response.spikes.into_iter(), cell.onset());
    let (cell_count, model_count) = (spikes.len() as f64, response.len() as f64);
    if cell_count + model_count == 0.0 {
        return 1.0; // both are silent
    }
    let gamma = |window: &f64| {
        // Undefined if chance alone would meet every spike, which is no agreement.
        let window = precision * window;
        coincidence_factor(spikes, &response, window, cell.response_duration()).unwrap_or(0.0)
    };
    let mean = windows.iter().map(gamma).sum::<f64>() / windows.len() as f64;
    mean - COUNT_PENALTY * (cell_count - model_count).abs() / (cell_count + model_count)
}

/// Compares a candidate with the cell in one sweep, within `precision` ms.
pub(super) fn compare(
    cell: &Cell,
    candidate: &Candidate,
    sweep: usize,
    precision: f64,
) -> SweepMatch {
    let response = candidate
        .respond(cell, sweep, false)
        .map_or_else(Vec::new, |response| response.spikes);
    let recorded: Vec<f64> = cell.spikes[sweep].iter().map(|spike| spike.time).collect();
    let epochs = cell.protocol.epochs();
    let rates = epochs.iter().map(|epoch| {
        let [from, until] = epoch.span;
        [&recorded, &response].map(|train| {
            let times = train.iter();
            let count = times.filter(|time| (from..until).contains(*time)).count();
            1000.0 * count as f64 / epoch.duration()
        })
    });
    let rates = rates.collect();
    let response = times_from(response.into_iter(), cell.onset());
    let spikes = cell.response(sweep);
    SweepMatch {
        sweep,
        fitted: is_fitted(sweep),
        current: epochs.first().map_or(0.0, |epoch| epoch.amplitude(sweep)),
        cell: spikes.len(),
        model: response.len(),
        gamma: coincidence_factor(&spikes, &response, precision, cell.response_duration()),
        cell_with_itself: cell.own_coincidence(sweep, precision),
        rates,
    }
}

/// Returns the mean of the defined coincidence factors over the fitted sweeps, or over the held-out ones.
pub fn mean_gamma(matches: &[SweepMatch], fitted: bool) -> Option<f64> {
    let sweeps = matches.iter().filter(|sweep| sweep.fitted == fitted);
    mean(sweeps.filter_map(|sweep| sweep.gamma).collect())
}

/// Returns the mean of the defined coincidence factors of the cell with itself over the held-out sweeps.
pub fn mean_own_coincidence(matches: &[SweepMatch]) -> Option<f64> {
    let held_out = matches.iter().filter(|sweep| !sweep.fitted);
    mean(
        held_out
            .filter_map(|sweep| sweep.cell_with_itself)
            .collect(),
    )
}

/// Returns the mean, or `None` without a value.
fn mean(values: Vec<f64>) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
