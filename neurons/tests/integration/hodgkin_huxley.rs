//! The Hodgkin-Huxley neuron against published figures and against SciPy.

use neurons::current::Current;
use neurons::spiking::hodgkin_huxley::FirstPeak;
use neurons::spiking::{HodgkinHuxley, HodgkinHuxleyState, Neuron, Times, Trace};

fn simulate(current: &str, times: Times) -> (Trace<HodgkinHuxleyState>, FirstPeak) {
    let neuron = HodgkinHuxley::default();
    let current: Current = current.parse().expect("a current");
    let wave = current.waveform(times.duration, 1);
    let mut first_peak = FirstPeak::default();
    let start = neuron.resting_state();
    let trace = neurons::spiking::simulate(&neuron, start, &wave, times.fitted(), 1, |made| {
        first_peak.observe(made);
    });
    (trace.expect("a stable step"), first_peak)
}

fn within(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance,
        "{found} for {expected}, more than {tolerance} off"
    );
}

/// Rest, thresholds, rates and peak as published for this membrane with the Runge-Kutta method of fourth order and steps
/// of 0.01 ms: rates within 1 %, thresholds within 0.02 uA/cm2.
#[test]
fn the_published_figures() {
    let neuron = HodgkinHuxley::default();
    let rest = neuron.resting_state();
    within(rest.voltage, -64.996, 0.001);
    for (gate, expected) in [(rest.m, 0.0530), (rest.h, 0.5960), (rest.n, 0.3177)] {
        within(gate, expected, 0.0001);
    }
    let rheobase = neuron.rheobase(0.01).unwrap().unwrap();
    within(rheobase.single, 2.240, 0.02);
    within(rheobase.repetitive, 6.26, 0.02);
    let currents = [rheobase.repetitive, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0];
    let rates = [50.5, 58.3, 68.3, 78.6, 86.4, 98.7, 117.0];
    let times = Times::new(2000.0, 0.01);
    let responses = neuron.step_responses(&currents, times, &|_| ()).unwrap();
    for (one, expected) in responses.iter().zip(rates) {
        within(one.rate, expected, 0.01 * expected);
    }
    // Just below, it fires for a while and stops: there is no lower rate.
    let below = neuron
        .step_responses(&[rheobase.repetitive - 0.02], times, &|_| ())
        .unwrap();
    assert!(
        !below[0].spikes.is_empty() && below[0].rate == 0.0,
        "{below:?}"
    );
    let (time, peak) = simulate("step:10", Times::new(50.0, 0.01)).1.peak.unwrap();
    within(peak, 40.26, 0.01 * 40.26);
    assert!((1.9..3.0).contains(&time), "{time}");
}

#[test]
fn the_interval_hardly_depends_on_the_step() {
    for step in [0.05, 0.025, 0.01, 0.001] {
        let (trace, _) = simulate("step:10", Times::new(200.0, step));
        let intervals: Vec<f64> = trace
            .spikes
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        for interval in &intervals[2..] {
            assert!((14.62..=14.66).contains(interval), "{step}: {intervals:?}");
        }
    }
}

/// A current, its spikes in ms, and V, m, h, n after 200 ms.
type Case = (&'static str, &'static [f64], [f64; 4]);

/// Printed by `python neurons/tests/reference/hodgkin_huxley.py`, which integrates the textbook's equations with SciPy's
/// DOP853 and tolerances of 1e-11.
#[rustfmt::skip]
const SCIPY: [Case; 6] = [
    ("step:7", &[2.376242, 19.641446, 36.788646, 53.933551, 71.078268, 88.222969, 105.367669, 122.512369, 139.657069, 156.801769, 173.946469, 191.091168], [-65.97573073, 0.04499725, 0.46903981, 0.3911332]),
    ("step:10", &[1.901232, 16.822652, 31.471888, 46.109062, 60.745343, 75.381559, 90.017769, 104.653979, 119.290189, 133.926399, 148.562609, 163.198819, 177.835029, 192.471239], [-67.01261144, 0.03952292, 0.4192292, 0.42780569]),
    ("step:30,from=20,until=150", &[21.012278, 31.799845, 41.985083, 52.120528, 62.248811, 72.376059, 82.503157, 92.630234, 102.757307, 112.884380, 123.011454, 133.138527, 143.265600], [-64.99629125, 0.05295581, 0.59581161, 0.31772764]),
    ("ramp:0..20", &[180.714662, 192.206639], [-61.54476144, 0.07281713, 0.37648093, 0.44291857]),
    ("sine:8,hz=30,mean=6", &[2.343654, 33.184317, 47.405515, 66.585137, 80.965067, 99.942490, 114.370981, 133.284018, 147.729665, 166.620272, 181.072115, 199.954663], [13.81749411, 0.61271125, 0.42104161, 0.41842673]),
    ("pulses:15,width=2,every=17", &[1.497186, 18.490413, 35.490864, 52.490891, 69.490893, 86.490893, 103.490893, 120.490893, 137.490893, 154.490893, 171.490893, 188.490893], [-68.52788524, 0.03381796, 0.58018458, 0.32879917]),
];

#[test]
fn spikes_equal_scipys() {
    for (current, spikes, last) in SCIPY {
        let (trace, _) = simulate(current, Times::new(200.0, 0.01));
        assert_eq!(
            trace.spikes.len(),
            spikes.len(),
            "{current}: {:?}",
            trace.spikes
        );
        for (found, expected) in trace.spikes.iter().zip(spikes) {
            within(*found, *expected, 0.001);
        }
        let HodgkinHuxleyState { voltage, m, h, n } = trace.points.last().unwrap().state;
        within(voltage, last[0], 0.01);
        for (found, expected) in [m, h, n].into_iter().zip(&last[1..]) {
            within(found, *expected, 1e-4);
        }
    }
}

#[test]
fn the_adaptive_integrator_equals_scipys() {
    let neuron = HodgkinHuxley::default();
    let rest = neuron.resting_state();
    for (current, spikes, last) in SCIPY {
        let wave = current.parse::<Current>().unwrap().waveform(200.0, 1);
        let adaptive = neuron
            .simulate_adaptively(rest, &wave, 200.0, 1e-10)
            .unwrap();
        assert_eq!(
            adaptive.spikes.len(),
            spikes.len(),
            "{current}: {:?}",
            adaptive.spikes
        );
        for (found, expected) in adaptive.spikes.iter().zip(spikes) {
            within(*found, *expected, 2e-6);
        }
        within(adaptive.state.voltage, last[0], 1e-5);
        assert!(adaptive.steps >= 800, "{}", adaptive.steps);
    }
}

/// Half the step gives a sixteenth of the error.
#[test]
fn the_method_is_of_fourth_order() {
    let neuron = HodgkinHuxley::default();
    let rest = neuron.resting_state();
    let wave = Current::step(10.0).waveform(5.0, 1);
    let exact = neuron
        .simulate_adaptively(rest, &wave, 5.0, 1e-12)
        .unwrap()
        .state
        .voltage;
    let error = |step| {
        let (trace, _) = simulate("step:10", Times::new(5.0, step));
        (trace.points.last().unwrap().state.voltage - exact).abs()
    };
    let ratio = error(0.02) / error(0.01);
    assert!((13.0..19.0).contains(&ratio), "{ratio}");
}
