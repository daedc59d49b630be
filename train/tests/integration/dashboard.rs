//! Burn's dashboard on a pseudo-terminal: keys, signals, another size, a terminal that is closed.

use crate::stage::Stage;
use crate::stage::pseudo_terminal::{ROWS, Terminal};

const RUN: &str = "runs/mnist-mlp-1";
const START: &str =
    "mnist-mlp --generated --stand-ins 600 --batch-size 16 --epochs 100000 --device flex";

/// Starts a training, and waits until the dashboard reads keys and two epochs are done.
fn start(stage: &Stage) -> Terminal {
    let mut terminal = Terminal::start(stage, START);
    terminal.wait_for_dashboard();
    terminal.wait_for("two epochs", |_| stage.epochs(RUN).len() >= 2);
    terminal
}

/// Checks a run that was ended with all that it had until then.
fn assert_saved(stage: &Stage) {
    let result = stage.json(&format!("{RUN}/result.json"));
    assert_eq!(result["interrupted"], true);
    assert!(result["epochs"].as_u64().unwrap() >= 2);
    assert!(stage.path(RUN).join("model.safetensors").exists());
    let checkpoints = std::fs::read_dir(stage.path(RUN).join("checkpoint")).unwrap();
    let mut names = checkpoints.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("epoch-") && !name.ends_with(".partial")));
}

#[test]
fn ctrl_c_saves() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    terminal.press("\x03");
    assert_eq!(terminal.ended(), 130);
    terminal.assert_restored();
    let (after, on) = terminal.after_and_on_dashboard();
    assert!(!on.contains("interrupted"), "{on:?}");
    assert_eq!(
        after.matches("interrupted: evaluating").count(),
        1,
        "{after:?}"
    );
    assert!(after.contains("The training was interrupted"), "{after:?}");
    assert_saved(&stage);
}

#[test]
fn q_saves() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    terminal.press("qs");
    assert_eq!(terminal.ended(), 130);
    terminal.assert_restored();
    let (after, on) = terminal.after_and_on_dashboard();
    assert!(!on.contains("interrupted"), "{on:?}");
    assert!(after.contains("The training was interrupted"), "{after:?}");
    assert_saved(&stage);
}

#[test]
fn q_and_k_quits_at_once() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    terminal.press("qk");
    assert_eq!(terminal.ended(), 130);
    terminal.assert_restored();
    let (after, _) = terminal.after_and_on_dashboard();
    let hint = format!("interrupted; `train --resume {RUN}` finishes the run");
    assert_eq!(after.lines().last(), Some(&*hint), "{after:?}");
    assert!(
        !after.contains("killed") && !after.contains("internal error"),
        "{after:?}"
    );
    assert!(!stage.path(RUN).join("result.json").exists());
}

#[test]
fn a_second_signal_restores_the_terminal() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    terminal.train.signal_twice();
    assert_eq!(terminal.ended(), 143);
    terminal.assert_restored();
    assert!(!stage.path(RUN).join("result.json").exists());
}

#[test]
fn a_terminal_of_another_size_is_drawn_anew() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    let before = terminal.screen.len();
    terminal.resize(ROWS + 20);
    // The cursor goes to a row that there was not before.
    let row = format!("\x1b[{};", ROWS + 19);
    terminal.wait_for("the new size", |screen| {
        String::from_utf8_lossy(&screen[before..]).contains(&row)
    });
    let epochs = stage.epochs(RUN).len();
    terminal.wait_for("more epochs", |_| stage.epochs(RUN).len() >= epochs + 2);
    terminal.press("\x03");
    assert_eq!(terminal.ended(), 130);
    terminal.assert_restored();
}

#[test]
fn a_terminal_that_is_closed_saves() {
    let stage = Stage::new();
    let mut terminal = start(&stage);
    terminal.close();
    assert_eq!(terminal.ended(), 129);
    assert_saved(&stage);
}

#[test]
fn a_training_that_ends_restores_the_terminal() {
    let stage = Stage::new();
    let arguments = "mnist-mlp --generated --stand-ins 200 --epochs 2 --device flex";
    let mut terminal = Terminal::start(&stage, arguments);
    assert_eq!(terminal.ended(), 0);
    terminal.assert_restored();
    let (after, _) = terminal.after_and_on_dashboard();
    assert!(after.contains("kept epoch"), "{after:?}");
}
