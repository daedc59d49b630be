//! Runs that are stopped: by Ctrl-C, which saves, and by force, which must leave something to go on
//! from.

#![cfg(unix)]

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stage::{self, Stage, said, table};
use burn::store::ModuleRecord;
use burn::tensor::Device;
use datasets::Preprocessing;
use models::file;

const RUN: &str = "runs/mnist-mlp-1";
const START: &str =
    "mnist-mlp --generated --stand-ins 600 --batch-size 16 --epochs 100000 --device flex --no-tui";

/// A `train` that is still running; stopped by force at the end of a test that fails.
struct Running(Child);

impl Running {
    fn start(stage: &Stage, arguments: &str) -> Self {
        let log = File::create(stage.path("stderr")).unwrap();
        let mut command = stage.std_command(arguments);
        command.stdout(Stdio::null()).stderr(log);
        Self(command.spawn().unwrap())
    }

    /// Waits until `reached`, which the process must live to see.
    fn wait_for(&mut self, what: &str, reached: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(120);
        while !reached() {
            assert!(self.0.try_wait().unwrap().is_none(), "ended before {what}");
            assert!(Instant::now() < end, "no {what} in time");
            sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "does not end");
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long since.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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
    assert_eq!(running.ended().code(), Some(0));

    let result = stage.json(&format!("{RUN}/result.json"));
    let epochs = result["epochs"].as_u64().unwrap();
    assert_eq!(result["interrupted"], true);
    assert_eq!(result["best_epoch"], best_epoch(&stage));
    assert!(epochs >= 2);
    assert_epochs(&stage, epochs);
    assert_eq!(whole_checkpoints(&stage).last(), Some(&epochs));
    load(&stage);
    let said = fs::read_to_string(stage.path("stderr")).unwrap();
    assert!(said.contains("interrupted: saving"), "{said}");
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
        "mnist-cnn --generated --stand-ins 20000 --batch-size 4 --epochs 3 --device flex --no-tui",
    );
    let run = stage.path("runs/mnist-cnn-1");
    running.wait_for("training", || run.join("checkpoint").exists());
    sleep(Duration::from_millis(300)); // the handler comes right after the folder
    running.signal("-INT");
    assert_eq!(running.ended().code(), Some(0));
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
