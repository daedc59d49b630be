//! The figures of tiny runs, compared with committed ones.
//!
//! `bench/golden` compares the bits on one machine; these figures hold for every instruction set, to 1e-3.
//! After a change that alters them on purpose: `UPDATE_GOLDEN=1 cargo test -p train --test integration experiments`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Largest accepted difference, relative to figures larger than 1.
const TOLERANCE: f64 = 1e-3;

/// Names of figures that depend on the machine or the clock, or that a single example can move by more than
/// [`TOLERANCE`]: resampled intervals, and everything that counts or ranks predictions.
const LEFT_OUT: [&str; 13] = [
    "seconds",
    "peak_memory",
    "interval",
    "accuracy",
    "error_rate",
    "confusion",
    "reliability",
    "risk_coverage",
    "per_class",
    "macro_",
    "calibration",
    "auroc",
    "format",
];

fn file(experiment: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    folder.join(format!("{experiment}.json"))
}

/// Collects every number of `value` that is compared, by its path.
fn collect(value: &Value, path: &str, figures: &mut BTreeMap<String, f64>) {
    if LEFT_OUT.iter().any(|name| path.contains(name)) {
        return;
    }
    match value {
        Value::Number(number) => {
            figures.extend(number.as_f64().map(|number| (path.to_owned(), number)));
        }
        Value::Array(items) => {
            // At most 16 evenly spaced values of a long array, such as a sampled curve.
            let every = items.len().div_ceil(16).max(1);
            for (index, item) in items.iter().enumerate().step_by(every) {
                collect(item, &format!("{path}/{index}"), figures);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                collect(field, &format!("{path}/{key}"), figures);
            }
        }
        _ => {}
    }
}

/// Compares the figures of a run's `result.json` with the committed ones of its experiment.
pub fn check(experiment: &str, result: &Value) {
    let mut found = BTreeMap::new();
    collect(result, "", &mut found);
    let file = file(experiment);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let rounded: BTreeMap<_, f64> = found
            .iter()
            .map(|(path, figure)| (path, format!("{figure:.6e}").parse().unwrap()))
            .collect();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(
            &file,
            serde_json::to_string_pretty(&rounded).unwrap() + "\n",
        )
        .unwrap();
        return;
    }
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let expected: BTreeMap<String, f64> = serde_json::from_str(&text).unwrap();
    assert!(
        found.keys().eq(expected.keys()),
        "{experiment}: other figures than in {}",
        file.display()
    );
    for (path, expected) in expected {
        let difference = (found[&path] - expected).abs() / expected.abs().max(1.0);
        assert!(
            difference <= TOLERANCE,
            "{experiment}{path}: {} instead of {expected}",
            found[&path],
        );
    }
}
