//! Every experiment that trains a network: killed within an epoch and at the end of one, and resumed, it comes out with
//! the same bytes.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bench::kill::compare::Contents;
use tempfile::TempDir;
use train::experiments::{Experiment, Kind, all};

/// Longest time until a checkpoint appears.
const LIMIT: Duration = Duration::from_secs(300);

/// A small training of an experiment.
struct Training<'a> {
    experiment: &'a Experiment,
    folder: TempDir,
}

impl<'a> Training<'a> {
    fn of(experiment: &'a Experiment) -> Self {
        Self {
            experiment,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Returns `train` with arguments, in the folder of this training.
    fn train(&self, arguments: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kill"));
        command
            .arg("train")
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .env_remove("HEBB_DATA")
            .env("HEBB_DEVICE", "flex")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    fn start(&self) -> Command {
        let name = self.experiment.name;
        let count = match name {
            // Three recordings of each of five kinds, 23 segments each.
            _ if name.starts_with("eeg-") => 345,
            // Large convolutions take their time.
            _ if name.starts_with("brain-tumor") => 40,
            _ => 80,
        };
        self.train(&format!(
            "{name} --generated --stand-ins {count} --epochs {} --batch-size 16 --checkpoint-every 1 --seed 3 --no-tui",
            self.epochs()
        ))
    }

    fn resume(&self) -> Command {
        self.train(&format!(
            "--resume runs/{}-1 --no-tui",
            self.experiment.name
        ))
    }

    fn epochs(&self) -> usize {
        match self.experiment.name.starts_with("brain-tumor") {
            true => 2,
            false => 4,
        }
    }

    fn finish(&self, mut command: Command) {
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", self.experiment.name);
    }

    /// Runs a command until a checkpoint appears whose name starts with `position`, and kills it.
    fn kill_at(&self, mut command: Command, position: &str) {
        let name = self.experiment.name;
        let checkpoints = self.folder.path().join(format!("runs/{name}-1/checkpoint"));
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while !has(&checkpoints, position) {
            let status = child.try_wait().unwrap();
            assert!(
                status.is_none(),
                "{name} ended before {position}: {status:?}"
            );
            assert!(
                started.elapsed() < LIMIT,
                "{name}: no checkpoint {position}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(
            status.code().is_none(),
            "{name} ended at {position}: {status:?}"
        );
    }

    fn contents(&self) -> Contents {
        Contents::read(&self.folder.path().join("runs")).unwrap()
    }
}

/// Returns whether a folder of checkpoints has a complete one whose name starts with `position`.
fn has(checkpoints: &Path, position: &str) -> bool {
    let entries = fs::read_dir(checkpoints).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.starts_with(position) && !name.ends_with(".partial"))
}

#[test]
fn every_experiment_is_resumed_with_the_same_bytes() {
    for experiment in all() {
        let Kind::Training(_) = &experiment.kind else {
            continue;
        };
        println!("{}", experiment.name);
        let whole = Training::of(&experiment);
        whole.finish(whole.start());

        let killed = Training::of(&experiment);
        let last = killed.epochs() / 2;
        killed.kill_at(killed.start(), &format!("epoch-{}-batch-", last - 1));
        killed.kill_at(killed.resume(), &format!("epoch-{last}"));
        killed.finish(killed.resume());
        let differences = killed.contents().differences(&whole.contents());
        assert!(
            differences.is_empty(),
            "{}: {}",
            experiment.name,
            differences.join("\n")
        );
    }
}
