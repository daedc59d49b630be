//! Run folders and splits that the first version wrote are still accepted; `fixtures/README.md` says how they came
//! about.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stage::{Stage, json};
use serde_json::Value;

/// Largest accepted relative difference from a recorded figure: other instruction sets add up in another order.
const TOLERANCE: f64 = 1e-3;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            fs::copy(&path, copy).unwrap();
        }
    }
}

/// Every recorded value is found, numbers within [`TOLERANCE`].
fn assert_recorded(found: &Value, recorded: &Value, at: &str) {
    match recorded {
        Value::Object(fields) => {
            for (name, recorded) in fields {
                assert_recorded(&found[name], recorded, &format!("{at}/{name}"));
            }
        }
        Value::Number(number) => {
            let recorded = number.as_f64().unwrap();
            let found = found.as_f64();
            let is_close = |found: f64| (found - recorded).abs() <= TOLERANCE * recorded.abs();
            assert!(
                found.is_some_and(is_close),
                "{at}: {found:?} instead of {recorded}"
            );
        }
        recorded => assert_eq!(found, recorded, "{at}"),
    }
}

#[test]
fn a_run_of_the_first_version_is_resumed_with_the_same_figures() {
    let stage = Stage::new();
    let run = "runs/mnist-mlp-1";
    copy_folder(&fixture("run-v1"), &stage.path(run));
    assert_eq!(stage.epochs(run), [1, 2]);
    stage.trained(&format!("--resume {run} --epochs 3 --device flex --no-tui"));
    assert_eq!(stage.epochs(run), [1, 2, 3]);
    let result = stage.json(&format!("{run}/result.json"));
    assert_recorded(&result, &json(&fixture("run-v1-resumed.json")), "result");
}

/// The split is one fold of three, so that no other way of splitting gives the same.
#[test]
fn a_split_of_the_first_version_is_replayed() {
    let stage = Stage::new();
    let split = fixture("split-v1.csv");
    stage.trained(&format!(
        "brain-tumor-mlp --generated --stand-ins 60 --hidden 2 --epochs 1 --batch-size 8 --device flex --no-tui \
         --split {}",
        split.display()
    ));
    let result = stage.json("runs/brain-tumor-mlp-1/result.json");
    assert_eq!(result["data"]["split"], "file");
    let replayed = fs::read_to_string(stage.path("runs/brain-tumor-mlp-1/split.csv")).unwrap();
    assert_eq!(replayed, fs::read_to_string(split).unwrap());
}
