//! Many neurons at once, each with parameters and a current of its own.
//!
//! Sixteen neurons are a group whose numbers lie side by side, so that vector registers hold them; a group is
//! integrated over thousands of steps before the next, and the groups are divided among the threads. The equations
//! are those of one neuron ([`super::equations`]).

use pulp::{Arch, Simd, WithSimd};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::equations::{Exact, Kinetics, Membrane, runge_kutta};
use super::simulation::{crossing, equal_steps};
use super::{HodgkinHuxleyError, Parameters, SPIKE_LEVEL, State};
use crate::spiking::Waveform;
use crate::spiking::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use crate::spiking::number::Fused;

/// Neurons of a group: two registers of AVX-512.
const GROUP: usize = 16;

/// Steps that a group makes before the next one's turn.
const STEPS: usize = 4096;

/// Neurons that do not know of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Of each neuron.
    pub parameters: Vec<Parameters>,
    /// What the common current is multiplied by, for each neuron.
    pub gains: Vec<f64>,
}

/// What they did.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationRun {
    /// Of each neuron, in ms.
    pub spikes: Vec<Vec<f64>>,
    /// Of each neuron at the end.
    pub states: Vec<State>,
    /// How many steps each neuron made.
    pub steps: usize,
}

impl Population {
    /// So many neurons of the same kind under the same current.
    pub fn uniform(parameters: Parameters, count: usize) -> Self {
        Self {
            parameters: vec![parameters; count],
            gains: vec![1.0; count],
        }
    }

    /// Neurons of one kind under currents of their own: the common one times each of these.
    pub fn under(parameters: Parameters, gains: Vec<f64>) -> Self {
        Self {
            parameters: vec![parameters; gains.len()],
            gains,
        }
    }

    /// Neurons whose parameters are drawn about these: each is multiplied by 1 + `share` N(0, 1), again where that is
    /// below a tenth.
    pub fn spread(parameters: Parameters, count: usize, share: f64, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut vary = |value: f64| loop {
            let deviation: f64 = StandardNormal.sample(&mut random);
            let factor = 1.0 + share * deviation;
            if factor >= 0.1 {
                return value * factor;
            }
        };
        let mut one = || Parameters {
            capacitance: vary(parameters.capacitance),
            sodium: vary(parameters.sodium),
            potassium: vary(parameters.potassium),
            leak: vary(parameters.leak),
            sodium_reversal: vary(parameters.sodium_reversal),
            potassium_reversal: vary(parameters.potassium_reversal),
            leak_reversal: vary(parameters.leak_reversal),
        };
        let parameters = (0..count).map(|_| one()).collect();
        Self {
            parameters,
            gains: vec![1.0; count],
        }
    }

    /// Each neuron's state without a current.
    pub fn at_rest(&self) -> Vec<State> {
        self.parameters.par_iter().map(State::at_rest).collect()
    }

    /// Lets the current flow in for `duration` ms with steps of `step` ms (or a little less); `progress` is told how
    /// many steps of all neurons together have been made since it was last told.
    ///
    /// # Shapes
    /// - start: a state for each neuron
    ///
    /// # Errors
    /// When a neuron's numbers leave what a membrane can do, as they do with too large a step.
    pub fn simulate(
        &self,
        start: &[State],
        wave: &Waveform,
        [duration, step]: [f64; 2],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<PopulationRun, HodgkinHuxleyError> {
        let (steps, step) = equal_steps(duration, step);
        let mut groups = self.groups(start);
        let mut inputs = Vec::with_capacity(steps.min(STEPS));
        for first in (0..steps).step_by(STEPS) {
            let last = steps.min(first + STEPS);
            inputs.clear();
            inputs.extend((first..last).map(|number| wave.stages(number as f64 * step, step)));
            let advance = |group: &mut Group| {
                group.advance(&inputs, first, step);
                progress(group.neurons * inputs.len());
            };
            match &mut groups[..] {
                // On a busy machine waking another thread takes longer than the steps.
                [group] => advance(group),
                groups => groups.par_iter_mut().for_each(advance),
            }
        }
        let states: Vec<State> = groups.iter().flat_map(Group::states).collect();
        if let Some(neuron) = states.iter().position(|state| !state.is_possible()) {
            return Err(HodgkinHuxleyError::Diverged { neuron, step });
        }
        let spikes = groups.into_iter().flat_map(|group| {
            let neurons = group.neurons;
            group.spikes.into_iter().take(neurons)
        });
        Ok(PopulationRun {
            spikes: spikes.collect(),
            states,
            steps,
        })
    }

    fn groups(&self, start: &[State]) -> Vec<Group> {
        let members: Vec<_> = (self.parameters.iter().zip(&self.gains).zip(start)).collect();
        members.chunks(GROUP).map(Group::of).collect()
    }
}

/// Sixteen neurons side by side; where there are fewer, the last one stands in the free places too.
struct Group {
    neurons: usize,
    state: [[f64; GROUP]; 4],
    /// 1/C; g of sodium, potassium and leak; their reversal potentials; the gain.
    constants: [[f64; GROUP]; 8],
    spikes: [Vec<f64>; GROUP],
}

impl Group {
    fn of(members: &[((&Parameters, &f64), &State)]) -> Self {
        let mut group = Self {
            neurons: members.len(),
            state: [[0.0; GROUP]; 4],
            constants: [[0.0; GROUP]; 8],
            spikes: [const { Vec::new() }; GROUP],
        };
        for place in 0..GROUP {
            let ((parameters, gain), state) = members[place.min(members.len() - 1)];
            let membrane = Membrane::of(parameters);
            let [sodium, potassium, leak] = membrane.conductances;
            let [at_sodium, at_potassium, at_leak] = membrane.reversals;
            let constants = [
                membrane.per_capacitance,
                sodium,
                potassium,
                leak,
                at_sodium,
                at_potassium,
                at_leak,
                *gain,
            ];
            for (row, value) in group.state.iter_mut().zip(state.to_array()) {
                row[place] = value;
            }
            for (row, value) in group.constants.iter_mut().zip(constants) {
                row[place] = value;
            }
        }
        group
    }

    /// Some steps with the widest registers of this processor. A neuron that is alone cannot fill them: it takes its
    /// rates from a table, and four neurons the registers that hold four, whose divisions are sooner done.
    fn advance(&mut self, inputs: &[[f64; 3]], first: usize, step: f64) {
        let advance = Advance {
            group: self,
            inputs,
            first,
            step,
        };
        #[cfg(target_arch = "x86_64")]
        if advance.group.neurons <= 4
            && let Some(simd) = pulp::x86::V3::try_new()
        {
            return match advance.group.neurons {
                1 => Simd::vectorize(simd, Alone(advance)),
                _ => Simd::vectorize(simd, advance),
            };
        }
        Arch::new().dispatch(advance);
    }

    fn states(&self) -> impl Iterator<Item = State> + '_ {
        let at = |place: usize| State::from_array(self.state.map(|row| row[place]));
        (0..self.neurons).map(at)
    }
}

/// Some steps of a group.
struct Advance<'a> {
    group: &'a mut Group,
    /// The common current at the beginning, in the middle and at the end of each step.
    inputs: &'a [[f64; 3]],
    /// The number of the first of these steps.
    first: usize,
    /// In ms.
    step: f64,
}

impl WithSimd for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut from = 0;
        while from < self.group.neurons {
            // A second register hides how long the first's instructions take.
            if self.group.neurons - from > S::F64_LANES && GROUP - from >= 2 * S::F64_LANES {
                self.advance::<S, 2>(simd, from);
                from += 2 * S::F64_LANES;
            } else {
                self.advance::<S, 1>(simd, from);
                from += S::F64_LANES;
            }
        }
    }
}

impl Advance<'_> {
    /// The neurons from this place on that `K` registers hold.
    #[inline(always)]
    fn advance<S: Simd, const K: usize>(&mut self, simd: S, from: usize) {
        let load = |row: &[f64; GROUP]| Lanes::<S, K>::load(simd, &row[from..]);
        let [a, b, c, d] = &self.group.state;
        let mut state = [load(a), load(b), load(c), load(d)];
        let [
            per_capacitance,
            sodium,
            potassium,
            leak,
            at_sodium,
            at_potassium,
            at_leak,
            gain,
        ] = &self.group.constants;
        let membrane = Membrane {
            per_capacitance: load(per_capacitance),
            conductances: [load(sodium), load(potassium), load(leak)],
            reversals: [load(at_sodium), load(at_potassium), load(at_leak)],
        };
        let gain = load(gain);
        let level = Lanes::splat(simd, SPIKE_LEVEL);
        let step = Lanes::splat(simd, self.step);
        for (number, [first, middle, last]) in self.inputs.iter().enumerate() {
            let inputs = [
                gain * Lanes::splat(simd, *first),
                gain * Lanes::splat(simd, *middle),
                gain * Lanes::splat(simd, *last),
            ];
            let after = runge_kutta(state, inputs, step, &membrane, &Exact);
            if state[0].any_rises_over(after[0], level) {
                let mut voltages = [[0.0; GROUP]; 2];
                state[0].store(&mut voltages[0]);
                after[0].store(&mut voltages[1]);
                let time = (self.first + number) as f64 * self.step;
                let spikes = &mut self.group.spikes[from..from + Lanes::<S, K>::WIDTH];
                note_spikes(spikes, voltages, time, self.step);
            }
            state = after;
        }
        for (lanes, row) in state.into_iter().zip(&mut self.group.state) {
            lanes.store(&mut row[from..]);
        }
    }
}

/// The steps of a group of one neuron.
#[cfg(target_arch = "x86_64")]
struct Alone<'a>(Advance<'a>);

#[cfg(target_arch = "x86_64")]
impl WithSimd for Alone<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.0.alone(super::table::RateTable::shared());
    }
}

#[cfg(target_arch = "x86_64")]
impl Advance<'_> {
    #[inline(always)]
    fn alone(self, kinetics: &impl Kinetics<Fused>) {
        let first = |row: &[f64; GROUP]| Fused(row[0]);
        let [a, b, c, d] = &self.group.state;
        let mut state = [first(a), first(b), first(c), first(d)];
        let [
            per_capacitance,
            sodium,
            potassium,
            leak,
            at_sodium,
            at_potassium,
            at_leak,
            gain,
        ] = &self.group.constants;
        let membrane = Membrane {
            per_capacitance: first(per_capacitance),
            conductances: [first(sodium), first(potassium), first(leak)],
            reversals: [first(at_sodium), first(at_potassium), first(at_leak)],
        };
        let gain = gain[0];
        let step = Fused(self.step);
        for (number, [first, middle, last]) in self.inputs.iter().enumerate() {
            let inputs = [
                Fused(gain * first),
                Fused(gain * middle),
                Fused(gain * last),
            ];
            let after = runge_kutta(state, inputs, step, &membrane, kinetics);
            let voltages = [state[0].0, after[0].0];
            if voltages[0] < SPIKE_LEVEL && voltages[1] >= SPIKE_LEVEL {
                let time = (self.first + number) as f64 * self.step;
                let spikes = &mut self.group.spikes[..1];
                note_spikes(
                    spikes,
                    voltages.map(|voltage| [voltage; GROUP]),
                    time,
                    self.step,
                );
            }
            state = after;
        }
        for (value, row) in state.into_iter().zip(&mut self.group.state) {
            row[0] = value.0;
        }
    }
}

/// Kept out of the loop that it is seldom needed in.
#[inline(never)]
fn note_spikes(spikes: &mut [Vec<f64>], [before, after]: [[f64; GROUP]; 2], time: f64, step: f64) {
    for (spikes, (before, after)) in spikes.iter_mut().zip(before.into_iter().zip(after)) {
        if before < SPIKE_LEVEL && after >= SPIKE_LEVEL {
            spikes.push(time + step * crossing(before, after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::Current;
    use crate::spiking::lanes::tests::on_every_level;

    fn wave(text: &str, duration: f64) -> Waveform {
        text.parse::<Current>().unwrap().waveform(duration, 1)
    }

    /// Every neuron of a population of 37 different ones does what it does alone.
    #[test]
    fn many_do_what_each_does_alone() {
        let times = [100.0, 0.01];
        for current in ["step:12", "sine:8,hz=30,mean=8", "noise:12,sigma=4,tau=5"] {
            let wave = wave(current, 100.0);
            let mut many = Population::spread(Parameters::default(), 37, 0.05, 3);
            many.gains = (0..37).map(|place| 0.8 + 0.01 * f64::from(place)).collect();
            let start = many.at_rest();
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
        parameters: &Parameters,
        mut state: State,
        wave: &Waveform,
        gain: f64,
    ) -> (State, Vec<f64>) {
        let mut spikes = Vec::new();
        for number in 0..10_000 {
            let time = f64::from(number) * 0.01;
            let inputs = wave.stages(time, 0.01).map(|input| gain * input);
            let (fires, after) = super::super::step_under(inputs, state, parameters, 0.01);
            if fires {
                spikes.push(time + 0.01 * crossing(state.voltage, after.voltage));
            }
            state = after;
        }
        (state, spikes)
    }

    /// A group of one has a way of its own.
    #[test]
    fn a_neuron_alone_is_the_same() {
        let wave = wave("noise:12,sigma=4,tau=5", 100.0);
        let one = Population::spread(Parameters::default(), 1, 0.05, 3);
        let start = one.at_rest();
        let run = one.simulate(&start, &wave, [100.0, 0.01], &|_| ()).unwrap();
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

    struct One(Vec<[f64; 3]>);

    impl WithSimd for One {
        type Output = ([f64; 4], Vec<f64>);

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let parameters = Parameters::default();
            let (state, gain) = (State::at_rest(&parameters), 1.0);
            let mut group = Group::of(&[((&parameters, &gain), &state); 3]);
            let advance = Advance {
                group: &mut group,
                inputs: &self.0,
                first: 0,
                step: 0.01,
            };
            advance.with_simd(simd);
            (group.state.map(|row| row[2]), group.spikes[2].clone())
        }
    }

    #[test]
    fn every_set_of_instructions_gives_the_same() {
        let all = on_every_level(|| One(vec![[10.0; 3]; 5000]));
        for (state, spikes) in &all {
            assert_eq!(spikes.len(), 4);
            for (value, expected) in state.iter().zip(all[0].0) {
                assert!((value - expected).abs() < 1e-9, "{state:?}");
            }
        }
    }

    #[test]
    fn parameters_are_spread_as_asked_for() {
        let usual = Parameters::default();
        let many = Population::spread(usual, 20_000, 0.1, 1);
        let of = |value: fn(&Parameters) -> f64| {
            let shares: Vec<f64> = many
                .parameters
                .iter()
                .map(|one| value(one) / value(&usual) - 1.0)
                .collect();
            let mean = shares.iter().sum::<f64>() / 20_000.0;
            let variance = shares.iter().map(|share| share * share).sum::<f64>() / 20_000.0;
            (mean, variance.sqrt())
        };
        let values: [fn(&Parameters) -> f64; 7] = [
            |one: &Parameters| one.capacitance,
            |one: &Parameters| one.sodium,
            |one: &Parameters| one.potassium,
            |one: &Parameters| one.leak,
            |one: &Parameters| one.sodium_reversal,
            |one: &Parameters| one.potassium_reversal,
            |one: &Parameters| one.leak_reversal,
        ];
        for value in values {
            let (mean, deviation) = of(value);
            assert!(
                mean.abs() < 0.005 && (deviation - 0.1).abs() < 0.005,
                "{mean} {deviation}"
            );
        }
        assert_eq!(many, Population::spread(usual, 20_000, 0.1, 1));
        assert_ne!(many, Population::spread(usual, 20_000, 0.1, 2));
        assert_eq!(
            Population::spread(usual, 3, 0.0, 1),
            Population::uniform(usual, 3)
        );
    }

    #[test]
    fn a_neuron_that_diverges_is_named() {
        let mut many = Population::uniform(Parameters::default(), 20);
        many.parameters[17].capacitance = 0.01;
        let start = many.at_rest();
        let error = many.simulate(&start, &wave("step:10", 50.0), [50.0, 0.05], &|_| ());
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("neuron 17") && error.contains("0.05 ms"),
            "{error}"
        );
    }
}
