//! The peak of the first spike.

use super::state::HodgkinHuxleyState;
use crate::spiking::simulation::Transition;

/// An observer of a run that finds the peak of its first spike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FirstPeak {
    has_fired: bool,
    is_rising: bool,
    /// Time in ms and potential in mV, once the potential falls again.
    pub peak: Option<(f64, f64)>,
}

impl FirstPeak {
    /// Notes one step.
    pub fn observe(&mut self, made: &Transition<'_, HodgkinHuxleyState>) {
        if !made.spikes.is_empty() && !self.has_fired {
            (self.has_fired, self.is_rising) = (true, true);
        }
        if self.is_rising && made.after.voltage < made.before.voltage {
            self.is_rising = false;
            self.peak = Some((made.step.start, made.before.voltage));
        }
    }
}
