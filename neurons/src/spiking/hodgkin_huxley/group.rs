//! Sixteen neurons side by side in vector registers.

use pulp::{Arch, Simd, WithSimd};

use super::equations::{Membrane, runge_kutta};
use super::lanes::Lanes;
use super::neuron::{SPIKE_LEVEL, crossing};
use super::parameters::HodgkinHuxley;
use super::state::HodgkinHuxleyState;

/// Neurons of a group: two registers of AVX-512.
pub(super) const GROUP_SIZE: usize = 16;

/// Parameters, gain and state of a neuron.
pub(super) type Member<'a> = ((&'a HodgkinHuxley, &'a f64), &'a HodgkinHuxleyState);

/// Up to sixteen neurons; if there are fewer, the last one also fills the free places.
pub(super) struct Group {
    neurons: usize,
    /// V, m, h and n.
    state: [[f64; GROUP_SIZE]; 4],
    /// 1 / C; conductances of sodium, potassium and leak; their reversal potentials; the gain.
    constants: [[f64; GROUP_SIZE]; 8],
    spikes: [Vec<f64>; GROUP_SIZE],
}

impl Group {
    /// Creates a group of one to sixteen neurons.
    pub(super) fn new(members: &[Member<'_>]) -> Self {
        let mut group = Self {
            neurons: members.len(),
            state: [[0.0; GROUP_SIZE]; 4],
            constants: [[0.0; GROUP_SIZE]; 8],
            spikes: [const { Vec::new() }; GROUP_SIZE],
        };
        for place in 0..GROUP_SIZE {
            let ((parameters, gain), state) = members[place.min(members.len() - 1)];
            let membrane = Membrane::new(parameters);
            let [sodium, potassium, leak] = membrane.conductances;
            let [sodium_reversal, potassium_reversal, leak_reversal] = membrane.reversals;
            let constants = [
                membrane.per_capacitance,
                sodium,
                potassium,
                leak,
                sodium_reversal,
                potassium_reversal,
                leak_reversal,
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

    /// Returns the number of neurons.
    pub(super) fn neurons(&self) -> usize {
        self.neurons
    }

    /// Makes steps with the widest vector registers of this processor. `inputs` holds the common current at the
    /// beginning, in the middle and at the end of each; `first` is the number of the first step, and `step` its duration
    /// in ms.
    pub(super) fn advance(&mut self, inputs: &[[f64; 3]], first: usize, step: f64) {
        let advance = Advance {
            group: self,
            inputs,
            first,
            step,
        };
        // Four neurons do not fill registers of eight. Those of four divide sooner: steps of four neurons take a third
        // of the time (0.04 instead of 0.12 s for 200,000 steps, `bench --bin neurons 4`).
        #[cfg(target_arch = "x86_64")]
        if advance.group.neurons <= 4
            && let Some(simd) = pulp::x86::V3::try_new()
        {
            return Simd::vectorize(simd, advance);
        }
        Arch::new().dispatch(advance);
    }

    /// Returns the current states.
    pub(super) fn states(&self) -> impl Iterator<Item = HodgkinHuxleyState> + '_ {
        let at = |place: usize| HodgkinHuxleyState::from_array(self.state.map(|row| row[place]));
        (0..self.neurons).map(at)
    }

    /// Returns the times of the spikes of each neuron, in ms.
    pub(super) fn into_spikes(self) -> impl Iterator<Item = Vec<f64>> {
        self.spikes.into_iter().take(self.neurons)
    }
}

/// Some steps of a group.
struct Advance<'a> {
    group: &'a mut Group,
    /// The common current at the beginning, in the middle and at the end of each step.
    inputs: &'a [[f64; 3]],
    /// Number of the first of these steps.
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
            // A second register hides the latency of the first one's instructions.
            if self.group.neurons - from > S::F64_LANES && GROUP_SIZE - from >= 2 * S::F64_LANES {
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
    /// Makes the steps of the neurons in `K` registers from place `from` on.
    #[inline(always)]
    fn advance<S: Simd, const K: usize>(&mut self, simd: S, from: usize) {
        let load = |row: &[f64; GROUP_SIZE]| Lanes::<S, K>::load(simd, &row[from..]);
        let [a, b, c, d] = &self.group.state;
        let mut state = [load(a), load(b), load(c), load(d)];
        let [
            per_capacitance,
            sodium,
            potassium,
            leak,
            sodium_reversal,
            potassium_reversal,
            leak_reversal,
            gain,
        ] = &self.group.constants;
        let membrane = Membrane {
            per_capacitance: load(per_capacitance),
            conductances: [load(sodium), load(potassium), load(leak)],
            reversals: [
                load(sodium_reversal),
                load(potassium_reversal),
                load(leak_reversal),
            ],
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
            let after = runge_kutta(state, inputs, step, &membrane);
            if state[0].any_rises_over(after[0], level) {
                let mut voltages = [[0.0; GROUP_SIZE]; 2];
                state[0].store(&mut voltages[0]);
                after[0].store(&mut voltages[1]);
                let time = (self.first + number) as f64 * self.step;
                let spikes = &mut self.group.spikes[from..from + Lanes::<S, K>::WIDTH];
                record_spikes(spikes, voltages, time, self.step);
            }
            state = after;
        }
        for (lanes, row) in state.into_iter().zip(&mut self.group.state) {
            lanes.store(&mut row[from..]);
        }
    }
}

/// Appends the spikes of a step. Not inlined, as the loop seldom needs it.
#[inline(never)]
fn record_spikes(
    spikes: &mut [Vec<f64>],
    [before, after]: [[f64; GROUP_SIZE]; 2],
    time: f64,
    step: f64,
) {
    for (spikes, (before, after)) in spikes.iter_mut().zip(before.into_iter().zip(after)) {
        if before < SPIKE_LEVEL && after >= SPIKE_LEVEL {
            spikes.push(time + step * crossing(before, after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::hodgkin_huxley::lanes::tests::on_every_level;

    struct ThreeNeurons(Vec<[f64; 3]>);

    impl WithSimd for ThreeNeurons {
        type Output = ([f64; 4], Vec<f64>);

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let parameters = HodgkinHuxley::default();
            let (state, gain) = (HodgkinHuxleyState::at_rest(&parameters), 1.0);
            let mut group = Group::new(&[((&parameters, &gain), &state); 3]);
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
    fn every_instruction_set_gives_the_same() {
        let all = on_every_level(|| ThreeNeurons(vec![[10.0; 3]; 5000]));
        for (state, spikes) in &all {
            assert_eq!(spikes.len(), 4);
            for (value, expected) in state.iter().zip(all[0].0) {
                assert!((value - expected).abs() < 1e-9, "{state:?}");
            }
        }
    }
}
