//! What `train` says on the command line, to people and to programs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stage;

use std::fs;

use datasets::Preprocess;
use models::file;
use serde_json::Value;
use stage::Stage;

/// What is printed by a command that does not train: no error, nothing on stderr, no run.
fn printed(arguments: &str) -> String {
    let stage = Stage::new();
    let said = stage.trained(arguments);
    assert_eq!(said.stderr, "");
    assert!(!stage.path("runs").exists());
    said.stdout
}

#[test]
fn the_list_of_experiments() {
    insta::assert_snapshot!(printed("--list"));
}

#[test]
fn the_help() {
    insta::assert_snapshot!(printed("--help"));
    insta::assert_snapshot!("the_help_of_fetch", printed("fetch --help"));
    insta::assert_snapshot!("the_help_of_check", printed("check --help"));
}

#[test]
fn the_version() {
    let version = printed("--version");
    assert_eq!(version, format!("train {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_layers_of_the_convolutional_networks() {
    insta::assert_snapshot!("brain_tumor_cnn", printed("brain-tumor-cnn --summary"));
    insta::assert_snapshot!("mnist_cnn", printed("mnist-cnn --summary"));
}

#[test]
fn the_devices() {
    let help = printed("--device help");
    for name in ["auto", "flex", "ndarray"] {
        assert!(help.lines().any(|line| line.starts_with(name)), "{help}");
    }
}

/// `head` closes the pipe early.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let stage = Stage::new();
    for arguments in ["--list", "--help", "mnist-mlp --summary"] {
        let mut command = stage.std_command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn json_is_alone_on_standard_output() {
    let stage = Stage::new();
    let said = stage.trained(
        "mnist-mlp --generated --stand-ins 80 --epochs 2 --batch-size 16 --device ndarray --json",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["epochs"], 2);
    assert_eq!(result["device"], "ndarray (CPU)");
    let lines: Vec<_> = said.stderr.lines().collect();
    let epochs = lines
        .iter()
        .filter(|line| line.starts_with("epoch "))
        .count();
    assert_eq!(epochs, 2, "{lines:?}");
    assert!(
        said.stderr.contains("mnist-mlp: test accuracy"),
        "{lines:?}"
    );
}

#[test]
fn without_data_the_first_line_tells_of_stand_ins() {
    let stage = Stage::new();
    let said = stage.trained("mnist-mlp --epochs 1 --device flex");
    let first = said.stderr.lines().next().unwrap();
    assert!(first.contains("generated stand-ins"), "{first}");
    assert!(first.contains("train fetch"), "{first}");
    assert!(
        said.stdout.contains("generated stand-ins"),
        "{}",
        said.stdout
    );
    let result = stage.json("runs/latest/result.json");
    assert_eq!(result["data"]["generated"], true);
    let card = fs::read_to_string(stage.path("runs/latest/card.md")).unwrap();
    assert!(card.contains("generated stand-ins"), "{card}");
}

/// `train` alone is `train brain-tumor`, and its answers carry the notice wherever they go.
#[test]
fn the_default_experiment_carries_the_notice() {
    const NOTICE: &str = "Research and teaching only, not a medical device.";
    let stage = Stage::new();
    let said = stage.trained("--generated --stand-ins 40 --epochs 1 --device flex");
    assert!(said.stdout.contains(NOTICE), "{}", said.stdout);
    let run = stage.path("runs/brain-tumor-1");
    assert_eq!(
        stage.json("runs/brain-tumor-1/result.json")["notice"],
        NOTICE
    );
    let words = fs::read_to_string(run.join("card.md")).unwrap();
    assert!(words.contains(NOTICE), "{words}");
    let card = file::read_card::<Preprocess>(&run.join("model.safetensors")).unwrap();
    assert_eq!(card.notice.as_deref(), Some(NOTICE));
    // The pictures to try it on are there.
    for sample in stage.json("runs/brain-tumor-1/result.json")["samples"]
        .as_array()
        .unwrap()
    {
        assert!(stage.path(sample.as_str().unwrap()).is_file(), "{sample}");
    }
}

/// A rate of 1e-9 moves no answer, so the second epoch is no better than the first.
#[test]
fn early_stopping_stops() {
    let stage = Stage::new();
    let said = stage.trained(
        "mnist-mlp --generated --stand-ins 80 --epochs 20 --learning-rate 1e-9 --early-stop 1 --device flex --json",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&result["epochs"], &result["best_epoch"]),
        (&2.into(), &1.into())
    );
    assert_eq!(result["recipe"]["patience"], 1);
    assert_eq!(result["interrupted"], false);
    assert_eq!(stage.epochs("runs/mnist-mlp-1"), [1, 2]);

    // A run that has been stopped can still go on, and `latest` keeps naming it.
    stage.trained("--resume runs/latest --epochs 20 --early-stop 3 --device flex --no-tui");
    assert_eq!(stage.epochs("runs/mnist-mlp-1"), [1, 2, 3, 4]);
    assert_eq!(stage.json("runs/latest/result.json")["epochs"], 4);
}

#[test]
fn a_cosine_schedule_takes_the_experiments_peak() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 2 --schedule cosine --optimizer adamw --device flex --no-tui");
    let config = stage.json("runs/mnist-mlp-1/config.json");
    let experiment = train::experiments::find("mnist-mlp").unwrap();
    let other = &experiment.training().unwrap().other_recipe;
    let peak = other.as_ref().map(|recipe| recipe.learning_rate);
    assert_eq!(config["recipe"]["learning_rate"].as_f64(), peak);
    assert_eq!(config["recipe"]["schedule"], "cosine");
    assert_eq!(config["recipe"]["optimizer"], "adamw");
}
