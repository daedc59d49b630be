//! Bad input, one line each: `train` must name it in one line, end with 1 (failed) or 2 (wrong
//! arguments), never with a panic, and leave no run behind. To add a case, add a line to a table.

mod arguments;
mod files;
mod stage;
mod studies;

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use self::arguments::ARGUMENTS;
#[cfg(not(feature = "cuda"))]
use self::arguments::NO_CUDA;
#[cfg(not(feature = "wgpu"))]
use self::arguments::NO_WGPU;
use self::files::{MNIST, PLACES, RUNS, SCANS};
use self::stage::{runs, stage, tables};
use self::studies::{NEURONS, STUDIES};
use crate::stage::{Said, Stage, said};

/// The arguments, the exit code, what the line must name.
type Case = (&'static str, i32, &'static [&'static str]);

/// Every file and folder below `runs`.
fn left_behind(stage: &Stage) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![stage.path("runs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            found.insert(path.display().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Every case of the table ends as it says.
fn check(stage: &Stage, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (arguments, expected, names) in cases {
        let before = left_behind(stage);
        let Said {
            code,
            stdout,
            stderr,
        } = stage.train(arguments);
        let line = stderr.trim_end().lines().last().unwrap_or_default();
        let errors = (stderr.lines().filter(|line| line.starts_with("error: "))).count();
        let missing: Vec<_> = names.iter().filter(|name| !line.contains(**name)).collect();
        let after = left_behind(stage);
        let changed: Vec<_> = before.symmetric_difference(&after).collect();
        let fine = code == *expected
            && stdout.is_empty()
            && line.starts_with("error: ")
            && errors == 1
            && !stderr.contains("panicked")
            && !stderr.contains("internal error")
            && missing.is_empty()
            && changed.is_empty();
        if !fine {
            wrong.push(format!(
                "train {arguments}\n  code {code}, expected {expected}; not named: {missing:?}; changed: {changed:?}\n  stdout: {stdout:?}\n  stderr: {stderr:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_good_ones_are_good() {
    let stage = stage();
    let said = stage.trained("mnist-mlp --data good --epochs 1 --device flex --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["data"]["generated"], false);
    assert_eq!(
        (
            &result["data"]["train"],
            &result["data"]["valid"],
            &result["data"]["test"]
        ),
        (&json!(30), &json!(10), &json!(10))
    );

    // Without --strict an unreadable picture is passed over, counted and named.
    let said = stage.trained("brain-tumor --data torn --epochs 1 --device flex --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["data"]["skipped"], 1);
    assert!(said.stderr.contains("no_tumor/torn.png"), "{}", said.stderr);
    let data = &result["data"];
    let used = ["train", "valid", "test"].map(|part| data[part].as_u64().unwrap());
    assert_eq!(used.iter().sum::<u64>(), 16);
}

#[test]
fn wrong_arguments() {
    check(&Stage::new(), ARGUMENTS);
}

#[test]
fn bad_studies() {
    let stage = Stage::new();
    for (name, content) in [
        ("good.csv", &b"1,2,a\n3,5,b\n"[..]),
        ("empty.csv", b""),
        ("narrow.csv", b"a\nb\n"),
        ("header.csv", b"width,height,kind\n"),
        ("words.csv", b"width,height,kind\n1,2,a\nwide,2,b\n"),
        ("nan.csv", b"1,2,a\n1,NaN,b\n"),
        ("huge.csv", b"1e300,2,a\n1,2,b\n"),
        ("ragged.csv", b"1,2,a\n1,b\n"),
        ("unlabelled.csv", b"1,2,a\n1,2,\n"),
        ("latin.csv", b"1,2,a\n1,2,\xe9\n"),
        ("one.csv", b"1,2,yes\n3,4,yes\n"),
        ("three.csv", b"1,2,a\n3,4,b\n5,6,c\n"),
        ("line.csv", b"1,a\n2,b\n"),
        ("same.csv", b"1,2,a\n1,2,b\n"),
        ("file", b"This is no folder.\n"),
    ] {
        stage.write(name, content);
    }
    check(&stage, STUDIES);
}

#[test]
fn bad_neurons() {
    let stage = Stage::new();
    let named = "time_ms,current_uA_per_cm2";
    for (name, content) in [
        ("headless.csv", "0,10\n1,20\n".to_owned()),
        ("unitless.csv", "time_ms,current\n0,10\n1,20\n".to_owned()),
        ("cell.csv", "time_ms,current_nA\n0,10\n1,20\n".to_owned()),
        ("backwards.csv", format!("{named}\n0,1\n2,1\n1,1\n")),
        ("gap.csv", format!("{named}\n0,1\n1,NaN\n")),
        ("hole.csv", format!("{named}\n0,1\n1,\n")),
        ("file", "This is no folder.\n".to_owned()),
    ] {
        stage.write(name, content);
    }
    check(&stage, NEURONS);
}

#[test]
fn bad_digits() {
    check(&stage(), MNIST);
}

#[test]
fn bad_scans() {
    let stage = stage();
    tables(&stage);
    check(&stage, SCANS);
}

#[test]
fn bad_runs() {
    let stage = stage();
    runs(&stage);
    check(&stage, RUNS);
}

#[test]
fn bad_places() {
    check(&stage(), PLACES);
}

/// Numbers that overflow are an error, not a model that nobody can load.
#[test]
fn a_training_that_diverges() {
    let arguments = "brain-tumor --normalization none --generated --stand-ins 80 --epochs 3 --batch-size 16 --optimizer sgd --learning-rate 1 --device flex --no-tui";
    check(
        &Stage::new(),
        &[(arguments, 1, &["epoch 1", "--learning-rate below 1"])],
    );
}

#[test]
fn devices_that_are_not_built_in() {
    let stage = Stage::new();
    #[cfg(not(feature = "wgpu"))]
    check(&stage, &[NO_WGPU]);
    #[cfg(not(feature = "cuda"))]
    check(&stage, &[NO_CUDA]);
    let _ = stage; // with every feature nothing is left to refuse
}

/// The folder of the environment counts like `--data`, and `--generated` counts more than both.
#[test]
fn the_data_folder_of_the_environment() {
    let stage = Stage::new();
    let with_data = |arguments: &str| {
        let mut command = stage.command(arguments);
        command.env("HEBB_DATA", "nowhere");
        said(command)
    };
    let said = with_data("mnist-mlp --epochs 1");
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("nowhere: no such folder"),
        "{}",
        said.stderr
    );
    assert!(left_behind(&stage).is_empty());
    let said = with_data("mnist-mlp --generated --stand-ins 80 --epochs 1 --device flex");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = with_data("fetch bogus");
    assert_eq!(said.code, 2);
}
