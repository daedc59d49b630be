//! A temporary folder, and `train` run in it.

#![allow(dead_code)] // each test file plays its own part of it

pub mod golden;
#[cfg(unix)]
pub mod pseudo_terminal;
#[cfg(unix)]
pub mod running;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

pub struct Stage {
    folder: tempfile::TempDir,
}

/// What a finished `train` said.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// `train` in this folder; the arguments are separated by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::from_std(self.std_command(arguments));
        command.timeout(Duration::from_secs(300));
        command
    }

    /// The same for a process that is not waited for.
    pub fn std_command(&self, arguments: &str) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("train"));
        command
            .current_dir(self.folder.path())
            .env_remove("HEBB_DATA")
            .env("HEBB_DEVICE", "flex") // whatever GPU there is
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE")
            .env("COLUMNS", "100")
            .args(arguments.split_whitespace());
        command
    }

    pub fn train(&self, arguments: &str) -> Said {
        said(self.command(arguments))
    }

    /// Trains, or fails with what `train` said.
    pub fn trained(&self, arguments: &str) -> Said {
        let said = self.train(arguments);
        assert_eq!(said.code, 0, "train {arguments}\n{}", said.stderr);
        said
    }

    pub fn json(&self, name: &str) -> Value {
        json(&self.path(name))
    }

    /// The epochs of a run's `log.jsonl`.
    pub fn epochs(&self, run: &str) -> Vec<u64> {
        epochs(&self.path(run).join("log.jsonl"))
    }
}

/// Runs to the end.
pub fn said(mut command: Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().expect("ended by a signal"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The number in every line of a `log.jsonl`; a line that is being written does not count yet.
pub fn epochs(log: &Path) -> Vec<u64> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let number = |line: &str| {
        let epoch: Value = serde_json::from_str(line).unwrap();
        epoch["epoch"].as_u64().unwrap()
    };
    whole.lines().map(number).collect()
}

/// A table with a header, each row by column.
pub fn table(path: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}
