//! The `steps` binary, as another program uses it.

use assert_cmd::Command;
use serde_json::Value;

fn steps() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("steps"));
    command.env("HEBB_DEVICE", "flex");
    command
}

fn lines(command: &mut Command) -> Vec<Value> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_of_json_has_the_time_of_every_step() {
    let lines = lines(
        steps()
            .args(["mnist-cnn", "--batch", "2", "--threads", "1"])
            .args(["--steps", "3", "--warm-up", "1"]),
    );
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["network"], "mnist-cnn");
    assert_eq!(line["parameters"], 2_770_634);
    assert_eq!(line["batch"], 2);
    assert_eq!(line["threads"], 1);
    assert_eq!(line["warm_up"], 1);
    let seconds = line["seconds"].as_array().unwrap();
    assert_eq!(seconds.len(), 3);
    assert!(seconds.iter().all(|time| time.as_f64().unwrap() > 0.0));
    assert!(line["loss"].as_f64().unwrap().is_finite());
}

#[test]
fn each_line_of_the_input_is_a_turn() {
    let lines = lines(
        steps()
            .args(["mnist-mlp", "--batch", "4", "--turns"])
            .write_stdin("2\n1\n"),
    );
    let counts: Vec<_> = lines
        .iter()
        .map(|line| line["seconds"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn a_recording_is_read_two_samples_at_a_time() {
    let lines = lines(steps().args(["eeg-gru", "--batch", "2", "--steps", "1"]));
    assert_eq!(lines[0]["parameters"], 3 * 64 * (2 + 64 + 2) + 2 * 65);
    assert!(lines[0]["loss"].as_f64().unwrap().is_finite());
}

#[test]
fn an_unknown_network_is_refused_with_the_list() {
    let output = steps().arg("mnist-rnn").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("brain-tumor-cnn"), "{message}");
}
