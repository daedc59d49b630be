//! The `neurons` binary, as another program uses it.

use assert_cmd::Command;
use serde_json::Value;

fn lines(arguments: &[&str], stdin: &str) -> Vec<Value> {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("neurons"));
    let output = command.args(arguments).write_stdin(stdin).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One neuron, four and more are computed in different ways; under 10 uA/cm2 each fires at 1.9 and 16.8 ms.
#[test]
fn a_line_of_json_has_the_time_and_the_spikes() {
    for neurons in ["1", "4", "33"] {
        let lines = lines(&[neurons, "--threads", "1", "--duration", "20"], "");
        let [line] = &lines[..] else {
            panic!("{lines:?}");
        };
        let count: u64 = neurons.parse().unwrap();
        assert_eq!(line["neurons"], count);
        assert_eq!(line["threads"], 1);
        assert_eq!(line["neuron_steps"], 2000 * count);
        assert_eq!(line["spikes"], 2);
        assert!(line["seconds"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn every_line_of_standard_input_is_a_turn() {
    let lines = lines(&["2", "--turns"], "5\n10\n");
    let durations: Vec<_> = lines.iter().map(|line| &line["duration_ms"]).collect();
    assert_eq!(durations, [5.0, 10.0]);
}
