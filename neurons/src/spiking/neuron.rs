//! The trait of all spiking neurons.

use std::fmt::Debug;

use crate::error::Result;

/// The input of one integration step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInput {
    /// Current at the beginning, in the middle and at the end of the step, in the neuron's unit.
    pub current: [f64; 3],
    /// Duration of the step, in ms.
    pub duration: f64,
}

impl StepInput {
    /// Creates the input of a step of `duration` ms under a constant current.
    pub fn constant(current: f64, duration: f64) -> Self {
        Self {
            current: [current; 3],
            duration,
        }
    }

    /// Returns the mean current by Simpson's rule, which is exact for a constant current.
    pub fn mean_current(&self) -> f64 {
        let [start, middle, end] = self.current;
        if start == end && start == middle {
            start
        } else {
            (start + 4.0 * middle + end) / 6.0
        }
    }
}

/// A spiking neuron: the implementing type holds its parameters, and its state goes in and comes out of every step.
///
/// ```
/// use neurons::spiking::{Lif, Neuron, StepInput};
///
/// let neuron = Lif::cortical();
/// let rest = neuron.resting_state();
/// // 250 pA for 50 ms: by its closed form, the neuron fires after 20 ms times ln 5.
/// let (spikes, state) = neuron.step(&StepInput::constant(250.0, 50.0), &rest);
/// assert_eq!(spikes.len(), 1);
/// assert!((spikes[0] - 20.0 * 5.0_f64.ln()).abs() < 1e-9);
/// assert!(neuron.membrane_potential(&state) < neuron.threshold);
/// ```
pub trait Neuron {
    /// Everything that a step passes on to the next one.
    type State: Clone + Debug;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the first one that is out of range.
    fn validate(&self) -> Result<()>;

    /// Returns the state at rest, without a current.
    fn resting_state(&self) -> Self::State;

    /// Returns the membrane potential of a state, in mV.
    fn membrane_potential(&self, state: &Self::State) -> f64;

    /// Integrates the neuron over one step. Returns the times of the spikes, in ms from the beginning of the step, and
    /// the state at its end.
    fn step(&self, input: &StepInput, state: &Self::State) -> (Vec<f64>, Self::State);

    /// Returns the largest stable step in ms while the current is not below `lowest_current`, or `None` if there is no
    /// such limit: every step is exact, or the limit depends on the state ([`Self::fastest_rate`]).
    fn largest_step(&self, _lowest_current: f64) -> Option<f64> {
        None
    }

    /// Returns the rate in 1/ms at which the fastest deviation from this state decays, or 0 if the state sets no limit
    /// to the step. A step is stable up to [`REAL_LIMIT`](super::stability::REAL_LIMIT) over this rate.
    fn fastest_rate(&self, _state: &Self::State) -> f64 {
        0.0
    }

    /// Returns whether the neuron can reach this state. The integration has diverged otherwise.
    fn is_reachable(&self, _state: &Self::State) -> bool {
        true
    }
}
