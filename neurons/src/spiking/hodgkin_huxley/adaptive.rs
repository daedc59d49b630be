//! The same equations with an integrator that chooses its steps: Dormand and Prince's method of eighth order (Hairer,
//! Norsett and Wanner 1993, DOP853), from the crate `differential-equations`, to judge fixed steps by.

use differential_equations::prelude::*;

use super::equations::{Exact, Membrane, derivative};
use super::{HodgkinHuxleyError, Parameters, SPIKE_LEVEL, State as Neuron};
use crate::spiking::Waveform;

/// Longer steps could pass over a spike, in ms.
const LONGEST_STEP: f64 = 0.25;

/// What one neuron did.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapted {
    /// In ms.
    pub spikes: Vec<f64>,
    /// At the end.
    pub state: Neuron,
    /// Steps that were made.
    pub steps: usize,
}

impl Parameters {
    /// Lets the current flow in for `duration` ms; errors of a step are at most `tolerance`, absolute and relative.
    ///
    /// # Errors
    /// When the integrator gives up.
    pub fn simulate_adaptively(
        &self,
        start: Neuron,
        wave: &Waveform,
        duration: f64,
        tolerance: f64,
    ) -> Result<Adapted, HodgkinHuxleyError> {
        self.validate()?;
        let mut adapted = Adapted {
            spikes: Vec::new(),
            state: start,
            steps: 0,
        };
        let mut from = 0.0;
        // A method of high order is none across a jump: between two of them everything is smooth.
        for until in wave.breaks(duration).into_iter().chain([duration]) {
            if until > from {
                self.piece(&mut adapted, wave, [from, until], tolerance)?;
                from = until;
            }
        }
        Ok(adapted)
    }

    fn piece(
        &self,
        adapted: &mut Adapted,
        wave: &Waveform,
        [from, until]: [f64; 2],
        tolerance: f64,
    ) -> Result<(), HodgkinHuxleyError> {
        let inside = until - 1e-9 * (until - from);
        let membrane = Piece {
            membrane: Membrane::of(self),
            wave,
            inside,
        };
        let method = ExplicitRungeKutta::dop853()
            .rtol(tolerance)
            .atol(tolerance)
            .h_max(LONGEST_STEP)
            .max_steps(100_000_000);
        let start = adapted.state.to_array();
        let solution = IVP::ode(&membrane, from, until, start)
            .solout(Upwards { until })
            .method(method)
            .solve();
        let failed = |reason: String| HodgkinHuxleyError::Adaptive { time: from, reason };
        let mut solution = solution.map_err(|error| failed(format!("{error:?}")))?;
        let Some((_, end)) = solution.pop() else {
            return Err(failed("no end was reached".to_owned()));
        };
        adapted.spikes.extend(solution.t);
        adapted.state = Neuron::from_array(end);
        adapted.steps += solution.steps.accepted;
        Ok(())
    }
}

struct Piece<'a> {
    membrane: Membrane,
    wave: &'a Waveform,
    /// The last time that is asked for: the jump at the end belongs to the next piece.
    inside: f64,
}

impl ODE<f64, [f64; 4]> for Piece<'_> {
    fn diff(&self, time: f64, state: &[f64; 4], change: &mut [f64; 4]) {
        let input = self.wave.at(time.min(self.inside));
        *change = derivative(*state, input, &self.membrane, &Exact);
    }
}

/// Keeps upward crossings of [`SPIKE_LEVEL`], found in the method's own interpolation by bisection, and the end.
struct Upwards {
    until: f64,
}

impl Solout<f64, [f64; 4]> for Upwards {
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
