//! What a process was doing when it was killed, as its run folder shows.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::faults::Hit;

/// How far the times of files may be behind the clock: the kernel takes them from its last tick.
const CLOCK: Duration = Duration::from_millis(10);

/// What a process was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Starting, before there was a run folder.
    Starting,
    /// Reading and splitting the data, or starting to resume.
    Loading,
    /// Taking steps or validating.
    Training,
    /// Writing or deleting a checkpoint, or the log.
    Checkpoint,
    /// Training or evaluating a fold of a cross-validation.
    Fold,
    /// Evaluating the best network.
    Evaluation,
    /// Writing the model, tables, pictures and `result.json`.
    Reports,
    /// Pointing `latest` to the run, or ending.
    Latest,
}

impl Moment {
    /// Every moment, in the order of a run.
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Loading,
        Self::Training,
        Self::Checkpoint,
        Self::Fold,
        Self::Evaluation,
        Self::Reports,
        Self::Latest,
    ];

    /// Returns a description for the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Loading => "reading and splitting the data",
            Self::Training => "steps and validation",
            Self::Checkpoint => "writing a checkpoint or the log",
            Self::Fold => "a fold of a cross-validation",
            Self::Evaluation => "evaluation",
            Self::Reports => "writing model, tables and pictures",
            Self::Latest => "setting `latest`, ending",
        }
    }
}

/// Returns what the process was doing that was started at `started` and wrote into `run`; `hit` is the system call at
/// which it was killed, if it was killed at one.
pub fn of(run: &Path, started: SystemTime, hit: Option<&Hit>, epochs: usize) -> Moment {
    let names = |name: &str| hit.is_some_and(|hit| hit.path.iter().any(|part| part == name));
    if !run.exists() {
        return Moment::Starting;
    }
    if is_new(&run.join("result.json"), started) {
        return Moment::Latest;
    }
    if is_new(&run.join("model.safetensors"), started) {
        return Moment::Reports;
    }
    if run.join("fold-1").is_dir() {
        return Moment::Fold;
    }
    if names("checkpoint") || names("log.jsonl") || names("metrics.csv") {
        return Moment::Checkpoint;
    }
    if !is_new(&run.join("split.csv"), started) {
        return Moment::Loading;
    }
    let checkpoints = names_in(&run.join("checkpoint"));
    if hit.is_none() && checkpoints.iter().any(|name| name.ends_with(".partial")) {
        return Moment::Checkpoint;
    }
    match checkpoints.contains(&format!("epoch-{epochs}")) {
        true if hit.is_some() => Moment::Reports,
        true => Moment::Evaluation,
        // Steps and validation change no file.
        false if hit.is_some() => Moment::Checkpoint,
        false => Moment::Training,
    }
}

/// Returns when the newest complete checkpoint of a run was written.
pub fn last_checkpoint(run: &Path) -> Option<SystemTime> {
    let folder = run.join("checkpoint");
    let names = names_in(&folder);
    let complete = names.iter().filter(|name| !name.ends_with(".partial"));
    complete
        .flat_map(|name| {
            let folder = folder.join(name);
            let files = names_in(&folder).into_iter();
            files.filter_map(move |file| modified(&folder.join(file)))
        })
        .max()
}

fn is_new(path: &Path, started: SystemTime) -> bool {
    modified(path).is_some_and(|modified| modified + CLOCK >= started)
}

/// Returns when the data of a run were last read and split.
pub fn loaded(run: &Path) -> Option<SystemTime> {
    modified(&run.join("split.csv"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_folder_shows_how_far_a_process_came() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("mnist-mlp-1");
        let started = SystemTime::now();
        let moment = || of(&run, started, None, 3);
        let write = |name: &str| {
            let path = run.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        assert_eq!(moment(), Moment::Starting);
        write("config.json");
        assert_eq!(moment(), Moment::Loading);
        write("split.csv");
        assert_eq!(moment(), Moment::Training);
        assert_eq!(last_checkpoint(&run), None);
        write("checkpoint/epoch-1.partial/network.bpk");
        assert_eq!(moment(), Moment::Checkpoint);
        assert_eq!(last_checkpoint(&run), None);
        fs::rename(
            run.join("checkpoint/epoch-1.partial"),
            run.join("checkpoint/epoch-1"),
        )
        .unwrap();
        assert_eq!(moment(), Moment::Training);
        assert!(last_checkpoint(&run).unwrap() >= started);
        write("checkpoint/epoch-3/network.bpk");
        assert_eq!(moment(), Moment::Evaluation);
        write("model.safetensors");
        assert_eq!(moment(), Moment::Reports);
        write("result.json");
        assert_eq!(moment(), Moment::Latest);
    }

    #[test]
    fn a_system_call_shows_it_too() {
        let folder = tempfile::tempdir().unwrap();
        let hit = |path: &str| Hit {
            call: "write".to_owned(),
            path: folder.path().join(path),
        };
        let of = |path| of(folder.path(), SystemTime::now(), Some(&hit(path)), 3);
        assert_eq!(of("log.jsonl"), Moment::Checkpoint);
        assert_eq!(of("checkpoint/epoch-1.partial"), Moment::Checkpoint);
        assert_eq!(of(".x.partial"), Moment::Loading);
    }
}
