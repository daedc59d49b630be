//! Many uncoupled neurons at once, each with parameters and a current of its own.
//!
//! Sixteen neurons form a group that vector registers hold; a group is integrated over thousands of steps before the
//! next one, and the groups are divided among the threads.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::group::{GROUP_SIZE, Group};
use super::parameters::HodgkinHuxley;
use super::state::HodgkinHuxleyState;
use crate::current::Waveform;
use crate::error::{Error, Result};
use crate::spiking::simulation::Times;

/// Steps that a group makes before the next one: the currents of these steps are computed once for all groups.
const BLOCK_STEPS: usize = 4096;

/// Smallest factor by which a parameter is varied: a smaller or negative one gives no membrane.
const MIN_FACTOR: f64 = 0.1;

/// Uncoupled neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Parameters of each neuron.
    pub parameters: Vec<HodgkinHuxley>,
    /// Factor by which each neuron receives the common current.
    pub gains: Vec<f64>,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationRun {
    /// Times of the spikes of each neuron, in ms.
    pub spikes: Vec<Vec<f64>>,
    /// Final state of each neuron.
    pub states: Vec<HodgkinHuxleyState>,
    /// Number of steps of each neuron.
    pub steps: usize,
}

impl Population {
    /// Creates `count` identical neurons under the same current.
    pub fn uniform(parameters: HodgkinHuxley, count: usize) -> Self {
        Self {
            parameters: vec![parameters; count],
            gains: vec![1.0; count],
        }
    }

    /// Creates one neuron per gain, all with the same parameters.
    pub fn with_gains(parameters: HodgkinHuxley, gains: Vec<f64>) -> Self {
        Self {
            parameters: vec![parameters; gains.len()],
            gains,
        }
    }

    /// Creates `count` neurons whose parameters vary: each is multiplied by 1 + `deviation` N(0, 1), drawn again if the
    /// factor is below 0.1.
    pub fn varied(parameters: HodgkinHuxley, count: usize, deviation: f64, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut vary = |value: f64| loop {
            let normal: f64 = StandardNormal.sample(&mut random);
            let factor = 1.0 + deviation * normal;
            if factor >= MIN_FACTOR {
                return value * factor;
            }
        };
        let mut neuron = || HodgkinHuxley {
            capacitance: vary(parameters.capacitance),
            sodium: vary(parameters.sodium),
            potassium: vary(parameters.potassium),
            leak: vary(parameters.leak),
            sodium_reversal: vary(parameters.sodium_reversal),
            potassium_reversal: vary(parameters.potassium_reversal),
            leak_reversal: vary(parameters.leak_reversal),
        };
        Self {
            parameters: (0..count).map(|_| neuron()).collect(),
            gains: vec![1.0; count],
        }
    }

    /// Returns the resting state of each neuron.
    pub fn resting_states(&self) -> Vec<HodgkinHuxleyState> {
        let parameters = self.parameters.par_iter();
        parameters.map(HodgkinHuxleyState::at_rest).collect()
    }

    /// Runs all neurons from `start`. The step is shortened so that an integral number of steps fills the duration.
    /// `progress` receives the number of steps of all neurons that were made since its last call.
    ///
    /// # Shapes
    /// - start: one state per neuron
    ///
    /// # Errors
    /// [`Error::Diverged`] with the first neuron whose final state is not physical, as happens with too large a step.
    ///
    /// ```
    /// use neurons::current::Current;
    /// use neurons::spiking::{HodgkinHuxley, Times, hodgkin_huxley::Population};
    ///
    /// let population = Population::varied(HodgkinHuxley::default(), 20, 0.05, 1);
    /// let wave = Current::step(10.0).waveform(50.0, 1);
    /// let start = population.resting_states();
    /// let run = population.simulate(&start, &wave, Times::new(50.0, 0.01), &|_| ())?;
    /// assert!(run.spikes.iter().all(|spikes| !spikes.is_empty()));
    /// # Ok::<(), neurons::Error>(())
    /// ```
    pub fn simulate(
        &self,
        start: &[HodgkinHuxleyState],
        wave: &Waveform,
        times: Times,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<PopulationRun> {
        let (steps, step) = (times.fitted().steps(), times.fitted().step);
        let mut groups = self.groups(start);
        let mut inputs = Vec::with_capacity(steps.min(BLOCK_STEPS));
        for first in (0..steps).step_by(BLOCK_STEPS) {
            let last = steps.min(first + BLOCK_STEPS);
            inputs.clear();
            inputs.extend((first..last).map(|number| wave.stages(number as f64 * step, step)));
            let advance = |group: &mut Group| {
                group.advance(&inputs, first, step);
                progress(group.neurons() * inputs.len());
            };
            match &mut groups[..] {
                // On a busy machine, waking another thread takes longer than the steps.
                [group] => advance(group),
                groups => groups.par_iter_mut().for_each(advance),
            }
        }
        let states: Vec<_> = groups.iter().flat_map(Group::states).collect();
        if let Some(neuron) = states.iter().position(|state| !state.is_physical()) {
            return Err(Error::Diverged { neuron, step });
        }
        Ok(PopulationRun {
            spikes: groups.into_iter().flat_map(Group::into_spikes).collect(),
            states,
            steps,
        })
    }

    fn groups(&self, start: &[HodgkinHuxleyState]) -> Vec<Group> {
        let members: Vec<_> = (self.parameters.iter().zip(&self.gains).zip(start)).collect();
        members.chunks(GROUP_SIZE).map(Group::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::current::Current;
    use crate::spiking::neuron::{Neuron, StepInput};

    fn wave(text: &str, duration: f64) -> Waveform {
        text.parse::<Current>().unwrap().waveform(duration, 1)
    }

    /// Each of 37 different neurons equals its simulation alone.
    #[test]
    fn a_population_equals_its_neurons_alone() {
        let times = Times::new(100.0, 0.01);
        for current in ["step:12", "sine:8,hz=30,mean=8", "noise:12,sigma=4,tau=5"] {
            let wave = wave(current, 100.0);
            let mut many = Population::varied(HodgkinHuxley::default(), 37, 0.05, 3);
            many.gains = (0..37).map(|index| 0.8 + 0.01 * f64::from(index)).collect();
            let start = many.resting_states();
            let run = many.simulate(&start, &wave, times, &|_| ()).unwrap();
            assert_eq!(
                (run.steps, run.states.len(), run.spikes.len()),
                (10_000, 37, 37)
            );
            for (neuron, parameters) in many.parameters.iter().enumerate() {
                let (state, spikes) = alone(parameters, start[neuron], &wave, many.gains[neuron]);
                let errors = (run.states[neuron].to_array().into_iter()).zip(state.to_array());
                for (found, expected) in errors {
                    let error = (found - expected).abs();
                    assert!(error < 1e-9, "{current}, neuron {neuron}: {error:e}");
                }
                assert_eq!(run.spikes[neuron].len(), spikes.len());
                for (found, expected) in run.spikes[neuron].iter().zip(spikes) {
                    assert!(
                        (found - expected).abs() < 1e-9,
                        "{current}: {found} {expected}"
                    );
                }
            }
        }
    }

    fn alone(
        parameters: &HodgkinHuxley,
        mut state: HodgkinHuxleyState,
        wave: &Waveform,
        gain: f64,
    ) -> (HodgkinHuxleyState, Vec<f64>) {
        let mut spikes = Vec::new();
        for number in 0..10_000 {
            let time = f64::from(number) * 0.01;
            let input = StepInput {
                current: wave.stages(time, 0.01).map(|current| gain * current),
                duration: 0.01,
            };
            let (fired, after) = parameters.step(&input, &state);
            spikes.extend(fired.into_iter().map(|after| time + after));
            state = after;
        }
        (state, spikes)
    }

    #[test]
    fn a_population_of_one_is_the_neuron() {
        let wave = wave("noise:12,sigma=4,tau=5", 100.0);
        let one = Population::varied(HodgkinHuxley::default(), 1, 0.05, 3);
        let start = one.resting_states();
        let run = one
            .simulate(&start, &wave, Times::new(100.0, 0.01), &|_| ())
            .unwrap();
        let (state, spikes) = alone(&one.parameters[0], start[0], &wave, 1.0);
        for (found, expected) in run.states[0].to_array().into_iter().zip(state.to_array()) {
            assert!(
                (found - expected).abs() < 1e-9,
                "{:?} {state:?}",
                run.states
            );
        }
        assert_eq!(run.spikes[0].len(), spikes.len());
        for (found, expected) in run.spikes[0].iter().zip(spikes) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn parameters_vary_with_the_deviation_asked_for() {
        let usual = HodgkinHuxley::default();
        let many = Population::varied(usual, 20_000, 0.1, 1);
        let of = |value: fn(&HodgkinHuxley) -> f64| {
            let deviations: Vec<f64> = many
                .parameters
                .iter()
                .map(|one| value(one) / value(&usual) - 1.0)
                .collect();
            let mean = deviations.iter().sum::<f64>() / 20_000.0;
            let variance = deviations.iter().map(|one| one * one).sum::<f64>() / 20_000.0;
            (mean, variance.sqrt())
        };
        let values: [fn(&HodgkinHuxley) -> f64; 7] = [
            |one: &HodgkinHuxley| one.capacitance,
            |one: &HodgkinHuxley| one.sodium,
            |one: &HodgkinHuxley| one.potassium,
            |one: &HodgkinHuxley| one.leak,
            |one: &HodgkinHuxley| one.sodium_reversal,
            |one: &HodgkinHuxley| one.potassium_reversal,
            |one: &HodgkinHuxley| one.leak_reversal,
        ];
        for value in values {
            let (mean, deviation) = of(value);
            assert!(
                mean.abs() < 0.005 && (deviation - 0.1).abs() < 0.005,
                "{mean} {deviation}"
            );
        }
        assert_eq!(many, Population::varied(usual, 20_000, 0.1, 1));
        assert_ne!(many, Population::varied(usual, 20_000, 0.1, 2));
        assert_eq!(
            Population::varied(usual, 3, 0.0, 1),
            Population::uniform(usual, 3)
        );
    }

    #[test]
    fn a_diverging_neuron_is_named() {
        let mut many = Population::uniform(HodgkinHuxley::default(), 20);
        many.parameters[17].capacitance = 0.01;
        let start = many.resting_states();
        let error = many.simulate(
            &start,
            &wave("step:10", 50.0),
            Times::new(50.0, 0.05),
            &|_| (),
        );
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("neuron 17") && error.contains("0.05 ms"),
            "{error}"
        );
    }
}
