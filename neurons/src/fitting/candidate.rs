//! Neurons with the cell's passive properties, whose other parameters are searched for.

use std::cell::Cell as Counter;

use serde::Serialize;

use super::cell::{Cell, is_fitted};
use crate::recording::Spike;
use crate::spiking::simulation::{TimedStep, drive};
use crate::spiking::{AdEx, AdExState, Lif, LifState, Neuron, StepInput};

/// Largest integration step, in ms.
const MAX_STEP: f64 = 0.5;

/// The step is at most the largest stable one over this.
const STABILITY_MARGIN: f64 = 5.0;

/// Largest number of spikes in a sweep: a neuron that fires more often is not like a cell, and its run is stopped.
const MAX_SPIKES: usize = 5000;

/// Potential at which a spike is cut and drawn, in mV.
const PEAK: f64 = 20.0;

/// A kind of neuron that can be fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NeuronKind {
    /// Adaptive exponential integrate-and-fire ([`AdEx`]).
    #[default]
    AdEx,
    /// Leaky integrate-and-fire ([`Lif`]).
    Lif,
}

/// A neuron with all its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Candidate {
    /// Adaptive exponential integrate-and-fire.
    AdEx(AdEx),
    /// Leaky integrate-and-fire.
    Lif(Lif),
}

/// The range of a parameter that is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Name of the parameter.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    low: f64,
    high: f64,
    is_logarithmic: bool,
}

/// The simulated response to one sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Times of the spikes, in ms from the beginning of the sweep.
    pub spikes: Vec<f64>,
    /// Time in ms and membrane potential in mV after each step, if the trace was asked for.
    pub trace: Vec<(f64, f64)>,
}

impl Range {
    fn linear(name: &'static str, unit: &'static str, low: f64, high: f64) -> Self {
        Self {
            name,
            unit,
            low,
            high,
            is_logarithmic: false,
        }
    }

    fn logarithmic(name: &'static str, unit: &'static str, low: f64, high: f64) -> Self {
        Self {
            is_logarithmic: true,
            ..Self::linear(name, unit, low, high)
        }
    }

    /// Returns the value at a position from 0 to 1 in the range.
    pub fn at(&self, position: f64) -> f64 {
        if self.is_logarithmic {
            self.low * (self.high / self.low).powf(position)
        } else {
            self.low + position * (self.high - self.low)
        }
    }
}

/// Returns the ranges of the parameters that are searched for. Potentials lie around those at which the cell's spikes
/// begin and end in the fitted sweeps.
pub fn ranges(kind: NeuronKind, cell: &Cell) -> Vec<Range> {
    let fitted = (cell.spikes.iter().enumerate()).filter(|(sweep, _)| is_fitted(*sweep));
    let spikes: Vec<_> = fitted.flat_map(|(_, spikes)| spikes).collect();
    let bounds = |potential: fn(&Spike) -> f64| {
        let all = spikes.iter().map(|spike| potential(spike));
        all.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        })
    };
    let [lowest_onset, highest_onset] = bounds(|spike| spike.onset);
    let [lowest_end, highest_end] = bounds(|spike| spike.end);
    let conductance = cell.passive.conductance();
    // Where the cell itself is after a spike: the spike times alone would trade a lower reset for less adaptation.
    let reset = Range::linear("reset", "mV", lowest_end, highest_end);
    match kind {
        NeuronKind::AdEx => vec![
            Range::linear("threshold", "mV", lowest_onset - 20.0, highest_onset),
            Range::logarithmic("sharpness", "mV", 0.3, 10.0),
            Range::linear("coupling", "nS", -0.2 * conductance, 2.0 * conductance),
            Range::logarithmic("adaptation time", "ms", 10.0, 2000.0),
            // The upper end moves the resting membrane by 100 mV.
            Range::logarithmic("jump", "pA", 0.1 * conductance, 100.0 * conductance),
            reset,
        ],
        NeuronKind::Lif => vec![
            Range::linear("threshold", "mV", lowest_end, highest_onset + 5.0),
            Range::logarithmic("refractory period", "ms", 0.5, 50.0),
            reset,
        ],
    }
}

impl Candidate {
    /// Creates a neuron from the values of the parameters that are searched for, in the order of [`ranges`]. Returns
    /// `None` if they are out of range.
    pub fn new(kind: NeuronKind, cell: &Cell, values: &[f64]) -> Option<Self> {
        let passive = &cell.passive;
        let (capacitance, leak) = (passive.capacitance(), passive.conductance());
        let reversal = passive.resting;
        match (kind, values) {
            (NeuronKind::AdEx, &[threshold, sharpness, coupling, time, jump, reset]) => {
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
                    peak: PEAK,
                };
                neuron.validate().is_ok().then_some(Self::AdEx(neuron))
            }
            (NeuronKind::Lif, &[threshold, refractory, reset]) => {
                let neuron = Lif {
                    capacitance,
                    leak,
                    reversal,
                    threshold,
                    reset,
                    refractory,
                };
                neuron.validate().is_ok().then_some(Self::Lif(neuron))
            }
            _ => None,
        }
    }

    /// Simulates one sweep of the cell's protocol, from the potential with which the sweep begins. The current is the
    /// injected one plus the cell's drift. Returns `None` if the neuron fires too often.
    pub fn respond(&self, cell: &Cell, sweep: usize, with_trace: bool) -> Option<Response> {
        let first = cell.recording.sweeps[sweep]
            .first()
            .copied()
            .unwrap_or_default();
        match self {
            Self::AdEx(neuron) => {
                let voltage = first.min(neuron.peak - 1.0);
                let start = AdExState {
                    voltage,
                    adaptation: neuron.coupling * (voltage - neuron.reversal),
                };
                respond(neuron, start, cell, sweep, with_trace)
            }
            Self::Lif(neuron) => {
                let start = LifState {
                    voltage: first.min(neuron.threshold),
                    refractory: 0.0,
                };
                respond(neuron, start, cell, sweep, with_trace)
            }
        }
    }
}

fn respond<N: Neuron>(
    neuron: &N,
    start: N::State,
    cell: &Cell,
    sweep: usize,
    with_trace: bool,
) -> Option<Response> {
    let largest = neuron.largest_step(0.0).unwrap_or(f64::INFINITY);
    let steps = steps(cell, sweep, MAX_STEP.min(largest / STABILITY_MARGIN));
    let (mut spikes, mut trace) = (Vec::new(), Vec::new());
    let count = Counter::new(0);
    let steps = steps.take_while(|_| count.get() <= MAX_SPIKES);
    drive(neuron, start, steps, |made| {
        spikes.extend_from_slice(made.spikes);
        count.set(spikes.len());
        if with_trace {
            trace.extend(made.spikes.iter().map(|time| (*time, PEAK)));
            let end = made.step.start + made.step.input.duration;
            trace.push((end, neuron.membrane_potential(made.after)));
        }
    })
    .ok()?;
    (spikes.len() <= MAX_SPIKES).then_some(Response { spikes, trace })
}

/// Divides a sweep into steps of at most `max_step` ms: an integral number of them fills each piece of constant current.
fn steps(cell: &Cell, sweep: usize, max_step: f64) -> impl Iterator<Item = TimedStep> {
    let drift = cell.drift[sweep];
    let mut time = 0.0;
    let pieces = (cell.protocol).pieces(sweep, cell.recording.duration());
    pieces.into_iter().flat_map(move |(end, current)| {
        let start = std::mem::replace(&mut time, end);
        let count = ((end - start) / max_step).ceil();
        let duration = (end - start) / count;
        (0..count as usize).map(move |number| TimedStep {
            start: start + number as f64 * duration,
            input: StepInput::constant(current + drift, duration),
        })
    })
}
