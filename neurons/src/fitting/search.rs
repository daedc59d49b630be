//! The fit: a search in two stages for the candidate that agrees best with the cell.

use super::candidate::{Candidate, NeuronKind, Range, ranges};
use super::cell::{Cell, is_fitted};
use super::evolution::Evolution;
use super::objective::{SweepMatch, compare, score};
use crate::error::{Error, Result};

/// In the first stage, the coincidence factor is the mean of those within the precision, three times it and nine times
/// it: with a single narrow window, almost every change of the parameters replaces one chance coincidence by another.
const WINDOWS: [f64; 3] = [1.0, 3.0, 9.0];

/// Width of the second stage: each parameter is within a tenth of its range of the first stage's result.
const NARROW: f64 = 0.2;

/// The result of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The fitted neuron.
    pub neuron: Candidate,
    /// Name, unit and value of each parameter that was searched for.
    pub parameters: Vec<(&'static str, &'static str, f64)>,
    /// Final value of the objective.
    pub score: f64,
    /// Best value of the objective in each generation of both stages.
    pub course: Vec<f64>,
    /// Number of neurons that were simulated.
    pub evaluations: usize,
    /// Agreement in each sweep.
    pub matches: Vec<SweepMatch>,
}

/// The objective over the fitted sweeps.
struct Objective<'a> {
    cell: &'a Cell,
    kind: NeuronKind,
    precision: f64,
    ranges: Vec<Range>,
    /// Fitted sweeps, with the cell's spikes.
    responses: Vec<(usize, Vec<f64>)>,
}

impl<'a> Objective<'a> {
    fn new(cell: &'a Cell, kind: NeuronKind, precision: f64) -> Self {
        let fitted = (0..cell.spikes.len()).filter(|sweep| is_fitted(*sweep));
        Self {
            cell,
            kind,
            precision,
            ranges: ranges(kind, cell),
            responses: fitted.map(|sweep| (sweep, cell.response(sweep))).collect(),
        }
    }

    /// Returns the parameters at a position in the unit cube.
    fn values(&self, position: &[f64]) -> Vec<f64> {
        let ranges = self.ranges.iter().zip(position);
        ranges.map(|(range, at)| range.at(*at)).collect()
    }

    /// Returns the candidate at a position in the unit cube.
    fn candidate(&self, position: &[f64]) -> Option<Candidate> {
        Candidate::new(self.kind, self.cell, &self.values(position))
    }

    /// Returns the mean score over the fitted sweeps.
    fn at(&self, position: &[f64], windows: &[f64]) -> f64 {
        let Some(candidate) = self.candidate(position) else {
            return f64::NEG_INFINITY;
        };
        let responses = self.responses.iter();
        let scores = responses.map(|(sweep, spikes)| {
            let precision = self.precision;
            score(self.cell, &candidate, *sweep, spikes, precision, windows)
        });
        scores.sum::<f64>() / self.responses.len() as f64
    }
}

/// Fits a neuron to the cell's fitted sweeps: it maximises the agreement of their spikes within `precision` ms.
///
/// # Errors
/// [`Error::Recording`] if no neuron of this kind fires as the cell does.
pub fn fit(cell: &Cell, kind: NeuronKind, precision: f64, evolution: Evolution) -> Result<Fit> {
    let objective = Objective::new(cell, kind, precision);
    let dimensions = objective.ranges.len();
    let wide = evolution.maximise(dimensions, |position| objective.at(position, &WINDOWS));
    let near = |position: &[f64]| -> Vec<f64> {
        let moved = wide.position.iter().zip(position);
        moved
            .map(|(found, at)| (found + NARROW * (at - 0.5)).clamp(0.0, 1.0))
            .collect()
    };
    let again = Evolution {
        seed: evolution.seed.wrapping_add(1),
        ..evolution
    };
    let narrow = again.maximise(dimensions, |position| {
        objective.at(&near(position), &WINDOWS[..1])
    });
    // The centre of the second stage may be better than what it found.
    let centre = objective.at(&wide.position, &WINDOWS[..1]);
    let (position, best) = if centre > narrow.value {
        (wide.position.clone(), centre)
    } else {
        (near(&narrow.position), narrow.value)
    };
    let found = objective.candidate(&position);
    let Some(neuron) = found.filter(|_| best.is_finite()) else {
        let reason = "no neuron of this kind fires as the cell does; try another kind";
        return Err(Error::recording(&cell.recording.name, reason));
    };
    let parameters = objective.ranges.iter().zip(objective.values(&position));
    Ok(Fit {
        neuron,
        parameters: parameters
            .map(|(range, value)| (range.name, range.unit, value))
            .collect(),
        score: best,
        course: [wide.course, narrow.course].concat(),
        evaluations: wide.evaluations + narrow.evaluations + 1,
        matches: (0..cell.spikes.len())
            .map(|sweep| compare(cell, &neuron, sweep, precision))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fitting::mean_gamma;
    use crate::fitting::stand_in;
    use crate::recording::{CurrentClamp, Protocol};
    use crate::spiking::AdEx;

    const EVOLUTION: Evolution = Evolution {
        candidates: 32,
        generations: 40,
        seed: 3,
    };

    /// The objective within 4 ms, summed sweep by sweep.
    fn mean_score(cell: &Cell, candidate: &Candidate) -> f64 {
        let fitted = (0..16).filter(|sweep| is_fitted(*sweep));
        let scores = fitted.map(|sweep| {
            let spikes = cell.response(sweep);
            score(cell, candidate, sweep, &spikes, 4.0, &WINDOWS[..1])
        });
        scores.sum::<f64>() / 8.0
    }

    /// Passive properties to a few per cent; threshold to 3 mV and reset to 6 mV; the charge of adaptation per spike,
    /// jump times time constant, to a factor of 1.6; far above chance on the held-out sweeps.
    #[test]
    fn a_known_neuron_is_recovered() {
        let known = stand_in::neuron();
        let cell = Cell::analyse(stand_in::recording(7), Protocol::dual_steps()).unwrap();
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
        let found = fit(&cell, NeuronKind::AdEx, 4.0, EVOLUTION).unwrap();
        let Candidate::AdEx(neuron) = found.neuron else {
            panic!("{:?}", found.neuron);
        };
        // The objective is no worse than that of the true neuron.
        let truth = Candidate::AdEx(AdEx {
            capacitance: passive.capacitance(),
            leak: passive.conductance(),
            reversal: passive.resting,
            ..known
        });
        let expected = mean_score(&cell, &truth);
        assert!((found.score - mean_score(&cell, &found.neuron)).abs() < 1e-12);
        assert!(found.score > expected - 0.05, "{} {expected}", found.score);
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
        // Its rates are the cell's on the held-out sweeps, too.
        for one in found.matches.iter().filter(|one| !one.fitted) {
            let apart = one.cell.abs_diff(one.model);
            assert!(apart <= 2 + one.cell / 8, "{one:?}");
        }
    }

    #[test]
    fn unusable_recordings_are_refused() {
        let mut recording = stand_in::recording(1);
        recording
            .sweeps
            .iter_mut()
            .for_each(|sweep| sweep.truncate(20_000));
        let error = Cell::analyse(recording.clone(), Protocol::dual_steps()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("ends after the sweeps of 2000.0 ms"),
            "{error}"
        );
        let silent = "146.85..646.85:-50".parse().unwrap();
        let flat = CurrentClamp {
            sweeps: vec![vec![-60.0; 30_000]; 4],
            ..recording.clone()
        };
        let error = Cell::analyse(flat, silent).unwrap_err();
        assert!(
            error.to_string().contains("no fitted sweep has two spikes"),
            "{error}"
        );
        recording.sweeps.truncate(1);
        let error = Cell::analyse(recording, "0..10:1".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("has one sweep"), "{error}");
    }
}
