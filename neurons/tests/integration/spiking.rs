//! Spiking neurons against closed forms and against SciPy.

use neurons::Error;
use neurons::current::Current;
use neurons::spiking::{
    AdEx, AdExState, Izhikevich, IzhikevichState, Lif, LifState, Neuron, Pattern, StepInput, Times,
    run,
};
use proptest::prelude::*;

/// Without spikes, V = V_inf + (V_0 - V_inf) exp(-t / tau), to a relative error of 1e-9.
#[test]
fn the_potential_of_lif_equals_its_closed_form() {
    let neuron = Lif::cortical();
    for amplitude in [-300.0, 50.0, 199.0] {
        for step in [0.01, 0.1, 0.7, 13.0, 400.0] {
            let current = Current::step(amplitude).waveform(400.0, 1);
            let run = run(&neuron, &current, Times::new(400.0, step), usize::MAX).unwrap();
            assert!(run.spikes.is_empty());
            for point in &run.points {
                let time = point.time;
                if time > 400.0 {
                    continue; // the current has ended
                }
                let change = amplitude / neuron.leak * (1.0 - (-time / 20.0).exp());
                let error = (point.state.voltage - neuron.reversal - change).abs();
                assert!(
                    error <= 1e-9 * change.abs() + 1e-12,
                    "{amplitude} pA, step {step}, {time} ms: {error}"
                );
            }
        }
    }
}

/// The first spike comes after tau ln((V_inf - V_0) / (V_inf - threshold)), and each next one after the refractory period
/// plus the same from the reset: to a relative error of 1e-9, whatever the step.
#[test]
fn the_spikes_of_lif_equal_their_closed_form() {
    let neuron = Lif::cortical();
    for amplitude in [200.001, 250.0, 1000.0, 50_000.0] {
        let target = neuron.reversal + amplitude / neuron.leak;
        let until = |from: f64| 20.0 * ((target - from) / (target - neuron.threshold)).ln();
        let (first, interval) = (until(neuron.reversal), 2.0 + until(neuron.reset));
        for step in [0.013, 0.1, 1.0, 7.0, 250.0] {
            let current = Current::step(amplitude).waveform(1e6, 1);
            let spikes = run(&neuron, &current, Times::new(500.0, step), usize::MAX)
                .unwrap()
                .spikes;
            let expected = 1 + ((500.0 - first) / interval) as usize;
            assert!(spikes.len() >= expected, "{amplitude} pA: {}", spikes.len());
            for (number, spike) in spikes.iter().enumerate() {
                let time = first + number as f64 * interval;
                let error = (spike / time - 1.0).abs();
                assert!(
                    error < 1e-9,
                    "{amplitude} pA, step {step}: {spike}, not {time}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn lif_does_not_depend_on_the_steps(
        amplitude in 150.0..2000.0_f64,
        steps in prop::collection::vec(0.001..30.0_f64, 1..60),
    ) {
        let neuron = Lif::cortical();
        let duration: f64 = steps.iter().sum();
        let advance = |steps: &[f64]| -> (Vec<f64>, LifState) {
            let (mut spikes, mut state, mut time) = (Vec::new(), neuron.resting_state(), 0.0);
            for step in steps {
                let (fired, next) = neuron.step(&StepInput::constant(amplitude, *step), &state);
                spikes.extend(fired.into_iter().map(|after| time + after));
                (state, time) = (next, time + step);
            }
            (spikes, state)
        };
        let (spikes, state) = advance(&steps);
        let (expected, end) = advance(&[duration]);
        // A spike at the very end may fall into the run or after it.
        prop_assume!(expected.iter().all(|spike| duration - spike > 1e-9));
        prop_assert_eq!(spikes.len(), expected.len());
        for (spike, expected) in spikes.iter().zip(&expected) {
            prop_assert!((spike - expected).abs() < 1e-9 * expected);
        }
        prop_assert!((state.voltage - end.voltage).abs() < 1e-8, "{state:?} {end:?}");
    }
}

/// The rate is 1 / (refractory + tau ln((V_inf - reset) / (V_inf - threshold))), here counted over 20 s.
#[test]
fn the_rate_of_lif_equals_its_formula() {
    let neuron = Lif::cortical();
    assert_eq!(neuron.rheobase(), 200.0);
    assert_eq!(neuron.rate(200.0), 0.0);
    // By hand at 300 pA: V_inf is -40 mV, and 20 ln(25 / 10) + 2 = 20.326 ms.
    assert!((neuron.rate(300.0) - 49.198_5).abs() < 1e-3);
    for amplitude in [190.0, 201.0, 300.0, 700.0, 3000.0] {
        let current = Current::step(amplitude).waveform(20_000.0, 1);
        let spikes = run(&neuron, &current, Times::new(20_000.0, 0.5), usize::MAX)
            .unwrap()
            .spikes;
        let counted = match spikes[..] {
            [first, .., last] => 1000.0 * (spikes.len() - 1) as f64 / (last - first),
            _ => 0.0,
        };
        let expected = neuron.rate(amplitude);
        assert!(
            (counted - expected).abs() <= 1e-9 * expected,
            "{amplitude}: {counted}, not {expected}"
        );
    }
}

#[test]
fn a_step_under_an_extreme_current_ends() {
    let neuron = Lif {
        refractory: 0.0,
        ..Lif::cortical()
    };
    let (spikes, state) = neuron.step(&StepInput::constant(1e300, 0.01), &neuron.resting_state());
    assert!(spikes.len() <= 10_001 && state.voltage.is_finite());
}

/// Printed by `neurons/tests/reference/spiking.py`.
struct Reference {
    amplitude: f64,
    span: [f64; 2],
    duration: f64,
    spikes: &'static [f64],
    /// Final potential and second variable.
    end: [f64; 2],
}

fn compare<N: Neuron>(
    neuron: &N,
    reference: &Reference,
    end: fn(&N::State) -> [f64; 2],
    steps: [f64; 3],
) {
    let [from, until] = reference.span;
    let amplitude = reference.amplitude;
    let text = format!("step:{amplitude},from={from},until={until}");
    let current = text.parse::<Current>().unwrap();
    for step in steps {
        let waveform = current.waveform(reference.duration, 1);
        let run = run(
            neuron,
            &waveform,
            Times::new(reference.duration, step),
            usize::MAX,
        )
        .unwrap();
        let expected = reference.spikes;
        assert_eq!(run.spikes.len(), expected.len(), "{text}: {:?}", run.spikes);
        for (spike, expected) in run.spikes.iter().zip(expected) {
            let error = (spike - expected).abs();
            assert!(error < 0.01, "{text}, step {step}: {spike}, not {expected}");
        }
        let found = end(&run.points.last().unwrap().state);
        for (value, expected) in found.iter().zip(reference.end) {
            assert!(
                (value - expected).abs() < 0.02,
                "{text}, step {step}: ends at {found:?}, not {:?}",
                reference.end
            );
        }
    }
}

#[test]
fn adex_equals_scipy() {
    let bursting = AdEx {
        capacitance: 200.0,
        leak: 10.0,
        reversal: -58.0,
        threshold: -50.0,
        coupling: 2.0,
        adaptation_time: 120.0,
        jump: 100.0,
        reset: -46.0,
        ..AdEx::brette_gerstner()
    };
    for (neuron, reference) in [
        (
            AdEx::brette_gerstner(),
            Reference {
                amplitude: 800.0,
                span: [20.0, 400.0],
                duration: 500.0,
                spikes: &[
                    37.719495, 60.485144, 91.266934, 134.477511, 191.594611, 256.173911,
                    322.684272, 389.551124,
                ],
                end: [-75.064403, 123.980739],
            },
        ),
        (
            bursting,
            Reference {
                amplitude: 210.0,
                span: [0.0, 400.0],
                duration: 400.0,
                spikes: &[
                    16.157978, 19.075624, 24.198412, 155.955972, 161.309912, 294.503362, 299.854241,
                ],
                end: [-52.162754, 131.692300],
            },
        ),
    ] {
        let end = |state: &AdExState| [state.voltage, state.adaptation];
        compare(&neuron, &reference, end, [0.01, 0.1, 0.5]);
    }
}

fn ends(state: &IzhikevichState) -> [f64; 2] {
    [state.voltage, state.recovery]
}

/// Firing patterns, with their references.
const IZHIKEVICH: [(Pattern, Reference); 6] = [
    (
        Pattern::RegularSpiking,
        izhikevich(
            10.0,
            &[
                23.451625, 40.556106, 85.492065, 130.304479, 175.116893, 219.929306, 264.741720,
            ],
            [-63.752340, -6.777306],
        ),
    ),
    (
        Pattern::IntrinsicallyBursting,
        izhikevich(
            10.0,
            &[
                23.451625, 25.577507, 28.944481, 66.233958, 97.441376, 128.659661, 159.877673,
                191.095691, 222.313710, 253.531729, 284.749747,
            ],
            [-66.563119, -5.913808],
        ),
    ),
    (
        Pattern::Chattering,
        izhikevich(
            10.0,
            &[
                23.451625, 24.791651, 26.250512, 27.861484, 29.678458, 31.801739, 34.476450,
                39.469225, 87.405713, 89.216952, 91.331169, 93.987080, 98.766918, 146.717046,
                148.528285, 150.642502, 153.298413, 158.078251, 206.028379, 207.839618, 209.953835,
                212.609746, 217.389584, 265.339712, 267.150951, 269.265168, 271.921079, 276.700917,
            ],
            [-69.780168, -4.449085],
        ),
    ),
    (
        Pattern::LowThresholdSpiking,
        izhikevich(
            10.0,
            &[
                22.431607, 25.331480, 28.840410, 33.352771, 39.764247, 49.812527, 62.886689,
                76.264150, 89.634048, 103.004179, 116.374303, 129.744427, 143.114551, 156.484675,
                169.854800, 183.224924, 196.595048, 209.965172, 223.335296, 236.705420, 250.075545,
                263.445669, 276.815793, 290.185917,
            ],
            [-57.991803, -7.619534],
        ),
    ),
    (
        // A rebound burst after inhibition.
        Pattern::ThalamoCortical,
        Reference {
            span: [20.0, 120.0],
            duration: 250.0,
            ..izhikevich(
                -10.0,
                &[128.338016, 135.759025, 146.264453],
                [-64.526046, -16.092953],
            )
        },
    ),
    (
        Pattern::Resonator,
        Reference {
            span: [20.0, 60.0],
            duration: 60.0,
            ..izhikevich(0.2, &[], [-62.860281, -15.914126])
        },
    ),
];

/// A reference under a current from 20 to 300 ms.
const fn izhikevich(amplitude: f64, spikes: &'static [f64], end: [f64; 2]) -> Reference {
    Reference {
        amplitude,
        span: [20.0, 300.0],
        duration: 300.0,
        spikes,
        end,
    }
}

#[test]
fn izhikevich_equals_scipy() {
    for (pattern, reference) in IZHIKEVICH {
        compare(&pattern.neuron(), &reference, ends, [0.01, 0.05, 0.25]);
    }
}

/// By the reference: 39 spikes, the last one at 296.565190 ms, 7.342650 ms after the previous one.
#[test]
fn fast_spiking_does_not_adapt() {
    let neuron = Pattern::FastSpiking.neuron();
    let current = "step:10,from=20,until=300".parse::<Current>().unwrap();
    let wave = current.waveform(300.0, 1);
    let run = run(&neuron, &wave, Times::new(300.0, 0.1), 10).unwrap();
    assert_eq!(run.spikes.len(), 39);
    assert!((run.spikes[38] - 296.565190).abs() < 0.01);
    let intervals = run.spikes.windows(2).map(|pair| pair[1] - pair[0]);
    for interval in intervals.skip(10) {
        assert!((interval - 7.342650).abs() < 1e-3, "{interval}");
    }
}

/// A step just above the largest stable one is refused, and one just below it settles.
#[test]
fn a_step_that_is_too_large_is_refused() {
    fn check<N: Neuron>(neuron: &N, expected: f64) {
        let current = Current::step(-20.0).waveform(3000.0, 1);
        let largest = neuron.largest_step(-20.0).unwrap();
        assert!((largest / expected - 1.0).abs() < 0.01, "{largest}");
        let times = Times::new(2900.0, largest * 0.97);
        let settled = run(neuron, &current, times, usize::MAX).unwrap();
        let [.., before, last] = &settled.points[..] else {
            panic!("two points at least");
        };
        let moved =
            neuron.membrane_potential(&last.state) - neuron.membrane_potential(&before.state);
        assert!(moved.abs() < 0.1, "moved by {moved}");
        let step = largest * 1.01;
        let refused = run(neuron, &current, Times::new(2900.0, step), 10).unwrap_err();
        assert_eq!(refused, Error::Step { step, largest });
        assert!(refused.to_string().contains("largest stable one is"));
    }
    // 2.785 tau with tau = 281 / 30 ms; -20 pA and adaptation change little.
    check(&AdEx::brette_gerstner(), 2.785 * 281.0 / 30.0);
    // By hand: at rest under -20 mV/ms, v = (-4.8 - sqrt(4.8^2 - 0.16 * 120)) / 0.08 = -84.49 mV, where the slope is
    // -1.76 per ms.
    check(&Pattern::RegularSpiking.neuron(), 2.785 / 1.76);
    assert_eq!(Lif::cortical().largest_step(-20.0), None);
}

/// Naud et al. 2008: AdEx rests below its rheobase and fires repetitively above it.
#[test]
fn the_rheobase_of_adex() {
    let slow = AdEx {
        coupling: 0.5,
        adaptation_time: 20.0,
        ..AdEx::brette_gerstner()
    };
    for neuron in [AdEx::brette_gerstner(), slow] {
        let spikes = |current: f64| {
            // A slow ramp, whose onset does not make it fire.
            let (start, end) = (0.5 * neuron.rheobase(), current);
            let ramp = format!("ramp:{start}..{end},until=4000")
                .parse::<Current>()
                .unwrap();
            let ramp = ramp.waveform(4000.0, 1);
            let times = Times::new(4000.0, 0.2);
            run(&neuron, &ramp, times, 10).unwrap().spikes.len()
        };
        let rheobase = neuron.rheobase();
        assert_eq!(spikes(0.995 * rheobase), 0, "{rheobase}");
        assert!(spikes(1.05 * rheobase) > 0, "{rheobase}");
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let lif = Lif {
        reset: -40.0,
        ..Lif::cortical()
    };
    let adex = AdEx {
        sharpness: 0.0,
        ..AdEx::brette_gerstner()
    };
    let izhikevich = Izhikevich {
        a: f64::NAN,
        ..Pattern::Chattering.neuron()
    };
    for (error, words) in [
        (
            lif.validate().unwrap_err(),
            ["reset is -40", "below the threshold"],
        ),
        (
            adex.validate().unwrap_err(),
            ["sharpness is 0", "mV above 0"],
        ),
        (izhikevich.validate().unwrap_err(), ["a is NaN", "above 0"]),
    ] {
        let error = error.to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    assert!(Lif::cortical().validate().is_ok() && AdEx::brette_gerstner().validate().is_ok());
    for pattern in Pattern::ALL {
        assert!(pattern.neuron().validate().is_ok());
        assert_eq!(pattern.name().parse(), Ok(pattern));
    }
    assert!(
        "bursting"
            .parse::<Pattern>()
            .unwrap_err()
            .to_string()
            .contains("chattering")
    );
}
