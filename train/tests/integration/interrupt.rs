//! Runs that are stopped: by a signal, which saves, and by force, which must leave something to go on
//! from.

use std::fs;
use std::io::{PipeReader, Write};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::stage::running::Running;
use crate::stage::{self, Stage, said, table};
use burn::store::ModuleRecord;
use burn::tensor::Device;
use datasets::Preprocessing;
use models::file;

const RUN: &str = "runs/mnist-mlp-1";
const START: &str =
    "mnist-mlp --generated --stand-ins 600 --batch-size 16 --epochs 100000 --device flex --no-tui";

/// The finished epochs of the checkpoints that are not `.partial`; each must hold its parts.
fn whole_checkpoints(stage: &Stage) -> Vec<u64> {
    let mut epochs = Vec::new();
    for entry in fs::read_dir(stage.path(RUN).join("checkpoint")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let number = name.strip_prefix("epoch-").unwrap();
        if number.ends_with(".partial") {
            continue;
        }
        for part in ["network", "optimizer", "schedule"] {
            let size = fs::metadata(path.join(format!("{part}.bpk")))
                .unwrap()
                .len();
            assert!(size > 0, "{name}/{part}");
        }
        ModuleRecord::load(path.join("network.bpk")).unwrap();
        assert!(path.join("progress.cbor").is_file(), "{name}");
        let (epoch, _) = number.split_once("-batch-").unwrap_or((number, ""));
        epochs.push(epoch.parse().unwrap());
    }
    epochs.sort_unstable();
    epochs
}

fn has_checkpoint(stage: &Stage) -> bool {
    let entries = fs::read_dir(stage.path(RUN).join("checkpoint"));
    let mut paths = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    paths.any(|path| path.extension().is_none())
}

/// The log and the table hold epochs 1 to `last`, each once.
fn assert_epochs(stage: &Stage, last: u64) {
    let expected: Vec<u64> = (1..=last).collect();
    assert_eq!(stage.epochs(RUN), expected);
    let metrics = table(&stage.path(RUN).join("metrics.csv"));
    let column: Vec<u64> = metrics
        .iter()
        .map(|row| row["epoch"].parse().unwrap())
        .collect();
    assert_eq!(column, expected);
}

/// The epoch with the highest validation accuracy; the one with the lowest loss among equals.
fn best_epoch(stage: &Stage) -> u64 {
    let metrics = table(&stage.path(RUN).join("metrics.csv"));
    let figure = |row: usize, name: &str| metrics[row][name].parse::<f64>().unwrap();
    let figures = |row: usize| (figure(row, "valid_accuracy"), -figure(row, "valid_loss"));
    let best = (0..metrics.len()).fold(0, |best, row| {
        if figures(row) > figures(best) {
            row
        } else {
            best
        }
    });
    best as u64 + 1
}

/// Goes on for `more` epochs to the end, and checks what is there then.
fn finish(stage: &Stage, more: u64) {
    let last = whole_checkpoints(stage)
        .last()
        .copied()
        .expect("a whole checkpoint");
    let all = last + more;
    let mut command = stage.command(&format!(
        "--resume {RUN} --epochs {all} --device flex --no-tui"
    ));
    command.env("HEBB_DATA", "elsewhere"); // where a new run would look
    let said = said(command);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let config = stage.json(&format!("{RUN}/config.json"));
    assert!(config["data"]["folder"].is_null(), "{config}");
    let first = said.stderr.lines().find(|line| line.starts_with("epoch "));
    let expected = format!("epoch {}/{all} ", last + 1);
    assert!(
        first.is_some_and(|line| line.starts_with(&expected)),
        "{first:?}"
    );

    assert_epochs(stage, all);
    let result = stage.json(&format!("{RUN}/result.json"));
    assert_eq!(result["interrupted"], false);
    assert_eq!(result["epochs"], all);
    assert_eq!(result["best_epoch"], best_epoch(stage));
    let kept = whole_checkpoints(stage);
    assert!(
        kept.contains(&all) && kept.contains(&best_epoch(stage)),
        "{kept:?}"
    );
    assert!(!stage.path("runs/mnist-mlp-2").exists());
    load(stage);
}

fn load(stage: &Stage) {
    let model = stage.path(RUN).join("model.safetensors");
    file::load::<Preprocessing>(&model, &Device::flex()).unwrap();
}

#[test]
fn ctrl_c_saves_and_the_run_goes_on_where_it_stopped() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, START);
    running.wait_for("two epochs", || stage.epochs(RUN).len() >= 2);
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));

    let result = stage.json(&format!("{RUN}/result.json"));
    let epochs = result["epochs"].as_u64().unwrap();
    assert_eq!(result["interrupted"], true);
    assert_eq!(result["best_epoch"], best_epoch(&stage));
    assert!(epochs >= 2);
    assert_epochs(&stage, epochs);
    assert_eq!(whole_checkpoints(&stage).last(), Some(&epochs));
    load(&stage);
    let said = fs::read_to_string(stage.path("stderr")).unwrap();
    assert_eq!(
        said.matches("interrupted: saving a checkpoint").count(),
        1,
        "{said}"
    );
    let card = fs::read_to_string(stage.path(RUN).join("card.md")).unwrap();
    assert!(card.contains("interrupted"), "{card}");

    // Not on other data.
    let split = stage.path(RUN).join("split.csv");
    let record = fs::read_to_string(&split).unwrap();
    fs::write(&split, record.replacen(",train", ",test", 1)).unwrap();
    let said = stage.train(&format!("--resume {RUN} --no-tui"));
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("split.csv") && said.stderr.contains("start a new run"),
        "{}",
        said.stderr
    );
    fs::write(&split, record).unwrap();

    finish(&stage, 2);
}

#[test]
fn ctrl_c_in_the_first_epoch_still_leaves_a_model() {
    let stage = Stage::new();
    let mut running = Running::start(
        &stage,
        "mnist-cnn --generated --stand-ins 20000 --batch-size 4 --epochs 3 --checkpoint-every 5 --device flex --no-tui",
    );
    let run = stage.path("runs/mnist-cnn-1");
    running.wait_for("a checkpoint", || {
        let entries = fs::read_dir(run.join("checkpoint")).into_iter().flatten();
        let mut names = entries.map(|entry| entry.unwrap().path());
        names.any(|path| path.extension().is_none())
    });
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));
    let result = stage.json("runs/mnist-cnn-1/result.json");
    assert_eq!(result["interrupted"], true);
    assert_eq!(
        (&result["epochs"], &result["best_epoch"]),
        (&0.into(), &0.into())
    );
    file::load::<Preprocessing>(&run.join("model.safetensors"), &Device::flex()).unwrap();

    let mut kept = fs::read_dir(run.join("checkpoint")).unwrap();
    let kept = kept.next().unwrap().unwrap().file_name();
    assert!(
        kept.to_str().unwrap().starts_with("epoch-0-batch-"),
        "{kept:?}"
    );
}

#[test]
fn a_killed_run_has_whole_checkpoints_and_goes_on() {
    let stage = Stage::new();
    let mut arguments = START.to_owned();
    for round in 0..4 {
        let before = stage.epochs(RUN).len();
        let mut running = Running::start(&stage, &arguments);
        let log = stage.path(RUN).join("log.jsonl");
        running.wait_for("more epochs", || {
            log.exists() && stage::epochs(&log).len() >= before + 3
        });
        // Not always at the same place of an epoch.
        sleep(Duration::from_millis(7 * round));
        running.signal("-KILL");
        assert!(running.ended().code().is_none());

        let last = whole_checkpoints(&stage)
            .last()
            .copied()
            .expect("a whole checkpoint");
        let logged = stage.epochs(RUN);
        assert!(logged.len() as u64 >= last, "{logged:?}, checkpoint {last}");
        arguments = format!("--resume {RUN} --epochs 100000 --device flex --no-tui");
    }
    finish(&stage, 2);
}

#[test]
fn every_signal_saves_and_has_its_exit_code() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let stage = Stage::new();
        let mut running = Running::start(&stage, START);
        running.wait_for("two epochs", || stage.epochs(RUN).len() >= 2);
        running.signal(signal);
        assert_eq!(running.ended().code(), Some(code));
        let result = stage.json(&format!("{RUN}/result.json"));
        assert_eq!(result["interrupted"], true);
        assert_eq!(
            whole_checkpoints(&stage).last(),
            result["epochs"].as_u64().as_ref()
        );
        load(&stage);
    }
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, START);
    running.wait_for("a checkpoint", || has_checkpoint(&stage));
    running.signal_twice();
    assert_eq!(running.ended().code(), Some(143));
    assert!(!stage.path(RUN).join("result.json").exists());
    finish(&stage, 2);
}

#[test]
fn a_signal_while_data_are_loaded_ends_the_process_at_once() {
    let stage = Stage::new();
    // Drawing so many takes a hundred times as long as seeing that it has begun.
    let arguments = "mnist-mlp --generated --stand-ins 50000 --no-tui";
    let mut running = Running::start(&stage, arguments);
    let config = stage.path(RUN).join("config.json");
    running.wait_for("the configuration", || config.exists());
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));
    assert!(!stage.path(RUN).join("checkpoint").exists());
    let said = fs::read_to_string(stage.path("stderr")).unwrap();
    let hint = format!("interrupted; `train --resume {RUN}` finishes the run");
    assert_eq!(said.lines().last(), Some(&*hint), "{said}");
}

#[test]
fn a_signal_in_a_study_ends_the_process_at_once() {
    let stage = Stage::new();
    let points = stage.path("points.csv");
    let made = Command::new("mkfifo").arg(&points).status();
    assert!(made.unwrap().success());
    let mut running = Running::start(&stage, "perceptron --csv points.csv");
    // Opens once the process reads.
    let pipe = fs::OpenOptions::new().write(true).open(&points).unwrap();
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    drop(pipe);
    let said = fs::read_to_string(stage.path("stderr")).unwrap();
    assert_eq!(said.lines().last(), Some("interrupted"), "{said}");
}

#[test]
fn a_signal_after_the_training_ends_the_process_at_once() {
    let stage = Stage::new();
    let arguments = "mnist-mlp --generated --stand-ins 200 --epochs 2 --json --no-tui";
    let (mut running, unread) = start_unread(&stage, arguments);
    let result = stage.path(RUN).join("result.json");
    running.wait_for("the result", || result.exists());
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    drop(unread);
    assert_eq!(
        stage.json(&format!("{RUN}/result.json"))["interrupted"],
        false
    );
    let said = fs::read_to_string(stage.path("stderr")).unwrap();
    assert!(
        said.contains(&format!("`train --resume {RUN}` finishes the run")),
        "{said}"
    );
}

#[test]
fn a_second_signal_ends_a_process_whose_output_nobody_reads() {
    let stage = Stage::new();
    let (mut running, unread) = start_unread(&stage, START);
    running.wait_for("two epochs", || stage.epochs(RUN).len() >= 2);
    running.signal("-INT");
    let result = stage.path(RUN).join("result.json");
    running.wait_for("the result", || result.exists());
    running.signal("-HUP"); // does not count
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    drop(unread);
}

#[test]
fn an_interrupted_run_prints_its_result_as_json() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, &format!("{START} --json"));
    running.wait_for("two epochs", || stage.epochs(RUN).len() >= 2);
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    assert_eq!(
        stage.json("stdout"),
        stage.json(&format!("{RUN}/result.json"))
    );
}

/// `nohup` asks a program to ignore SIGHUP.
#[test]
fn a_run_that_is_to_ignore_hang_ups_does() {
    let stage = Stage::new();
    let mut command = stage.std_command(START);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Running::spawn(command, libc::SIG_IGN);
    running.wait_for("two epochs", || stage.epochs(RUN).len() >= 2);
    running.signal("-HUP");
    let before = stage.epochs(RUN).len();
    running.wait_for("more epochs", || stage.epochs(RUN).len() >= before + 3);
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));
}

#[test]
fn a_signal_in_a_fold_ends_the_whole_command() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, &format!("{START} --folds 3"));
    let fold = format!("{RUN}/fold-1");
    running.wait_for("two epochs", || stage.epochs(&fold).len() >= 2);
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    assert_eq!(
        stage.json(&format!("{RUN}/result.json"))["interrupted"],
        true
    );
    assert_eq!(
        stage.json(&format!("{fold}/result.json"))["interrupted"],
        true
    );
    assert!(!stage.path(RUN).join("fold-2").exists());
}

/// Wherever the signal comes: in the evaluation of a fold, between two, in the training of the next.
#[test]
fn a_signal_after_a_fold_ends_the_whole_command() {
    let stage = Stage::new();
    let mut running = Running::start(
        &stage,
        "mnist-mlp --generated --stand-ins 600 --batch-size 16 --epochs 30 --folds 3 --device flex --no-tui",
    );
    let log = stage.path(RUN).join("fold-1/log.jsonl");
    running.wait_for("the first fold", || {
        log.exists() && stage::epochs(&log).len() == 30
    });
    running.signal("-TERM");
    assert_eq!(running.ended().code(), Some(143));
    assert!(!stage.path(RUN).join("fold-3").exists());
}

#[test]
fn a_signal_ends_the_comparison_of_optimizers() {
    let stage = Stage::new();
    let mut running = Running::start(
        &stage,
        "compare-optimizers mnist-mlp --generated --stand-ins 600 --epochs 100000 --device flex --json",
    );
    let run = "runs/compare-mnist-mlp-1";
    running.wait_for("two epochs", || {
        stage.epochs(&format!("{run}/sgd")).len() >= 2
    });
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));
    let result = stage.json(&format!("{run}/result.json"));
    assert_eq!(result["interrupted"], true);
    assert_eq!(result["optimizers"].as_array().unwrap().len(), 1);
    assert_eq!(stage.json("stdout"), result);
}

#[test]
fn a_signal_ends_a_study_of_several_networks() {
    for (study, first) in [("overfitting", "too-small"), ("dying-relu", "relu")] {
        let stage = Stage::new();
        let arguments =
            format!("{study} --generated --stand-ins 300 --epochs 100000 --device flex");
        let mut running = Running::start(&stage, &arguments);
        let run = format!("runs/{study}-1");
        running.wait_for("two epochs", || {
            stage.epochs(&format!("{run}/{first}")).len() >= 2
        });
        running.signal("-INT");
        let ended = running.ended();
        assert_eq!(ended.code(), Some(130), "{study}");
        let folders = fs::read_dir(stage.path(&run)).unwrap();
        let folders = folders.filter(|entry| entry.as_ref().unwrap().path().is_dir());
        assert_eq!(folders.count(), 1, "{study}");
    }
}

#[test]
fn a_signal_ends_the_training_without_the_penalty() {
    let stage = Stage::new();
    let mut running = Running::start(
        &stage,
        "autoencoder-sparse --generated --stand-ins 200 --epochs 60 --device flex --no-tui",
    );
    let run = "runs/autoencoder-sparse-1";
    running.wait_for("the second training", || {
        !stage.epochs(&format!("{run}/without-penalty")).is_empty()
    });
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(130));
    let result = stage.json(&format!("{run}/result.json"));
    assert_eq!(result["interrupted"], true);
    assert!(result["unpenalized"].is_null());
}

/// Starts `train` with a standard output that is full and that nobody reads.
fn start_unread(stage: &Stage, arguments: &str) -> (Running, PipeReader) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filling = writer.try_clone().unwrap();
    // Ends with an error when the reader is dropped.
    std::thread::spawn(move || filling.write_all(&[b'.'; 1 << 20]));
    let mut command = stage.std_command(arguments);
    command
        .stdout(writer)
        .stderr(fs::File::create(stage.path("stderr")).unwrap());
    (Running::spawn(command, libc::SIG_DFL), reader)
}
