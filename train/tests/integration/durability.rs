//! What a run survives: a second writer, refused commands, kills before the first checkpoint, disks that are full or gone.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stage::{Said, Stage, said};

const RUN: &str = "runs/mnist-mlp-1";
const SHORT: &str = "mnist-mlp --generated --stand-ins 200 --epochs 2 --device flex --no-tui";
/// A run whose evaluation is quick, for what happens in it.
const SMALL: &str = "autoencoder --generated --stand-ins 120 --epochs 2 --device flex --no-tui";
const CODES: &str = "runs/autoencoder-1";
const LONG: &str =
    "mnist-mlp --generated --stand-ins 600 --batch-size 16 --epochs 100000 --device flex --no-tui";

/// A `train` that is still running; killed at the end of the test.
struct Running(Child);

impl Running {
    fn start(stage: &Stage, arguments: &str) -> Self {
        let stderr = File::create(stage.path("stderr")).unwrap();
        let mut command = stage.std_command(arguments);
        command.stdout(Stdio::null()).stderr(stderr);
        Self(command.spawn().unwrap())
    }

    /// Waits until `reached`, which the process must live to see.
    fn wait_for(&mut self, reached: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(120);
        while !reached() {
            assert!(self.0.try_wait().unwrap().is_none(), "ended too early");
            assert!(Instant::now() < end, "nothing to see in time");
            sleep(Duration::from_millis(1));
        }
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for the end, and returns the exit code.
    fn code(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
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

/// Every file below a folder with its bytes, links with their targets.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                let target = fs::read_link(&path).unwrap().into_os_string();
                found.insert(path, target.into_encoded_bytes());
            } else if path.is_dir() {
                found.insert(path.clone(), Vec::new());
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The command failed with one line that contains `parts`.
fn assert_refused(said: &Said, what: &str, parts: &[&str]) {
    let Said { code, stderr, .. } = said;
    assert_ne!(*code, 0, "{what}: {stderr}");
    let errors: Vec<_> = stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{what}: {stderr}");
    assert!(!stderr.contains("internal error"), "{what}: {stderr}");
    for part in parts {
        assert!(
            errors[0].contains(part),
            "{what}: `{part}` is not in {errors:?}"
        );
    }
}

/// Copies the run `from` to `runs/<name>`.
fn copy(stage: &Stage, from: &str, name: &str) -> PathBuf {
    let (from, to) = (stage.path(from), stage.path("runs").join(name));
    for (path, bytes) in contents(&from) {
        let copied = to.join(path.strip_prefix(&from).unwrap());
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        match path.is_dir() {
            true => fs::create_dir_all(copied).unwrap(),
            false => fs::write(copied, bytes).unwrap(),
        }
    }
    to
}

/// Cuts off half of a file.
fn tear(path: &Path) {
    let whole = fs::read(path).unwrap();
    fs::write(path, &whole[..whole.len() / 2]).unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_second_writer_is_refused() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, LONG);
    let log = stage.path(RUN).join("log.jsonl");
    running.wait_for(|| log.exists());
    let said = stage.train(&format!("--resume {RUN} --no-tui"));
    assert_refused(
        &said,
        "second",
        &[RUN, "another process", "start a new run"],
    );
    assert_eq!(said.code, 1);
    assert!(running.0.try_wait().unwrap().is_none());

    // The lock dies with the process.
    running.kill();
    let mut resumed = Running::start(&stage, &format!("--resume {RUN} --no-tui"));
    let epochs = stage.epochs(RUN).len();
    resumed.wait_for(|| stage.epochs(RUN).len() > epochs);
}

/// What is damaged before a command that must be refused.
type Damage = fn(&Path);

/// Each command is refused with the given words, and leaves every file as it was.
const REFUSALS: &[(&str, Damage, &[&str])] = &[
    ("--seed 3", |_| {}, &["--seed"]),
    ("--hidden 30", |_| {}, &["--hidden"]),
    ("--optimizer sgd", |_| {}, &["--optimizer"]),
    ("--max-words 4", |_| {}, &["--max-words"]),
    ("--label-smoothing 0.1", |_| {}, &["--label-smoothing"]),
    ("--epochs 3 --device nowhere", |_| {}, &["nowhere"]),
    (
        "--epochs 3 --average-weights 0.9",
        |_| {},
        &["--average-weights 0.9", "leave it out"],
    ),
    ("--epochs 3 --weight-decay 0.1", |_| {}, &["weight"]),
    ("--learning-rate 0.5 --epochs 1", |_| {}, &["epochs"]),
    ("", |_| {}, &["complete", "--epochs"]),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| tear(&run.join("checkpoint/epoch-2/network.bpk")),
        &["epoch-2", "cannot be read"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| tear(&run.join("checkpoint/epoch-2/optimizer.bpk")),
        &["epoch-2", "cannot be read"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| replace(&run.join("split.csv"), ",train", ",test"),
        &["split.csv", "new run"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| {
            let config = run.join("config.json");
            replace(&config, "\"generated\": true", "\"generated\": false");
            replace(&config, "\"folder\": null", "\"folder\": \"vanished\"");
        },
        &["--data"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| replace(&run.join("config.json"), "mnist-mlp", "mnist-nothing"),
        &["mnist-nothing"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| replace(&run.join("config.json"), "mnist-mlp", "mnist-dropout"),
        &["epoch-2", "config.json", "new run"],
    ),
    (
        "--epochs 3 --learning-rate 0.5",
        |run| tear(&run.join("config.json")),
        &["config.json", "new run"],
    ),
];

#[test]
fn a_refused_resume_changes_no_byte() {
    let stage = Stage::new();
    stage.trained(SHORT);
    for (number, (arguments, damage, parts)) in REFUSALS.iter().enumerate() {
        let name = format!("refused-{number}");
        damage(&copy(&stage, RUN, &name));
        let before = contents(&stage.path("runs"));
        let mut command = stage.command(&format!("--resume runs/{name} --no-tui {arguments}"));
        command.env("HEBB_DATA", "nowhere");
        assert_refused(&said(command), &format!("{arguments} ({number})"), parts);
        assert!(
            before == contents(&stage.path("runs")),
            "{arguments} ({number})"
        );
    }
}

#[test]
fn averages_are_kept_by_a_run_that_has_them() {
    let stage = Stage::new();
    stage.trained(&format!("{SHORT} --average-weights 0.9"));
    let resume =
        |options: &str| stage.train(&format!("--resume {RUN} --no-tui --epochs 3 {options}"));
    let before = contents(&stage.path("runs"));
    let parts = ["--average-weights none", "0.9", "leave it out"];
    assert_refused(&resume("--average-weights none"), "none", &parts);
    assert!(before == contents(&stage.path("runs")));
    assert_eq!(resume("--average-weights 0.95").code, 0);
    let result = stage.json(&format!("{RUN}/result.json"));
    assert_eq!(result["recipe"]["average"], 0.95);
}

#[test]
fn processes_that_start_at_once_get_runs_of_their_own() {
    let stage = Stage::new();
    let mut all: Vec<_> = (0..4)
        .map(|_| Running::start(&stage, "mcculloch-pitts --no-tui"))
        .collect();
    for running in &mut all {
        assert_eq!(running.code(), Some(0));
    }
    for number in 1..=4 {
        let run = stage.path(&format!("runs/mcculloch-pitts-{number}"));
        assert!(run.join("config.json").exists() && run.join("result.json").exists());
    }
    assert_eq!(fs::read_dir(stage.path("runs")).unwrap().count(), 4);
}

#[test]
fn a_run_that_was_killed_before_its_first_checkpoint_starts_again() {
    let stage = Stage::new();
    stage.trained(SHORT);
    let again = stage.path("runs/mnist-mlp-2");
    let mut running = Running::start(&stage, SHORT);
    running.wait_for(|| again.exists());
    running.kill();
    assert!(again.join("config.json").exists());
    fs::write(again.join(".Ab12cD.partial"), "half of a fi").unwrap();
    stage.trained("--resume runs/mnist-mlp-2 --no-tui");
    for file in [
        "config.json",
        "split.csv",
        "predictions.csv",
        "mistakes.png",
    ] {
        let [first, second] =
            [&stage.path(RUN), &again].map(|run| fs::read(run.join(file)).unwrap());
        assert!(first == second, "{file}");
    }
    let names = |run: &Path| -> Vec<_> {
        let names = contents(run).into_keys();
        names
            .map(|name| name.strip_prefix(run).unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&again), names(&stage.path(RUN)));
}

/// Lets a run end where its training is done, as if it had been killed then.
fn forget_evaluation(stage: &Stage) {
    for file in [
        "result.json",
        "model.safetensors",
        "reconstructions.csv",
        "card.md",
    ] {
        fs::remove_file(stage.path(CODES).join(file)).unwrap();
    }
    fs::remove_file(stage.path("runs/latest")).unwrap();
}

/// No file may be larger than a limit, as under a quota: `split.csv` fails, then the model.
#[test]
fn a_full_disk_ends_a_run_with_one_line_and_it_goes_on_later() {
    let stage = Stage::new();
    stage.trained(SMALL);
    let expected = fs::read(stage.path(CODES).join("reconstructions.csv")).unwrap();
    for (kilobytes, file) in [(2, "split.csv"), (64, "model.safetensors")] {
        forget_evaluation(&stage);
        let before = contents(&stage.path(CODES).join("checkpoint"));
        let program = assert_cmd::cargo::cargo_bin!("train");
        let script = format!(
            "trap '' XFSZ; ulimit -f {kilobytes}; exec '{}' --resume {CODES} --no-tui",
            program.display()
        );
        let mut command = assert_cmd::Command::new("bash");
        command
            .args(["-c", &script])
            .current_dir(stage.path(""))
            .env("HEBB_DEVICE", "flex");
        let resume = format!("train --resume {CODES}");
        assert_refused(&said(command), file, &[file, "free some space", &resume]);
        assert!(!stage.path(CODES).join("result.json").exists());
        assert!(
            before == contents(&stage.path(CODES).join("checkpoint")),
            "{file}"
        );

        stage.trained(&format!("--resume {CODES} --no-tui"));
        assert!(expected == fs::read(stage.path(CODES).join("reconstructions.csv")).unwrap());
        assert!(stage.path("runs/latest/result.json").exists());
    }
}

/// Files that cannot be replaced, because a folder has their name: this binds the superuser as well.
#[test]
fn a_file_that_cannot_be_written_ends_a_run_with_one_line_and_it_goes_on_later() {
    let stage = Stage::new();
    stage.trained(SMALL);
    for file in [
        "reconstructions.csv",
        "model.safetensors",
        "card.md",
        "curves.svg",
        "result.json",
    ] {
        forget_evaluation(&stage);
        let path = stage.path(CODES).join(file);
        if path.exists() {
            fs::remove_file(&path).unwrap();
        }
        fs::create_dir(&path).unwrap();
        let said = stage.train(&format!("--resume {CODES} --no-tui"));
        assert_refused(&said, file, &[file, "folder", "train --resume"]);
        assert_eq!(said.code, 1);
        fs::remove_dir(&path).unwrap();
        stage.trained(&format!("--resume {CODES} --no-tui"));
        assert!(stage.path("runs/latest/result.json").exists());
    }
}

/// A new run that cannot even begin leaves nothing.
#[test]
fn a_folder_of_runs_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let runs = stage.path("runs");
    fs::create_dir(&runs).unwrap();
    fs::set_permissions(&runs, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(runs.join("probe"), "").is_ok() {
        eprintln!("permissions do not bind this user: a file takes the place of the folder");
        fs::remove_dir_all(&runs).unwrap();
        fs::write(&runs, "").unwrap();
    }
    assert_refused(&stage.train(SHORT), "runs", &["runs", "--out"]);
    if runs.is_dir() {
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 0);
        fs::set_permissions(&runs, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_run_whose_folder_vanishes_ends_and_goes_on_where_it_is_now() {
    let stage = Stage::new();
    let mut running = Running::start(&stage, LONG);
    running.wait_for(|| stage.epochs(RUN).len() >= 2);
    fs::rename(stage.path(RUN), stage.path("moved")).unwrap();
    assert_eq!(running.code(), Some(1));
    let stderr = fs::read_to_string(stage.path("stderr")).unwrap();
    let errors: Vec<_> = stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    assert!(errors[0].contains(RUN), "{errors:?}");
    assert!(!stage.path(RUN).exists());

    let done = stage.epochs("moved").len();
    stage.trained(&format!("--resume moved --epochs {} --no-tui", done + 1));
    assert_eq!(stage.epochs("moved").len(), done + 1);
}
