//! Simulated neurons, from the command line.

use crate::stage::{Stage, table};
use serde_json::Value;

fn result(arguments: &str, stage: &Stage) -> Value {
    serde_json::from_str(&stage.trained(&format!("{arguments} --json")).stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn spikes(result: &Value) -> Vec<f64> {
    serde_json::from_value(result["spikes_ms"].clone()).unwrap()
}

/// The known figures of this membrane; the models' own tests compare more of them.
#[test]
fn the_squid_axon() {
    let stage = Stage::new();
    let result = result("hodgkin-huxley", &stage);
    let near = |value: &Value, expected: f64, tolerance: f64| {
        assert!(
            (number(value) - expected).abs() <= tolerance,
            "{value} for {expected}"
        );
    };
    near(&result["rest"]["voltage_mv"], -64.996, 0.001);
    near(&result["rheobase"]["one_spike_ua_per_cm2"], 2.24, 0.02);
    near(&result["rheobase"]["for_ever_ua_per_cm2"], 6.26, 0.02);
    near(&result["first_peak"]["voltage_mv"], 40.26, 0.4);
    near(&result["rate_hz"], 68.3, 0.7);
    assert_eq!(result["current"], "step:10");
    assert_eq!(
        (spikes(&result).len(), &result["steps"]),
        (14, &Value::from(20_000))
    );
    assert_eq!(result["adaptive"]["spikes"], 14);
    assert!(number(&result["adaptive"]["largest_difference_ms"]) < 0.001);
    let rates = result["rates"].as_array().unwrap();
    for (rate, expected) in rates.iter().zip([58.3, 68.3, 78.6, 86.4, 98.7, 117.0]) {
        near(&rate["rate_hz"], expected, 0.01 * expected);
    }
    assert!(result.get("fi_curve").is_none() && result.get("neurons").is_none());

    let rows = table(&stage.path("runs/hodgkin-huxley-1/trace.csv"));
    assert_eq!(rows.len(), 20_001);
    assert_eq!(rows[100]["time_ms"], "1");
    for row in rows.iter().step_by(500) {
        let of = |name: &str| row[name].parse::<f64>().unwrap();
        let (voltage, m, h) = (of("voltage_mV"), of("m"), of("h"));
        let sodium = 120.0 * m.powi(3) * h * (voltage - 50.0);
        assert!((of("sodium_uA_per_cm2") - sodium).abs() < 1e-3, "{row:?}");
    }
    for name in ["hodgkin_huxley.svg", "hodgkin_huxley.png"] {
        assert!(
            stage.path("runs/hodgkin-huxley-1").join(name).is_file(),
            "{name}"
        );
    }
}

#[test]
fn currents_from_a_file_are_those_of_the_command_line() {
    let stage = Stage::new();
    stage.write("ramp.csv", "time_s,current_nA_per_cm2\n0,0\n0.2,20000\n");
    let described = result("hodgkin-huxley --current ramp:0..20", &stage);
    let recorded = result("hodgkin-huxley --current ramp.csv", &stage);
    let (described, recorded) = (spikes(&described), spikes(&recorded));
    assert_eq!((described.len(), recorded.len()), (2, 2));
    for (one, other) in described.iter().zip(recorded) {
        assert!((one - other).abs() < 1e-6, "{one}, {other}");
    }
    let noise = |seed| {
        let options = "--current noise:7,sigma=4,tau=5 --duration 500";
        spikes(&result(
            &format!("hodgkin-huxley {options} --seed {seed}"),
            &stage,
        ))
    };
    assert_eq!(noise(1), noise(1));
    assert_ne!(noise(1), noise(2));
}

#[test]
fn the_curve_and_many_neurons() {
    let stage = Stage::new();
    let options = "--fi-curve --neurons 300 --spread 0.03 --duration 300 --step 0.02";
    let result = result(&format!("hodgkin-huxley {options}"), &stage);
    let curve = result["fi_curve"].as_array().unwrap();
    assert_eq!(curve.len(), 122);
    let rates: Vec<f64> = curve.iter().map(|one| number(&one["rate_hz"])).collect();
    let first = rates.iter().position(|rate| *rate > 0.0).unwrap();
    // A type II neuron: at once at 50 Hz, then ever faster.
    assert!((number(&curve[first]["current_ua_per_cm2"]) - 6.26).abs() < 0.02);
    assert!((rates[first] - 50.5).abs() < 0.6, "{}", rates[first]);
    assert!(rates[first..].is_sorted(), "{rates:?}");
    let neurons = &result["neurons"];
    assert_eq!(neurons["neuron_steps"], 300 * 15_000);
    assert!(number(&neurons["neuron_steps_per_second"]) > 0.0);
    assert!(
        (number(&neurons["rate_mean_hz"]) - 68.0).abs() < 4.0,
        "{neurons}"
    );
    assert!(number(&neurons["rate_deviation_hz"]) > 0.5, "{neurons}");
    let run = stage.path("runs/hodgkin-huxley-1");
    assert_eq!(table(&run.join("neurons.csv")).len(), 300);
    assert_eq!(table(&run.join("fi_curve.csv")).len(), 122);
    for name in ["fi_curve.svg", "neurons.svg"] {
        assert!(run.join(name).is_file(), "{name}");
    }
}
