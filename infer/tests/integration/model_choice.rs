//! Which model answers and on which device, and the help.

#[cfg(unix)]
use std::fs;

use crate::answers::json;
use crate::stage::{Stage, success};

#[test]
fn a_model_is_named_by_its_run_or_taken_from_the_newest() {
    let stage = Stage::new();
    stage.dot("a.png", 255);
    stage.dot_model("runs/first-1/model.safetensors", 1.0, |card| {
        card.experiment = "first".into()
    });
    stage.dot_model("runs/second-1/model.safetensors", 1.0, |card| {
        card.experiment = "second".into()
    });
    let experiment = |arguments: &[&str]| {
        let all = [&["a.png", "--json"], arguments].concat();
        json(&success(stage.infer(&all)))["model"]["experiment"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(experiment(&["--model", "first-1"]), "first");
    assert_eq!(experiment(&["--model", "runs/second-1"]), "second");
    assert_eq!(
        experiment(&["--model", "runs/second-1/model.safetensors"]),
        "second"
    );

    stage.write("runs/latest", "first-1\n");
    assert_eq!(experiment(&[]), "first");
    assert_eq!(experiment(&["--model", "latest"]), "first");

    #[cfg(unix)]
    {
        fs::remove_file(stage.path("runs/latest")).unwrap();
        std::os::unix::fs::symlink("second-1", stage.path("runs/latest")).unwrap();
        assert_eq!(experiment(&[]), "second");
    }
    fs::rename(stage.path("runs"), stage.path("elsewhere")).unwrap();
    assert_eq!(
        experiment(&["--runs", "elsewhere", "--model", "first-1"]),
        "first"
    );
}

#[test]
fn help_shows_examples_and_devices() {
    let stage = Stage::new();
    let help = success(stage.infer(&["--help"]));
    for part in ["Examples:", "Exit codes:", "--model", "infer scan.jpg"] {
        assert!(help.contains(part), "{part} is missing:\n{help}");
    }
    let devices = success(stage.infer(&["--device", "help"]));
    assert!(
        devices.contains("flex") && devices.contains("ndarray"),
        "{devices}"
    );
}

#[test]
fn every_cpu_backend_gives_the_same_answer() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    stage.digit("a.png", 6);
    let probability = |device: &str| {
        let arguments = [
            "a.png",
            "--model",
            "m.safetensors",
            "--json",
            "--device",
            device,
        ];
        let document = json(&success(stage.infer(&arguments)));
        assert!(
            document["model"]["device"]
                .as_str()
                .unwrap()
                .starts_with(device)
        );
        document["answers"][0]["probability"].as_f64().unwrap()
    };
    assert!((probability("flex") - probability("ndarray")).abs() < 1e-5);
}

/// A data set may be called as the built-in model or as a run is.
#[test]
fn a_folder_without_a_model_hides_none() {
    let stage = Stage::new();
    stage.dot("brain-tumor/glioma/a.png", 255);
    let arguments = ["brain-tumor", "--model", "brain-tumor", "--json"];
    let document = json(&success(stage.infer(&arguments)));
    assert_eq!(document["model"]["experiment"], "brain-tumor");

    stage.dot_model("runs/scans/model.safetensors", 1.0, |card| {
        card.experiment = "first".into()
    });
    stage.dot("scans/a.png", 255);
    let arguments = ["scans", "--model", "scans", "--json"];
    let document = json(&success(stage.infer(&arguments)));
    assert_eq!(document["model"]["experiment"], "first");
}
