//! From training to an answer: `infer` predicts for a picture what the run that trained its model wrote into
//! `predictions.csv`, so that its accuracy agrees with `result.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Number of pictures of each class.
const PER_CLASS: usize = 10;

fn train(arguments: &[&str], runs: &Path) {
    let mut words = vec!["train"];
    words.extend(arguments);
    words.extend([
        "--device",
        "flex",
        "--no-tui",
        "--out",
        runs.to_str().unwrap(),
    ]);
    train::run(words.into_iter().map(Into::into)).unwrap();
}

fn infer(pictures: &[PathBuf], runs: &Path) -> Value {
    infer_in(runs, pictures, runs)
}

fn infer_in(folder: &Path, pictures: &[PathBuf], runs: &Path) -> Value {
    let output = assert_cmd::cargo::cargo_bin_cmd!("infer")
        .current_dir(folder)
        .args(pictures)
        .args(["--json", "--device", "flex", "--runs"])
        .arg(runs)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the first test pictures of each class in `predictions.csv`: path, true class, probabilities.
fn test_rows(run: &Path) -> Vec<BTreeMap<String, String>> {
    let mut taken = BTreeMap::<String, usize>::new();
    csv::Reader::from_path(run.join("predictions.csv"))
        .unwrap()
        .deserialize::<BTreeMap<String, String>>()
        .map(Result::unwrap)
        .filter(|row| row["split"] == "test")
        .filter(|row| {
            let count = taken.entry(row["truth"].clone()).or_default();
            *count += 1;
            *count <= PER_CLASS
        })
        .collect()
}

#[test]
fn real_scans_are_answered_as_in_training() {
    let Some(data) = std::env::var_os("HEBB_DATA").map(PathBuf::from) else {
        println!("SKIPPED: HEBB_DATA is not set, no real scans to ask about");
        return;
    };
    let runs = tempfile::tempdir().unwrap();
    let folder = data.to_str().unwrap();
    train(
        &["brain-tumor", "--data", folder, "--epochs", "2"],
        runs.path(),
    );
    let rows = test_rows(&runs.path().join("latest"));
    assert_eq!(rows.len(), 4 * PER_CLASS);

    let set = data.join("brain-tumor-mri");
    let pictures: Vec<_> = rows.iter().map(|row| set.join(&row["path"])).collect();
    let document = infer(&pictures, runs.path());
    let answers = document["answers"].as_array().unwrap();
    assert_eq!(answers.len(), rows.len());
    let mut right = [0, 0];
    for (answer, row) in answers.iter().zip(&rows) {
        let probabilities = answer["probabilities"].as_object().unwrap();
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        for (class, probability) in probabilities {
            let trained: f64 = row[&format!("p_{class}")].parse().unwrap();
            let found = probability.as_f64().unwrap();
            assert!(
                (found - trained).abs() < 1e-4,
                "{class}: {found} and {trained} of {row:?}"
            );
        }
        assert!(
            answer["notice"]
                .as_str()
                .unwrap()
                .contains("not a medical device")
        );
        let doubt = answer["doubt"].as_str().unwrap_or_default();
        assert_eq!(doubt, row["doubt"], "{answer} and {row:?}");
        let largest =
            |class: &&String| probabilities[*class].as_f64() == answer["probability"].as_f64();
        let class = probabilities.keys().find(largest).unwrap();
        assert!(answer["class"] == **class || !doubt.is_empty(), "{answer}");
        right[0] += usize::from(*class == row["truth"]);
        right[1] += usize::from(row["answer"] == row["truth"]);
    }
    assert_eq!(right[0], right[1], "as many right answers as in training");
    println!(
        "{} of {} real scans right, by infer and by the run alike",
        right[0],
        rows.len()
    );
}

#[test]
fn the_samples_of_a_run_are_answered() {
    let runs = tempfile::tempdir().unwrap();
    train(
        &["--generated", "--stand-ins", "120", "--epochs", "1"],
        runs.path(),
    );
    let document = infer(&[runs.path().join("latest/samples")], runs.path());
    assert_eq!(document["answers"].as_array().unwrap().len(), 8);
    assert_eq!(document["model"]["experiment"], "brain-tumor");
}

/// An autoencoder's errors are those of its run's `reconstructions.csv`.
#[test]
fn scans_are_reconstructed_as_in_training() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, scans) = (folder.path().join("runs"), folder.path().join("scans"));
    datasets::synthetic::write_phantoms(&scans, 12, 5).unwrap();
    let data = scans.to_str().unwrap();
    let words = "autoencoder --dataset brain-tumor-mri --epochs 1 --batch-size 16 --data";
    let words: Vec<_> = words.split(' ').chain([data]).collect();
    train(&words, &runs);
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_path(runs.join("latest/reconstructions.csv"))
            .unwrap()
            .deserialize()
            .map(Result::unwrap)
            .collect();
    let pictures: Vec<_> = rows.iter().map(|row| scans.join(&row["path"])).collect();
    let document = infer_in(folder.path(), &pictures, &runs);
    let answers = document["answers"].as_array().unwrap();
    assert_eq!(answers.len(), rows.len());
    for (answer, row) in answers.iter().zip(&rows) {
        for figure in ["mse", "bce"] {
            let (found, trained) = (
                answer[figure].as_f64().unwrap(),
                row[figure].parse::<f64>().unwrap(),
            );
            assert!((found - trained).abs() < 1e-5, "{answer} and {row:?}");
        }
        assert!(
            answer["notice"]
                .as_str()
                .unwrap()
                .contains("not a medical device")
        );
        let back = folder
            .path()
            .join(answer["reconstruction"].as_str().unwrap());
        assert_eq!(image::open(back).unwrap().width(), 64);
    }
}

/// Compares two documents; numbers may differ by the rounding of another instruction set.
fn assert_close(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            assert!(found.keys().eq(expected.keys()), "{at}: {found:?}");
            for (name, expected) in expected {
                assert_close(&found[name], expected, &format!("{at}/{name}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{at}");
            for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_close(found, expected, &format!("{at}/{place}"));
            }
        }
        (Value::Number(found), Value::Number(expected)) => {
            let [found, expected] = [found, expected].map(|number| number.as_f64().unwrap());
            assert!(
                (found - expected).abs() <= 1e-5,
                "{at}: {found} instead of {expected}"
            );
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}

/// `fixtures/README.md` says where model and answer come from.
#[test]
fn a_model_of_the_first_version_answers_as_it_did() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let output = assert_cmd::cargo::cargo_bin_cmd!("infer")
        .current_dir(&fixtures)
        .args(["seven.png", "--json", "--device", "flex", "--model"])
        .arg("../../../train/tests/fixtures/run-v1/model.safetensors")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = std::fs::read_to_string(fixtures.join("seven.json")).unwrap();
    assert_close(&answer, &serde_json::from_str(&expected).unwrap(), "answer");
}
