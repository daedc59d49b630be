//! Spiking networks are trained with every coding, readout, reset and surrogate, and say what they spent.

use crate::stage::Stage;
use serde_json::Value;

const USUAL: &str =
    "--generated --stand-ins 300 --epochs 1 --batch-size 32 --device flex --no-tui --seed 3 --json";

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The run's `result.json`, its figures of spikes looked at.
fn trained(stage: &Stage, arguments: &str) -> Value {
    let said = stage.trained(&format!("{arguments} {USUAL}"));
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    let spikes = &result["spikes"];
    let by_step: Vec<f64> = spikes["accuracy_by_step"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    let accuracy = number(&result["test"]["accuracy"]);
    assert!(
        (by_step.last().unwrap() - accuracy).abs() < 1e-9,
        "{arguments}: the last step answers"
    );
    let layers = spikes["layers"].as_array().unwrap();
    let sum: f64 = layers
        .iter()
        .map(|layer| number(&layer["per_answer"]))
        .sum();
    assert!((sum - number(&spikes["spikes_per_answer"])).abs() < 1e-6);
    for layer in layers {
        let rate = number(&layer["rate"]);
        assert!((0.0..=1.0).contains(&rate), "{rate}");
        let expected = rate * number(&layer["units"]) * by_step.len() as f64;
        assert!((number(&layer["per_answer"]) - expected).abs() < 1e-6 * (1.0 + expected));
    }
    assert!(number(&spikes["operations"]["energy_ratio"]) > 0.0);
    for figure in ["raster", "membranes", "steps"] {
        for ending in ["svg", "png"] {
            let path = stage.path(&format!("runs/latest/{figure}.{ending}"));
            assert!(path.exists(), "{arguments}: {}", path.display());
        }
    }
    let card = std::fs::read_to_string(stage.path("runs/latest/card.md")).unwrap();
    assert!(card.contains("spikes per prediction") && card.contains("raster.png"));
    result
}

fn names(result: &Value) -> Vec<&str> {
    let layers = result["spikes"]["layers"].as_array().unwrap();
    layers
        .iter()
        .map(|layer| layer["name"].as_str().unwrap())
        .collect()
}

#[test]
fn digits_with_every_choice() {
    let stage = Stage::new();
    let direct = trained(&stage, "mnist-snn --time-steps 6");
    assert_eq!(names(&direct), ["hidden 1"]);
    // Currents go in: 784 x 1000 products, once for all steps.
    assert_eq!(
        direct["spikes"]["operations"]["current_products"],
        784_000.0
    );
    assert_eq!(direct["spikes"]["operations"]["without_spikes"], 794_000.0);
    assert_eq!(direct["spikes"]["operations"]["membrane_products"], 6_060.0);
    let rate = trained(
        &stage,
        "mnist-snn --time-steps 5 --coding rate --readout counts --reset zero --surrogate fast-sigmoid:10",
    );
    assert_eq!(names(&rate), ["input", "hidden 1", "output"]);
    assert_eq!(rate["spikes"]["operations"]["current_products"], 0.0);
    let latency = trained(
        &stage,
        "mnist-snn --time-steps 4 --coding latency --surrogate triangular --decay learned:0.8",
    );
    // Each pixel fires once at most.
    let input = &latency["spikes"]["layers"][0];
    assert!(number(&input["per_answer"]) <= 784.0 && number(&input["rate"]) <= 0.25);
    let file = std::fs::read(stage.path("runs/latest/model.safetensors")).unwrap();
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let names: Vec<_> = header.as_object().unwrap().keys().collect();
    assert!(
        names
            .iter()
            .any(|name| name.ends_with("hidden.0.units.decay")),
        "{names:?}"
    );
}

#[test]
fn recordings_by_their_changes_or_their_values() {
    let stage = Stage::new();
    let delta = trained(&stage, "eeg-snn");
    assert_eq!(names(&delta), ["input", "hidden 1", "hidden 2"]);
    assert_eq!(
        delta["spikes"]["accuracy_by_step"]
            .as_array()
            .unwrap()
            .len(),
        178
    );
    let direct = trained(&stage, "eeg-snn --coding direct --readout counts");
    assert_eq!(names(&direct), ["hidden 1", "hidden 2", "output"]);
}
