//! What an evaluation shares with its run.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Keys of `result.json` that differ between a run and its evaluation: times, what only one of them has, and the means of
/// the training, which the log holds with a digit less.
const OWN_KEYS: [&str; 6] = [
    "train",
    "seconds",
    "peak_memory_bytes",
    "samples",
    "evaluation",
    "unpenalized",
];

/// Files whose contents differ between a run and its evaluation. With a penalty the activity of a run is drawn beside that
/// of a network without it, which an evaluation does not train.
const OWN_FILES: [&str; 2] = ["card.md", "result.json"];
const OWN_FILES_WITH_PENALTY: [&str; 2] = ["activity.svg", "activity.png"];

pub(super) fn without_own_keys(mut result: Value) -> Value {
    let keys = result.as_object_mut().unwrap();
    keys.retain(|key, _| !OWN_KEYS.contains(&key.as_str()));
    result
}

/// Names and contents of the files in a folder.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    let mut files: Vec<_> = files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, fs::read(file.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Every file of the evaluation has the bytes of the run's.
pub(super) fn assert_same_files(evaluation: &Path, run: &Path) {
    let has_penalty = run.join("without-penalty").is_dir();
    let own = |name: &str| {
        OWN_FILES.contains(&name) || has_penalty && OWN_FILES_WITH_PENALTY.contains(&name)
    };
    let evaluated = files(evaluation);
    assert!(evaluated.len() > 5, "{}", evaluation.display());
    for (name, content) in evaluated {
        if !own(&name) {
            let of_run =
                fs::read(run.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(content == of_run, "{name} differs from the run's");
        }
    }
}
