//! The `kill` binary: trainings that are killed and resumed come out with the same bytes.
#![cfg(unix)]

use assert_cmd::Command;

fn kill(arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kill"));
    let output = command.args(arguments).output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.success(), stdout, stderr)
}

#[test]
fn thirty_kills_change_no_byte() {
    let (success, stdout, stderr) = kill(&["--kills", "30"]);
    assert!(success, "{stdout}\n{stderr}");
    assert!(stdout.contains("\n| all | 30 | 30 |"), "{stdout}");
}

#[test]
fn an_experiment_that_cannot_be_trained_is_refused_with_its_reason() {
    let (success, _, stderr) = kill(&["mnist-mlp --generated --epochs 0"]);
    assert!(!success);
    assert!(
        stderr.contains("error: train mnist-mlp --generated --epochs 0: "),
        "{stderr}"
    );
}
