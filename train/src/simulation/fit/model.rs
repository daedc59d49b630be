//! Neurons whose passive parameters are known and whose others are searched for.

use neurons::spiking::{AdEx, AdExState, Lif, LifState, SpikingNeuron};
use serde::Serialize;

use super::cell::Cell;
use crate::simulation::FittedNeuron;

/// The step of integration in ms; a fifth of the largest stable one where that is less.
const STEP: f64 = 0.5;

/// A neuron that fires more often in a sweep is no cell's.
const MOST_SPIKES: usize = 5000;

/// A neuron with all its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Model {
    /// Adaptive exponential integrate-and-fire.
    AdEx(AdEx),
    /// Leaky integrate-and-fire.
    Lif(Lif),
}

/// A parameter that is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// What the field calls it.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    low: f64,
    high: f64,
    /// Whether its logarithm is searched evenly.
    is_logarithmic: bool,
}

/// A run over one sweep.
pub struct Answer {
    /// In ms from the beginning of the sweep.
    pub spikes: Vec<f64>,
    /// Time in ms and membrane in mV after every step, if they were wanted.
    pub membrane: Vec<(f64, f64)>,
}

impl Range {
    /// From 0 to 1 into the range.
    pub fn at(&self, place: f64) -> f64 {
        if self.is_logarithmic {
            self.low * (self.high / self.low).powf(place)
        } else {
            self.low + place * (self.high - self.low)
        }
    }
}

/// What is searched for of a neuron of that kind, and between what: about the potentials at which the cell's spikes
/// begin and end, which are those of the fitted sweeps.
pub fn ranges(kind: FittedNeuron, cell: &Cell) -> Vec<Range> {
    let fitted = (cell.spikes.iter().enumerate()).filter(|(sweep, _)| super::is_fitted(*sweep));
    let spikes: Vec<_> = fitted.flat_map(|(_, spikes)| spikes).collect();
    let bounds = |potential: fn(&neurons::recording::Spike) -> f64| {
        let all = spikes.iter().map(|spike| potential(spike));
        all.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        })
    };
    let [onset, highest_onset] = bounds(|spike| spike.onset);
    let [end, highest_end] = bounds(|spike| spike.end);
    let conductance = cell.passive.conductance();
    let even = |name, unit, low, high| Range {
        name,
        unit,
        low,
        high,
        is_logarithmic: false,
    };
    let logarithmic = |name, unit, low, high| Range {
        is_logarithmic: true,
        ..even(name, unit, low, high)
    };
    // Where the cell itself is after a spike: Gamma alone would trade a lower reset for less adaptation.
    let reset = even("reset", "mV", end, highest_end);
    match kind {
        FittedNeuron::AdEx => vec![
            even("threshold", "mV", onset - 20.0, highest_onset),
            logarithmic("sharpness", "mV", 0.3, 10.0),
            even("coupling", "nS", -0.2 * conductance, 2.0 * conductance),
            logarithmic("adaptation time", "ms", 10.0, 2000.0),
            // Up to what moves the resting membrane by 100 mV.
            logarithmic("jump", "pA", 0.1 * conductance, 100.0 * conductance),
            reset,
        ],
        FittedNeuron::Lif => vec![
            even("threshold", "mV", end, highest_onset + 5.0),
            logarithmic("refractory period", "ms", 0.5, 50.0),
            reset,
        ],
    }
}

impl Model {
    /// The neuron with these values of what is searched for, in the order of [`ranges`].
    pub fn new(kind: FittedNeuron, cell: &Cell, values: &[f64]) -> Option<Self> {
        let passive = &cell.passive;
        let (capacitance, leak) = (passive.capacitance(), passive.conductance());
        let reversal = passive.resting;
        let model = match (kind, values) {
            (FittedNeuron::AdEx, &[threshold, sharpness, coupling, time, jump, reset]) => {
                let neuron = AdEx {
                    capacitance,
                    leak,
                    reversal,
                    threshold,
                    sharpness,
                    coupling,
                    adaptation_time: time,
                    jump,
                    reset,
                    peak: 20.0,
                };
                neuron.validate().ok()?;
                Self::AdEx(neuron)
            }
            (FittedNeuron::Lif, &[threshold, refractory, reset]) => {
                let neuron = Lif {
                    capacitance,
                    leak,
                    reversal,
                    threshold,
                    reset,
                    refractory,
                };
                neuron.validate().ok()?;
                Self::Lif(neuron)
            }
            _ => return None,
        };
        Some(model)
    }

    /// What it does in one sweep of the cell's protocol, from the potential with which the sweep begins; none where it
    /// fires without end. The current is what was injected and the cell's drift.
    pub fn answer(&self, cell: &Cell, sweep: usize, traces: bool) -> Option<Answer> {
        let first = cell.recording.sweeps[sweep]
            .first()
            .copied()
            .unwrap_or_default();
        match self {
            Self::AdEx(neuron) => {
                let membrane = first.min(neuron.peak - 1.0);
                let adaptation = neuron.coupling * (membrane - neuron.reversal);
                let start = AdExState {
                    membrane,
                    adaptation,
                };
                follow(neuron, start, cell, sweep, traces)
            }
            Self::Lif(neuron) => {
                let start = LifState {
                    membrane: first.min(neuron.threshold),
                    refractory: 0.0,
                };
                follow(neuron, start, cell, sweep, traces)
            }
        }
    }
}

fn follow<N: SpikingNeuron>(
    neuron: &N,
    mut state: N::State,
    cell: &Cell,
    sweep: usize,
    traces: bool,
) -> Option<Answer> {
    let largest = neuron.largest_step(0.0).unwrap_or(f64::INFINITY);
    let usual = STEP.min(largest / 5.0);
    let (mut time, drift) = (0.0, cell.drift[sweep]);
    let (mut spikes, mut membrane) = (Vec::new(), Vec::new());
    for (end, current) in cell.protocol.pieces(sweep, cell.recording.duration()) {
        // Pieces of constant current are filled by a whole number of steps.
        let steps = ((end - time) / usual).ceil();
        let step = (end - time) / steps;
        for number in 0..steps as usize {
            let from = time + number as f64 * step;
            let (fired, next) = neuron.step([current + drift; 3], &state, step);
            for after in &fired {
                spikes.push(from + after);
                if traces {
                    membrane.push((from + after, 20.0));
                }
            }
            state = next;
            if spikes.len() > MOST_SPIKES {
                return None;
            }
            if traces {
                membrane.push((from + step, neuron.membrane(&state)));
            }
        }
        time = end;
    }
    Some(Answer { spikes, membrane })
}
