//! The tests of `bench/compare` and `bench/compare-neurons`, which are in their own language.
#![cfg(unix)]

use std::process::Command;

#[test]
fn the_tests_of_compare_pass() {
    passes("test_compare.py");
}

#[test]
fn the_tests_of_compare_neurons_pass() {
    passes("test_compare_neurons.py");
}

fn passes(script: &str) {
    let Ok(output) = Command::new("python3")
        .args(["-B", script])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
    else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
}
