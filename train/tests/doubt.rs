//! A trained model does not answer about pictures that show nothing of its kind, and does about its
//! own: on phantoms everywhere, on real scans where HEBB_DATA names them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stage;

use serde_json::Value;
use stage::Stage;

/// The share of pictures of another kind that must not be answered with confidence.
const DOUBTED: f64 = 0.95;

fn share(counts: &Value, of: &str) -> f64 {
    counts[of].as_f64().unwrap() / counts["n"].as_f64().unwrap()
}

/// What `train probe` says of the newest run.
fn probed(stage: &Stage, arguments: &str) -> Value {
    let said = stage.trained(&format!("probe {arguments} --json"));
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn a_model_of_phantoms_does_not_answer_about_anything_else() {
    let stage = Stage::new();
    stage.trained("--generated --stand-ins 600 --epochs 1 --seed 3");
    let result = stage.json("runs/latest/result.json");
    let [valid, test] = ["valid", "test"].map(|part| result["calibration"][part].clone());
    assert!(valid["unfamiliar"].as_u64().unwrap() <= 1, "{valid}");
    assert!(test["unfamiliar"].as_u64().unwrap() <= 4, "{test}");

    let found = probed(&stage, "runs/latest");
    assert_eq!(
        found, result["calibration"]["probe"],
        "the run asked the same"
    );
    assert!(share(&found, "answered") <= 1.0 - DOUBTED, "{found}");

    // By the model's file, a smaller series, and with the pictures to look at.
    let few = probed(
        &stage,
        "runs/latest/model.safetensors --count 30 --save odd",
    );
    assert_eq!(few["n"], 30);
    let saved: Vec<_> = std::fs::read_dir(stage.path("odd")).unwrap().collect();
    assert_eq!(saved.len(), 30);
    let said = stage.trained("probe --count 30");
    assert!(
        said.stdout.contains("checkerboard") && said.stdout.contains("get no answer"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_model_of_real_scans_does_not_answer_about_anything_else() {
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
        println!("{} {:.3} answered", kind["kind"], share(kind, "answered"));
    }
    assert!(share(&found, "answered") <= 1.0 - DOUBTED, "{found}");
    let digits = found["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kind| kind["kind"] == "MNIST");
    assert_eq!(
        digits.map(|digits| share(digits, "answered") <= 1.0 - DOUBTED),
        Some(true)
    );
}

#[test]
fn what_cannot_be_probed_is_said_in_one_line() {
    let stage = Stage::new();
    stage.write("torn.safetensors", "no model");
    for (arguments, code, part) in [
        ("probe", 1, "runs/latest"),
        ("probe absent.safetensors", 1, "absent.safetensors"),
        ("probe torn.safetensors", 1, "not a safetensors file"),
        ("probe torn.safetensors --count 0", 2, "--count"),
        ("probe torn.safetensors --device abacus", 2, "abacus"),
        ("--target-error 0", 2, "above 0 and at most 0.5"),
        ("--target-error much", 2, "is no number"),
    ] {
        let said = stage.train(arguments);
        assert_eq!(said.code, code, "{arguments}: {}", said.stderr);
        assert_eq!(
            said.stderr.lines().count(),
            1,
            "{arguments}: {}",
            said.stderr
        );
        assert!(said.stderr.contains(part), "{arguments}: {}", said.stderr);
    }
}

#[test]
fn a_smaller_target_error_asks_for_more() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 600 --epochs 2 --target-error 0.2");
    stage.trained("mnist-mlp --generated --stand-ins 600 --epochs 2 --target-error 0.01");
    let of = |run: &str, field: &str| {
        stage.json(&format!("runs/{run}/result.json"))["calibration"][field]
            .as_f64()
            .unwrap()
    };
    assert_eq!(
        [
            of("mnist-mlp-1", "target_error"),
            of("mnist-mlp-2", "target_error")
        ],
        [0.2, 0.01]
    );
    assert!(of("mnist-mlp-1", "threshold") < of("mnist-mlp-2", "threshold"));
    // Probabilities know nothing of the threshold.
    assert_eq!(
        of("mnist-mlp-1", "temperature"),
        of("mnist-mlp-2", "temperature")
    );
}
