//! A trained model abstains on pictures of another kind, and not on those of its own: tested on phantoms, and on real
//! scans where `HEBB_DATA` names them.

use crate::stage::Stage;
use serde_json::Value;

/// Minimum fraction of pictures of another kind on which the model abstains.
const MIN_ABSTENTION: f64 = 0.95;

fn fraction(counts: &Value, outcome: &str) -> f64 {
    counts[outcome].as_f64().unwrap() / counts["n"].as_f64().unwrap()
}

/// Returns what `train probe` prints.
fn probed(stage: &Stage, arguments: &str) -> Value {
    let output = stage.trained(&format!("probe {arguments} --json"));
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn a_model_of_phantoms_abstains_on_pictures_of_another_kind() {
    let stage = Stage::new();
    stage.trained("--generated --stand-ins 600 --epochs 1 --seed 3");
    let result = stage.json("runs/latest/result.json");
    let [valid, test] = ["valid", "test"].map(|part| result["calibration"][part].clone());
    assert!(valid["unfamiliar"].as_u64().unwrap() <= 1, "{valid}");
    assert!(test["unfamiliar"].as_u64().unwrap() <= 4, "{test}");

    let found = probed(&stage, "runs/latest");
    assert_eq!(
        found, result["calibration"]["probe"],
        "the run checked the same pictures"
    );
    assert!(
        fraction(&found, "answered") <= 1.0 - MIN_ABSTENTION,
        "{found}"
    );

    // From the model's file, with fewer pictures, which are saved.
    let few = probed(
        &stage,
        "runs/latest/model.safetensors --count 30 --save odd",
    );
    assert_eq!(few["n"], 30);
    let saved: Vec<_> = std::fs::read_dir(stage.path("odd")).unwrap().collect();
    assert_eq!(saved.len(), 30);
    let output = stage.trained("probe --count 30");
    assert!(
        output.stdout.contains("checkerboard") && output.stdout.contains("get no answer"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_model_of_real_scans_abstains_on_pictures_of_another_kind() {
    let Some(data) = std::env::var_os("HEBB_DATA") else {
        println!("SKIPPED: HEBB_DATA is not set, no real scans to train on");
        return;
    };
    let data = data.to_str().unwrap();
    let stage = Stage::new();
    stage.trained(&format!("brain-tumor --data {data} --epochs 1"));
    let result = stage.json("runs/latest/result.json");
    let test = &result["calibration"]["test"];
    let lost = test["unfamiliar"].as_f64().unwrap() / result["test"]["n"].as_f64().unwrap();
    assert!(
        lost <= 0.04,
        "{lost} of the real test scans are called unfamiliar"
    );

    let found = probed(&stage, &format!("runs/latest --data {data}"));
    for kind in found["kinds"].as_array().unwrap() {
        println!(
            "{} {:.3} answered",
            kind["kind"],
            fraction(kind, "answered")
        );
    }
    assert!(
        fraction(&found, "answered") <= 1.0 - MIN_ABSTENTION,
        "{found}"
    );
    let digits = found["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kind| kind["kind"] == "MNIST");
    assert_eq!(
        digits.map(|digits| fraction(digits, "answered") <= 1.0 - MIN_ABSTENTION),
        Some(true)
    );
}

#[test]
fn invalid_arguments_fail_with_one_line() {
    let stage = Stage::new();
    stage.write("torn.safetensors", "no model");
    for (arguments, code, part) in [
        ("probe", 1, "runs/latest"),
        ("probe absent.safetensors", 1, "absent.safetensors"),
        ("probe torn.safetensors", 1, "not a safetensors file"),
        ("probe torn.safetensors --count 0", 2, "--count"),
        ("probe torn.safetensors --device abacus", 2, "abacus"),
        ("--target-error 0", 2, "above 0 and at most 0.5"),
        ("--target-error much", 2, "is not a number"),
    ] {
        let output = stage.train(arguments);
        assert_eq!(output.code, code, "{arguments}: {}", output.stderr);
        assert_eq!(
            output.stderr.lines().count(),
            1,
            "{arguments}: {}",
            output.stderr
        );
        assert!(
            output.stderr.contains(part),
            "{arguments}: {}",
            output.stderr
        );
    }
}

#[test]
fn a_smaller_target_error_raises_the_threshold() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 600 --epochs 2 --target-error 0.2");
    stage.trained("mnist-mlp --generated --stand-ins 600 --epochs 2 --target-error 0.01");
    let calibration = |run: &str, field: &str| {
        stage.json(&format!("runs/{run}/result.json"))["calibration"][field]
            .as_f64()
            .unwrap()
    };
    assert_eq!(
        [
            calibration("mnist-mlp-1", "target_error"),
            calibration("mnist-mlp-2", "target_error")
        ],
        [0.2, 0.01]
    );
    assert!(calibration("mnist-mlp-1", "threshold") < calibration("mnist-mlp-2", "threshold"));
    // The temperature does not depend on the target error.
    assert_eq!(
        calibration("mnist-mlp-1", "temperature"),
        calibration("mnist-mlp-2", "temperature")
    );
}
