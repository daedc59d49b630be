//! A simulated cell in place of a recorded one, whose parameters are known.

use neurons::recording::{CurrentClamp, Protocol};
use neurons::spiking::{AdEx, Current, Noise, Span, SpikingNeuron};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Samples per ms, sweeps, and their length in ms, as of the recording that it stands in for.
const RATE: f64 = 10.0;
const SWEEPS: usize = 16;
const DURATION: f64 = 3000.0;

/// How much the current into the cell fluctuates, in pA, and for how long it remembers, in ms.
const FLUCTUATION: (f64, f64) = (2.0, 5.0);

/// How much the amplifier's noise deviates, in mV.
const AMPLIFIER: f64 = 0.1;

/// The cell. It has no coupling: a membrane that is charged slowly cannot tell it from the leak.
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

/// A recording of it with [`Protocol::dual_steps`], with fluctuations of the current and the amplifier's noise.
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
    let mut state = neuron.rest();
    let (samples, step) = ((DURATION * RATE) as usize, 1.0 / RATE);
    let sweeps = (0..SWEEPS).map(|sweep| {
        let mut fired_before = false;
        let values = (0..samples).map(|sample| {
            let time = sample as f64 * step;
            // A spike is over before the next sample: it is seen where it is highest.
            let potential = if fired_before {
                neuron.peak
            } else {
                state.membrane
            };
            let injected = protocol.current(sweep, time);
            let stages = fluctuation.stages(DURATION * sweep as f64 + time, step);
            let (fired, next) = neuron.step(stages.map(|more| injected + more), &state, step);
            (fired_before, state) = (!fired.is_empty(), next);
            potential + AMPLIFIER * standard(&mut random)
        });
        values.collect()
    });
    CurrentClamp {
        name: "a simulated cell".to_owned(),
        generated: true,
        rate: RATE,
        sweeps: sweeps.collect(),
    }
}

fn standard(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}
