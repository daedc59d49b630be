//! The tests of `bench/compare`, which are in its own language.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn the_tests_of_compare_pass() {
    let Ok(output) = Command::new("python3")
        .args(["-B", "test_compare.py"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
    else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
}
