//! The Hodgkin-Huxley equations with an adaptive integrator (`dop853`), as a reference for fixed steps.

use super::equations::{Membrane, derivative};
use super::neuron::SPIKE_LEVEL;
use super::parameters::HodgkinHuxley;
use super::state::HodgkinHuxleyState;
use crate::current::Waveform;
use crate::dop853::{Dop853, Step};
use crate::error::{Error, Result};

/// Longest step, in ms: a longer one could skip a spike.
const LONGEST_STEP: f64 = 0.25;

/// The result of an adaptive run.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveRun {
    /// Times of the spikes, in ms.
    pub spikes: Vec<f64>,
    /// The final state.
    pub state: HodgkinHuxleyState,
    /// Number of accepted steps.
    pub steps: usize,
}

impl HodgkinHuxley {
    /// Integrates the neuron over `duration` ms. `tolerance` is the absolute and relative error of a step.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter is out of range, [`Error::Adaptive`] if its steps become too short.
    pub fn simulate_adaptively(
        &self,
        start: HodgkinHuxleyState,
        wave: &Waveform,
        duration: f64,
        tolerance: f64,
    ) -> Result<AdaptiveRun> {
        self.check()?;
        let mut run = AdaptiveRun {
            spikes: Vec::new(),
            state: start,
            steps: 0,
        };
        let mut from = 0.0;
        // The method needs smooth derivatives: it is restarted where the current is not smooth.
        for until in wave.breaks(duration).into_iter().chain([duration]) {
            if until > from {
                self.integrate_piece(&mut run, wave, [from, until], tolerance)?;
                from = until;
            }
        }
        Ok(run)
    }

    /// Continues the run over an interval in which the current is smooth.
    fn integrate_piece(
        &self,
        run: &mut AdaptiveRun,
        wave: &Waveform,
        [from, until]: [f64; 2],
        tolerance: f64,
    ) -> Result<()> {
        let membrane = Membrane::new(self);
        // A jump of the current at the end belongs to the next interval.
        let inside = until - 1e-9 * (until - from);
        let slope =
            |time: f64, state: &[f64; 4]| derivative(*state, wave.at(time.min(inside)), &membrane);
        let method = Dop853 {
            tolerance,
            longest_step: LONGEST_STEP,
        };
        let observe = |step: &Step<4>| {
            run.steps += 1;
            if step.start.1[0] < SPIKE_LEVEL && step.end.1[0] >= SPIKE_LEVEL {
                run.spikes.push(upward_crossing(step));
            }
        };
        let end = method.integrate(&slope, [from, until], run.state.to_array(), observe);
        let end = end.map_err(|error| Error::Adaptive { time: error.time })?;
        run.state = HodgkinHuxleyState::from_array(end);
        Ok(())
    }
}

/// Returns the time in ms at which the potential crosses [`SPIKE_LEVEL`] in a step, by bisection of the interpolant.
fn upward_crossing(step: &Step<4>) -> f64 {
    let (mut low, mut high) = (step.start.0, step.end.0);
    while high - low > 1e-12 * high.max(1.0) {
        let middle = (low + high) / 2.0;
        if step.at(middle)[0] < SPIKE_LEVEL {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
