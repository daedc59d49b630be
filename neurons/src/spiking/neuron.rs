//! What every neuron that fires has in common: a pure step, and a run of such steps.

use super::Waveform;

/// The current over one step: at its beginning, in its middle and at its end.
pub type Stages = [f64; 3];

/// A neuron that cannot be, or a step that is too large for it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NeuronError {
    /// A parameter is out of range.
    #[error("{name} is {value}: give {expected}")]
    Parameter {
        /// What the field calls it.
        name: &'static str,
        /// As given.
        value: f64,
        /// The values there are, with their unit.
        expected: &'static str,
    },
    /// The integration would not follow the equations.
    #[error("a step of {step} ms is too large: the largest stable one is {largest:.4} ms")]
    Step {
        /// As given, in ms.
        step: f64,
        /// In ms.
        largest: f64,
    },
}

/// Parameters of a neuron; its state goes in and comes out.
pub trait SpikingNeuron {
    /// Everything it remembers from one step to the next.
    type State: Clone + std::fmt::Debug;

    /// At rest, without input.
    fn rest(&self) -> Self::State;

    /// The membrane potential of a state, in mV.
    fn membrane(&self, state: &Self::State) -> f64;

    /// `step` ms further: the spikes, in ms from the beginning of the step, and the state at its end.
    fn step(&self, current: Stages, state: &Self::State, step: f64) -> (Vec<f64>, Self::State);

    /// The largest step in ms with which the integration is stable while the current is not below `lowest`;
    /// none where every step is exact.
    fn largest_step(&self, lowest: f64) -> Option<f64>;
}

/// A run: what was kept of its states, and every spike.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<S> {
    /// Time in ms and state: at the beginning, every so many steps, and in the end.
    pub states: Vec<(f64, S)>,
    /// In ms from the beginning.
    pub spikes: Vec<f64>,
}

/// Refuses a step that a neuron cannot be integrated with.
///
/// # Errors
/// Names the largest.
pub fn check_step(neuron: &impl SpikingNeuron, step: f64, lowest: f64) -> Result<(), NeuronError> {
    match neuron.largest_step(lowest) {
        Some(largest) if step > largest => Err(NeuronError::Step { step, largest }),
        _ => Ok(()),
    }
}

/// Runs a neuron from rest for `duration` ms; the last step ends there or after it. Some `most` states are kept,
/// evenly over time.
///
/// # Errors
/// When the step is too large for the neuron.
pub fn run<N: SpikingNeuron>(
    neuron: &N,
    current: &Waveform,
    [duration, step]: [f64; 2],
    most: usize,
) -> Result<Run<N::State>, NeuronError> {
    check_step(neuron, step, current.range()[0])?;
    // A quotient that is whole but for rounding shall not give one step more.
    let steps = (duration / step * (1.0 - 1e-12)).ceil() as usize;
    let every = steps.div_ceil(most.max(1)).max(1);
    let (mut states, mut spikes) = (Vec::new(), Vec::new());
    let mut state = neuron.rest();
    for number in 0..steps {
        let time = number as f64 * step;
        let (fired, next) = neuron.step(current.stages(time, step), &state, step);
        spikes.extend(fired.into_iter().map(|after| time + after));
        let before = std::mem::replace(&mut state, next);
        if number % every == 0 {
            states.push((time, before));
        }
    }
    states.push((steps as f64 * step, state));
    Ok(Run { states, spikes })
}

/// The current of a step for rules that take one value: Simpson's mean, exact where it is constant.
pub(super) fn mean([start, middle, end]: Stages) -> f64 {
    if start == end && start == middle {
        start
    } else {
        (start + 4.0 * middle + end) / 6.0
    }
}

/// Checks `condition` for a parameter.
pub(super) fn require(
    condition: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), NeuronError> {
    if condition && value.is_finite() {
        Ok(())
    } else {
        Err(NeuronError::Parameter {
            name,
            value,
            expected,
        })
    }
}
