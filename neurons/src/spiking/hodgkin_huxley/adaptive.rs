//! The Hodgkin-Huxley equations with an adaptive integrator, as a reference for fixed steps: Dormand and Prince's method
//! of eighth order (DOP853; Hairer, Norsett and Wanner 1993) of the crate `differential-equations`.

use differential_equations::prelude::*;

use super::equations::{Membrane, derivative};
use super::neuron::SPIKE_LEVEL;
use super::parameters::HodgkinHuxley;
use super::state::HodgkinHuxleyState;
use crate::current::Waveform;
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
    /// [`Error::Parameter`] if a parameter is out of range, [`Error::Adaptive`] if the integrator stops.
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
        let inside = until - 1e-9 * (until - from);
        let membrane = Piece {
            membrane: Membrane::new(self),
            wave,
            inside,
        };
        let method = ExplicitRungeKutta::dop853()
            .rtol(tolerance)
            .atol(tolerance)
            .h_max(LONGEST_STEP)
            .max_steps(100_000_000);
        let start = run.state.to_array();
        let solution = IVP::ode(&membrane, from, until, start)
            .solout(Crossings { until })
            .method(method)
            .solve();
        let failed = |reason: String| Error::Adaptive { time: from, reason };
        let mut solution = solution.map_err(|error| failed(format!("{error:?}")))?;
        let Some((_, end)) = solution.pop() else {
            return Err(failed("the end was not reached".to_owned()));
        };
        run.spikes.extend(solution.t);
        run.state = HodgkinHuxleyState::from_array(end);
        run.steps += solution.steps.accepted;
        Ok(())
    }
}

/// The equations over one interval.
struct Piece<'a> {
    membrane: Membrane,
    wave: &'a Waveform,
    /// Last time at which the current is evaluated: a jump at the end belongs to the next interval.
    inside: f64,
}

impl ODE<f64, [f64; 4]> for Piece<'_> {
    fn diff(&self, time: f64, state: &[f64; 4], change: &mut [f64; 4]) {
        let input = self.wave.at(time.min(self.inside));
        *change = derivative(*state, input, &self.membrane);
    }
}

/// Records upward crossings of [`SPIKE_LEVEL`], by bisection of the method's interpolant, and the end.
struct Crossings {
    until: f64,
}

impl Solout<f64, [f64; 4]> for Crossings {
    fn solout<I>(
        &mut self,
        after: f64,
        before: f64,
        state: &[f64; 4],
        state_before: &[f64; 4],
        interpolator: &mut I,
        solution: &mut Solution<f64, [f64; 4]>,
    ) -> ControlFlag<f64, [f64; 4]>
    where
        I: Interpolation<f64, [f64; 4]> + ?Sized,
    {
        if state_before[0] < SPIKE_LEVEL && state[0] >= SPIKE_LEVEL {
            let (mut low, mut high) = (before, after);
            while high - low > 1e-12 * high.max(1.0) {
                let middle = (low + high) / 2.0;
                match interpolator.interpolate(middle) {
                    Ok([voltage, ..]) if voltage < SPIKE_LEVEL => low = middle,
                    _ => high = middle,
                }
            }
            solution.push(high, *state);
        }
        if after >= self.until {
            solution.push(after, *state);
        }
        ControlFlag::Continue
    }
}
