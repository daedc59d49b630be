//! The Hodgkin-Huxley neuron as a [`Neuron`].

use super::equations::{Membrane, fastest_rate, runge_kutta};
use super::parameters::HodgkinHuxley;
use super::state::HodgkinHuxleyState;
use crate::error::Result;
use crate::spiking::neuron::{Neuron, StepInput};

/// Upward crossings of this potential in mV are spikes.
pub const SPIKE_LEVEL: f64 = 0.0;

/// Returns when the line from one potential to the next crosses [`SPIKE_LEVEL`], as a fraction of the step.
pub(super) fn crossing(before: f64, after: f64) -> f64 {
    (SPIKE_LEVEL - before) / (after - before)
}

impl Neuron for HodgkinHuxley {
    type State = HodgkinHuxleyState;

    fn validate(&self) -> Result<()> {
        self.check()
    }

    fn resting_state(&self) -> HodgkinHuxleyState {
        HodgkinHuxleyState::at_rest(self)
    }

    fn membrane_potential(&self, state: &HodgkinHuxleyState) -> f64 {
        state.voltage
    }

    fn step(
        &self,
        input: &StepInput,
        state: &HodgkinHuxleyState,
    ) -> (Vec<f64>, HodgkinHuxleyState) {
        let membrane = Membrane::new(self);
        let after = runge_kutta(state.to_array(), input.current, input.duration, &membrane);
        let mut spikes = Vec::new();
        if state.voltage < SPIKE_LEVEL && after[0] >= SPIKE_LEVEL {
            spikes.push(input.duration * crossing(state.voltage, after[0]));
        }
        (spikes, HodgkinHuxleyState::from_array(after))
    }

    fn fastest_rate(&self, state: &HodgkinHuxleyState) -> f64 {
        fastest_rate(state, self)
    }

    fn is_reachable(&self, state: &HodgkinHuxleyState) -> bool {
        state.is_physical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::current::Current;
    use crate::error::Error;
    use crate::spiking::simulation::{Times, Trace, simulate};

    fn trace(text: &str, times: Times) -> Result<Trace<HodgkinHuxleyState>> {
        let neuron = HodgkinHuxley::default();
        let wave = text.parse::<Current>()?.waveform(times.duration, 1);
        simulate(
            &neuron,
            neuron.resting_state(),
            &wave,
            times.fitted(),
            1000,
            |_| (),
        )
    }

    #[test]
    fn nothing_changes_at_rest() {
        let neuron = HodgkinHuxley::default();
        let rest = neuron.resting_state();
        // By SciPy's brentq, neurons/tests/reference/hodgkin_huxley.py.
        let expected = [-64.996379331, 0.052955086813, 0.59599412474, 0.31773239976];
        for (value, expected) in rest.to_array().into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-9, "{rest:?}");
        }
        let (spikes, after) = neuron.step(&StepInput::constant(0.0, 0.01), &rest);
        assert!(
            spikes.is_empty() && (after.voltage - rest.voltage).abs() < 1e-11,
            "{after:?}"
        );
    }

    #[test]
    fn points_are_kept_at_even_intervals() {
        let trace = trace("step:10,from=10", Times::new(50.0, 0.01)).unwrap();
        assert_eq!((trace.steps, trace.points.len()), (5000, 1001));
        assert_eq!(trace.points[1].time, 0.05);
        assert_eq!(trace.points[199].current, 0.0);
        assert_eq!(trace.points[200].current, 10.0);
        let last = trace.points.last().unwrap();
        assert!(
            (last.time - 50.0).abs() < 1e-9 && last.current == 10.0,
            "{last:?}"
        );
    }

    /// The named step is stable and gives the spikes of a fine one; a larger step is refused.
    #[test]
    fn steps_up_to_the_largest_are_stable() {
        for current in [
            "step:10",
            "step:50",
            "pulses:60,width=1,every=10",
            "step:-20",
        ] {
            let fine = trace(current, Times::new(200.0, 0.005)).unwrap();
            let error = trace(current, Times::new(200.0, 1.0)).unwrap_err();
            let Error::UnstableStep { largest, .. } = error else {
                panic!("{current}: {error}");
            };
            let message = error.to_string();
            assert!(
                message.contains("step of 1 ms") && message.contains(&largest.to_string()),
                "{message}"
            );
            let near = trace(current, Times::new(200.0, largest)).unwrap();
            assert_eq!(near.spikes.len(), fine.spikes.len(), "{current} {largest}");
            for (near, fine) in near.spikes.iter().zip(&fine.spikes) {
                assert!(
                    (near - fine).abs() < 0.5,
                    "{current} {largest}: {near}, {fine}"
                );
            }
            let larger = trace(current, Times::new(200.0, 1.06 * largest));
            assert!(larger.is_err(), "{current}: {largest} is not the largest");
        }
    }

    /// Without the check the integration diverges at twice the largest step: the limit is not too cautious.
    #[test]
    fn refused_steps_would_diverge() {
        let neuron = HodgkinHuxley::default();
        let Error::UnstableStep { largest, .. } =
            trace("step:10", Times::new(200.0, 1.0)).unwrap_err()
        else {
            panic!("another error");
        };
        let diverges = |step: f64| {
            let mut state = neuron.resting_state();
            let [low, high] = neuron.reachable_potentials([0.0, 10.0]);
            (0..(200.0 / step) as usize).any(|_| {
                state = neuron.step(&StepInput::constant(10.0, step), &state).1;
                !state.is_physical() || !(low - 1.0..=high + 1.0).contains(&state.voltage)
            })
        };
        assert!(!diverges(largest));
        assert!(diverges(2.0 * largest), "{largest}");
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let leakless = HodgkinHuxley {
            leak: 0.0,
            ..HodgkinHuxley::default()
        };
        let start = HodgkinHuxleyState::held_at(-65.0);
        let wave = Current::step(1.0).waveform(1.0, 1);
        let times = Times::new(1.0, 0.01);
        let error = simulate(&leakless, start, &wave, times, 2, |_| ()).unwrap_err();
        assert!(
            error.to_string().contains("leak conductance is 0"),
            "{error}"
        );
    }
}
