//! A neuron is fitted to the recording of a cell (Naud et al. 2008, <https://doi.org/10.1007/s00422-008-0264-7>; Rossant et
//! al. 2010, <https://doi.org/10.3389/neuro.11.002.2010>).
//!
//! - [`cell`]: spikes, the passive membrane by least squares, and how the rest drifts
//! - [`model`]: the neuron, of which the passive parameters are the cell's
//! - [`evolution`]: the search for the others
//! - [`stand_in`]: a cell whose parameters are known
//!
//! What is looked for is the largest coincidence factor of the neuron's spikes with the cell's, on average over the
//! fitted sweeps. Alone it forgives a neuron that fires three times as often as the cell and so meets most of
//! its spikes; half of the relative difference of the counts is therefore taken off.

pub mod cell;
pub mod evolution;
pub mod model;
pub mod stand_in;

pub use cell::{Cell, is_fitted};
pub use evolution::Search;
pub use model::{Answer, Model};

use anyhow::{Result, bail};
use metrics::coincidence::coincidence_factor;
use serde::Serialize;

use super::FittedNeuron;

/// What a relative difference of the counts of spikes costs.
const COUNTS: f64 = 0.5;

/// In the first stage the factor is the mean of those within the precision, three times and nine times as much: with
/// one narrow window almost every change of the parameters changes it from one chance to another.
const WINDOWS: [f64; 3] = [1.0, 3.0, 9.0];

/// In the second stage each parameter is within a tenth of its range about what the first one found.
const NARROWED: f64 = 0.2;

/// How a sweep was answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// Counted from 0.
    pub sweep: usize,
    /// Whether the fit has seen it.
    pub fitted: bool,
    /// The current of the first step, in pA.
    pub current: f64,
    /// Spikes of the cell from the first step on.
    pub cell: usize,
    /// Spikes of the neuron.
    pub model: usize,
    /// The coincidence factor; none where neither fires.
    pub gamma: Option<f64>,
    /// The cell's own factor between two steps of one current.
    pub cell_with_itself: Option<f64>,
    /// In each step of the protocol, of the cell and of the neuron, in Hz.
    pub rates: Vec<[f64; 2]>,
}

/// What a fit came to.
pub struct Fitted {
    /// The neuron.
    pub model: Model,
    /// The name, unit and value of what was searched for.
    pub parameters: Vec<(&'static str, &'static str, f64)>,
    /// What was maximised, in the end.
    pub score: f64,
    /// It in the course of both stages.
    pub course: Vec<f64>,
    /// How many neurons were tried.
    pub evaluations: usize,
    /// Every sweep.
    pub matches: Vec<Match>,
}

/// Searches for the neuron whose spikes coincide most with those of the cell's fitted sweeps within `precision` ms.
///
/// # Errors
/// When no neuron of this kind fires as a cell does.
pub fn fit(cell: &Cell, kind: FittedNeuron, precision: f64, search: Search) -> Result<Fitted> {
    let ranges = model::ranges(kind, cell);
    let answers: Vec<(usize, Vec<f64>)> = (0..cell.spikes.len())
        .filter(|sweep| is_fitted(*sweep))
        .map(|sweep| (sweep, cell.answer(sweep)))
        .collect();
    let values = |place: &[f64]| -> Vec<f64> {
        ranges
            .iter()
            .zip(place)
            .map(|(range, at)| range.at(*at))
            .collect()
    };
    let score = |place: &[f64], windows: &[f64]| -> f64 {
        let Some(model) = Model::new(kind, cell, &values(place)) else {
            return f64::NEG_INFINITY;
        };
        let each = answers
            .iter()
            .map(|(sweep, spikes)| score_of(cell, &model, *sweep, spikes, precision, windows));
        each.sum::<f64>() / answers.len() as f64
    };
    let wide = search.maximum(ranges.len(), |place| score(place, &WINDOWS));
    let near = |place: &[f64]| -> Vec<f64> {
        let moved = wide.place.iter().zip(place);
        moved
            .map(|(found, at)| (found + NARROWED * (at - 0.5)).clamp(0.0, 1.0))
            .collect()
    };
    let again = Search {
        seed: search.seed.wrapping_add(1),
        ..search
    };
    let found = again.maximum(ranges.len(), |place| score(&near(place), &WINDOWS[..1]));
    // The middle of the second search may have been the best place after all.
    let centre = score(&wide.place, &WINDOWS[..1]);
    let (place, best) = if centre > found.value {
        (wide.place.clone(), centre)
    } else {
        (near(&found.place), found.value)
    };
    let Some(model) = Model::new(kind, cell, &values(&place)).filter(|_| best.is_finite()) else {
        bail!(
            "{}: no neuron of this kind fires as the cell does; try the other --neuron",
            cell.recording.name
        );
    };
    let parameters = ranges.iter().zip(values(&place));
    Ok(Fitted {
        model,
        parameters: parameters
            .map(|(range, value)| (range.name, range.unit, value))
            .collect(),
        score: best,
        course: [wide.course, found.course].concat(),
        evaluations: wide.evaluations + found.evaluations + 1,
        matches: (0..cell.spikes.len())
            .map(|sweep| compare(cell, &model, sweep, precision))
            .collect(),
    })
}

/// What one sweep adds to what is maximised.
fn score_of(
    cell: &Cell,
    model: &Model,
    sweep: usize,
    spikes: &[f64],
    precision: f64,
    windows: &[f64],
) -> f64 {
    let Some(answer) = model.answer(cell, sweep, false) else {
        return -1.0 - COUNTS;
    };
    let answer = cell::after(answer.spikes.into_iter(), cell.onset());
    let (of_cell, of_model) = (spikes.len() as f64, answer.len() as f64);
    if of_cell + of_model == 0.0 {
        return 1.0; // both are silent
    }
    let gamma = |window: &f64| {
        // What fires so often that chance alone would meet every spike is not like the cell.
        let window = precision * window;
        coincidence_factor(spikes, &answer, window, cell.answer_duration()).unwrap_or(0.0)
    };
    let mean = windows.iter().map(gamma).sum::<f64>() / windows.len() as f64;
    mean - COUNTS * (of_cell - of_model).abs() / (of_cell + of_model)
}

fn compare(cell: &Cell, model: &Model, sweep: usize, precision: f64) -> Match {
    let answer = model
        .answer(cell, sweep, false)
        .map_or_else(Vec::new, |answer| answer.spikes);
    let of_cell: Vec<f64> = cell.spikes[sweep].iter().map(|spike| spike.time).collect();
    let epochs = cell.protocol.epochs();
    let rates = epochs.iter().map(|epoch| {
        let [from, until] = epoch.span;
        [&of_cell, &answer].map(|train| {
            let count = train
                .iter()
                .filter(|time| (from..until).contains(*time))
                .count();
            1000.0 * count as f64 / epoch.length()
        })
    });
    let rates = rates.collect();
    let answer = cell::after(answer.into_iter(), cell.onset());
    let spikes = cell.answer(sweep);
    Match {
        sweep,
        fitted: is_fitted(sweep),
        current: epochs.first().map_or(0.0, |epoch| epoch.amplitude(sweep)),
        cell: spikes.len(),
        model: answer.len(),
        gamma: coincidence_factor(&spikes, &answer, precision, cell.answer_duration()),
        cell_with_itself: cell.own_coincidence(sweep, precision),
        rates,
    }
}

/// The mean of what is known of the coincidence factors of the fitted sweeps, or of the others.
pub fn mean_gamma(matches: &[Match], fitted: bool) -> Option<f64> {
    let known = matches.iter().filter(|one| one.fitted == fitted);
    let known: Vec<f64> = known.filter_map(|one| one.gamma).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use neurons::recording::Protocol;
    use neurons::spiking::AdEx;

    /// The passive membrane to a few per cent; the threshold and the reset to 3 mV; the charge that adaptation takes
    /// for a spike, jump times time, to a third; on sweeps it has not seen it is far above chance.
    #[test]
    fn a_known_neuron_is_found_again() {
        let known = stand_in::neuron();
        let cell = Cell::study(stand_in::recording(7), Protocol::dual_steps()).unwrap();
        let passive = &cell.passive;
        assert!(
            (passive.resting - known.reversal).abs() < 1.0,
            "{passive:?}"
        );
        assert!(
            (passive.conductance() / known.leak - 1.0).abs() < 0.05,
            "{passive:?}"
        );
        assert!(
            (passive.time_constant / 20.0 - 1.0).abs() < 0.1,
            "{passive:?}"
        );
        let search = Search {
            candidates: 32,
            generations: 40,
            seed: 3,
        };
        let found = fit(&cell, FittedNeuron::AdEx, 4.0, search).unwrap();
        let Model::AdEx(neuron) = found.model else {
            panic!("{:?}", found.model);
        };
        // No worse than the truth, by what the search is to find most of.
        let truth = Model::AdEx(AdEx {
            capacitance: passive.capacitance(),
            leak: passive.conductance(),
            reversal: passive.resting,
            ..known
        });
        let score = |model: &Model| {
            let fitted = (0..16).filter(|sweep| is_fitted(*sweep));
            let each = fitted.map(|sweep| {
                score_of(&cell, model, sweep, &cell.answer(sweep), 4.0, &WINDOWS[..1])
            });
            each.sum::<f64>() / 8.0
        };
        assert!((found.score - score(&found.model)).abs() < 1e-12);
        assert!(
            found.score > score(&truth) - 0.05,
            "{} {}",
            found.score,
            score(&truth)
        );
        let charge = |neuron: &AdEx| neuron.jump * neuron.adaptation_time;
        assert!(
            (neuron.threshold - known.threshold).abs() < 3.0,
            "{neuron:?}"
        );
        assert!((neuron.reset - known.reset).abs() < 6.0, "{neuron:?}");
        let share = charge(&neuron) / charge(&known);
        assert!((0.6..1.6).contains(&share), "{share}: {neuron:?}");
        let held_out = mean_gamma(&found.matches, false).unwrap();
        assert!(held_out > 0.4, "{held_out}: {:?}", found.matches);
        // Its rates are the cell's, also where it was not fitted.
        for one in found.matches.iter().filter(|one| !one.fitted) {
            let apart = one.cell.abs_diff(one.model);
            assert!(apart <= 2 + one.cell / 8, "{one:?}");
        }
    }

    /// A cell compared with itself between its two equal steps; a recording whose steps end after it.
    #[test]
    fn a_recording_is_checked() {
        let mut recording = stand_in::recording(1);
        recording
            .sweeps
            .iter_mut()
            .for_each(|sweep| sweep.truncate(20_000));
        let error = Cell::study(recording.clone(), Protocol::dual_steps())
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .contains("ends after the sweeps of 2000.0 ms"),
            "{error}"
        );
        let silent = "146.85..646.85:-50".parse().unwrap();
        let flat = neurons::recording::CurrentClamp {
            sweeps: vec![vec![-60.0; 30_000]; 4],
            ..recording.clone()
        };
        let error = Cell::study(flat, silent).err().unwrap();
        assert!(
            error.to_string().contains("no fitted sweep has two spikes"),
            "{error}"
        );
        recording.sweeps.truncate(1);
        let error = Cell::study(recording, "0..10:1".parse().unwrap())
            .err()
            .unwrap();
        assert!(error.to_string().contains("has one sweep"), "{error}");
    }
}
