//! A simulated cell in place of a recorded one, with known parameters.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::current::{Current, Noise, Span, Waveform};
use crate::recording::{CurrentClamp, Protocol};
use crate::spiking::simulation::{TimedStep, drive};
use crate::spiking::{AdEx, AdExState, Neuron, StepInput};

/// Samples per ms, as in the known recording.
const RATE: f64 = 10.0;

/// Number of sweeps, as in the known recording.
const SWEEPS: usize = 16;

/// Duration of a sweep in ms, as in the known recording.
const DURATION: f64 = 3000.0;

/// Fluctuation of the current into the cell: standard deviation in pA, and correlation time in ms.
const FLUCTUATION: (f64, f64) = (2.0, 5.0);

/// Standard deviation of the amplifier's noise, in mV.
const AMPLIFIER: f64 = 0.1;

/// Returns the cell. It has no subthreshold adaptation, which a slowly charged membrane does not distinguish from the
/// leak.
pub fn neuron() -> AdEx {
    AdEx {
        capacitance: 40.0,
        leak: 2.0,
        reversal: -62.0,
        threshold: -46.0,
        sharpness: 1.5,
        coupling: 0.0,
        adaptation_time: 120.0,
        jump: 6.0,
        reset: -54.0,
        peak: 20.0,
    }
}

/// Simulates a recording of the cell with [`Protocol::dual_steps`], a fluctuating current and the amplifier's noise.
pub fn recording(seed: u64) -> CurrentClamp {
    let (neuron, protocol) = (neuron(), Protocol::dual_steps());
    let (sigma, tau) = FLUCTUATION;
    let noise = Noise {
        mean: 0.0,
        sigma,
        tau,
        grid: 0.1,
        seed: None,
    };
    let span = Span::default();
    let fluctuation = Current::Noise { noise, span }.waveform(DURATION * SWEEPS as f64, seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(1);
    let mut state = neuron.resting_state();
    let sweeps = (0..SWEEPS).map(|sweep| {
        let steps = steps(&protocol, &fluctuation, sweep);
        simulate_sweep(&neuron, &mut state, steps, &mut random)
    });
    CurrentClamp {
        name: "a simulated cell".to_owned(),
        generated: true,
        rate: RATE,
        sweeps: sweeps.collect(),
    }
}

/// Returns the steps of a sweep, one per sample.
fn steps(
    protocol: &Protocol,
    fluctuation: &Waveform,
    sweep: usize,
) -> impl Iterator<Item = TimedStep> {
    let duration = 1.0 / RATE;
    (0..(DURATION * RATE) as usize).map(move |sample| {
        let start = sample as f64 * duration;
        let injected = protocol.current(sweep, start);
        let stages = fluctuation.stages(DURATION * sweep as f64 + start, duration);
        let input = StepInput {
            current: stages.map(|more| injected + more),
            duration,
        };
        TimedStep { start, input }
    })
}

/// Simulates a sweep from `state`, which becomes the state at its end, and returns the samples in mV.
fn simulate_sweep(
    neuron: &AdEx,
    state: &mut AdExState,
    steps: impl Iterator<Item = TimedStep>,
    random: &mut ChaCha8Rng,
) -> Vec<f64> {
    let mut samples = Vec::new();
    let mut has_fired = false;
    let end = drive(neuron, *state, steps, |made| {
        // A spike is over before the next sample, which shows its peak instead.
        let potential = if has_fired {
            neuron.peak
        } else {
            made.before.voltage
        };
        has_fired = !made.spikes.is_empty();
        let noise: f64 = StandardNormal.sample(random);
        samples.push(potential + AMPLIFIER * noise);
    });
    // This neuron's stability does not depend on its state.
    *state = end.unwrap_or(*state);
    samples
}
