//! Answers about recordings, and their drawings.

use crate::stage::{Stage, outcome, success};
use serde_json::Value;

/// By hand: 1 / (1 + exp(-sum / 10)).
fn probability(values: [f64; 4]) -> f64 {
    1.0 / (1.0 + (-values.iter().sum::<f64>() / 10.0).exp())
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.signal_model("model.safetensors");
    stage
}

fn answers(stage: &Stage, file: &str) -> Vec<(String, f64)> {
    let (code, text, _) = outcome(stage.infer(&[file, "--model", "model.safetensors", "--json"]));
    assert_eq!(code, 0, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let answers = document["answers"].as_array().unwrap();
    let of = |answer: &Value| {
        let notice = answer["notice"].as_str().unwrap();
        assert!(notice.contains("not a medical device"));
        let probabilities = answer["probabilities"].as_object().unwrap();
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        let seizure = probabilities["seizure"].as_f64().unwrap();
        (answer["path"].as_str().unwrap().to_owned(), seizure)
    };
    answers.iter().map(of).collect()
}

#[test]
fn each_row_is_answered() {
    let stage = stage();
    let table = ",X1,X2,X3,X4,y\nX1.V1.9,1,2,3,4,5\nX2.V1.9,5,-6,-7,-8,1\n";
    std::fs::write(stage.path("eeg.csv"), table).unwrap();
    let found = answers(&stage, "eeg.csv");
    let expected = [
        ("eeg.csv: X1.V1.9", probability([1.0, 2.0, 3.0, 4.0])),
        ("eeg.csv: X2.V1.9", probability([5.0, -6.0, -7.0, -8.0])),
    ];
    assert_eq!(found.len(), expected.len());
    for ((name, found), (expected_name, expected)) in found.iter().zip(expected) {
        assert_eq!(name, expected_name);
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
    }
    let svg = std::fs::read_to_string(stage.path("traces/eeg-trace.svg")).unwrap();
    assert!(svg.contains("eeg.csv: 2 rows side by side") && svg.contains("probability of seizure"));
    let png = image::open(stage.path("traces/eeg-trace.png")).unwrap();
    assert!(png.width() > 1000);
}

#[test]
fn a_long_recording_is_answered_in_pieces() {
    let stage = stage();
    std::fs::write(stage.path("long.csv"), "1\n2\n3\n4\n-5\n-6\n7\n8\n9\n").unwrap();
    let found = answers(&stage, "long.csv");
    assert_eq!(found[0].0, "long.csv: 0.00 s");
    assert_eq!(found[1].0, "long.csv: 2.00 s");
    assert!((found[1].1 - probability([-5.0, -6.0, 7.0, 8.0])).abs() < 1e-6);
    let call = [
        "long.csv",
        "--model",
        "model.safetensors",
        "--traces",
        "seen",
    ];
    let (code, text, stderr) = outcome(stage.infer(&call));
    assert_eq!(code, 0);
    assert!(
        text.contains("seizure") && text.contains("not a medical device"),
        "{text}"
    );
    assert!(
        stderr.contains("the last 1 values do not fill a piece"),
        "{stderr}"
    );
    assert!(stage.path("seen/long-trace.svg").is_file());
}

#[test]
fn bad_recordings_are_reported_and_the_others_answered() {
    let stage = stage();
    for (name, content) in [
        ("empty.csv", ""),
        ("words.csv", "1,2,x,4\n"),
        ("short.csv", "1,2,3,4\n1,2\n"),
        ("good.csv", "1,2,3,4\n"),
    ] {
        std::fs::write(stage.path(name), content).unwrap();
    }
    let files = [
        "none.csv",
        "empty.csv",
        "words.csv",
        "short.csv",
        ".",
        "good.csv",
    ];
    let call = [&files[..], &["--model", "model.safetensors"]].concat();
    let (code, text, stderr) = outcome(stage.infer(&call));
    assert_eq!(code, 1);
    assert!(text.contains("good.csv: line 1"), "{text}");
    for part in [
        "none.csv: cannot be read",
        "empty.csv: holds no numbers",
        "words.csv: line 1, column 3: 'x' is not a number",
        "short.csv: line 2: holds 2 values",
        ".: is a folder; name its files",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let success_of_others = success(stage.infer(&["--version"]));
    assert!(success_of_others.starts_with("infer"));
}

/// 5, 6, 30, 0 are currents of 0.5, 0.6, 3 and 0: with a decay of 1/2 the membrane is at 0.5, 0.85, 3.425, where it
/// fires, and 0.7125. One spike against none.
#[test]
fn a_spiking_network_answers_and_its_spikes_are_drawn() {
    let stage = Stage::new();
    stage.spiking_signal_model("model.safetensors");
    std::fs::write(stage.path("eeg.csv"), "X1.V1.9,5,6,30,0,1\n").unwrap();
    let found = answers(&stage, "eeg.csv");
    assert!((found[0].1 - 1.0 / (1.0 + (-1.0f64).exp())).abs() < 1e-6);
    let call = ["eeg.csv", "--model", "model.safetensors"];
    let drawn = [&call[..], &["--rasters", "fired"]].concat();
    let (code, ..) = outcome(stage.infer(&drawn));
    assert_eq!(code, 0);
    let svg = std::fs::read_to_string(stage.path("fired/eeg-raster.svg")).unwrap();
    assert!(svg.contains("eeg.csv: X1.V1.9") && svg.contains("output (2 units)"));
    assert!(stage.path("fired/eeg-raster.png").exists());

    stage.signal_model("model.safetensors");
    let (code, _, stderr) = outcome(stage.infer(&drawn));
    assert_eq!(code, 2);
    assert!(stderr.contains("--rasters"), "{stderr}");
}
