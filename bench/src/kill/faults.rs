//! A library for `LD_PRELOAD` that counts the system calls by which a process changes files, and makes one of them fatal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const SOURCE: &str = include_str!("faults.c");

/// Bytes before the path in a report.
const HEADER: usize = 32;

/// The compiled library.
#[derive(Debug)]
pub struct Faults {
    library: PathBuf,
}

/// What a process is to suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: its calls are counted.
    None,
    /// It is killed at this call, counted from 1.
    Kill(u64),
    /// The disk is full from this call on, counted from 1.
    Full(u64),
}

/// What the library saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Number of calls that change files.
    pub calls: u64,
    /// The call that killed the process, or the first that failed.
    pub hit: Option<Hit>,
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it does, such as `write` or `rename`.
    pub call: String,
    /// File or folder that it changes.
    pub path: PathBuf,
}

impl Faults {
    /// Compiles the library into `folder`.
    ///
    /// # Errors
    /// If there is no C compiler, or the system is not Linux on x86-64 or 64-bit ARM.
    pub fn compile(folder: &Path) -> Result<Self> {
        ensure!(
            cfg!(target_os = "linux"),
            "system calls are counted on Linux only"
        );
        let source = folder.join("faults.c");
        let library = folder.join("faults.so");
        fs::write(&source, SOURCE)?;
        let output = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .output()
            .context("there is no C compiler `cc`")?;
        if !output.status.success() {
            bail!("cc: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(Self { library })
    }

    /// Lets a command suffer a fault; `report` is the file for [`read`].
    pub fn apply(&self, command: &mut Command, fault: Fault, report: &Path) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("HEBB_FAULTS_REPORT", report);
        match fault {
            Fault::None => {}
            Fault::Kill(call) => {
                command.env("HEBB_FAULTS_KILL", call.to_string());
            }
            Fault::Full(call) => {
                command.env("HEBB_FAULTS_FULL", call.to_string());
            }
        }
    }
}

/// Reads the report of a process that has ended.
///
/// # Errors
/// If there is none.
pub fn read(report: &Path) -> Result<Report> {
    let bytes = fs::read(report).with_context(|| report.display().to_string())?;
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_ne_bytes(bytes))
    };
    let text = |from: usize| {
        let text = bytes.get(from..).unwrap_or_default();
        let end = text.iter().position(|byte| *byte == 0);
        String::from_utf8_lossy(&text[..end.unwrap_or(text.len())]).into_owned()
    };
    let (Some(calls), Some(is_hit)) = (number(0), number(8)) else {
        bail!("{}: is too short", report.display());
    };
    let hit = (is_hit != 0).then(|| Hit {
        call: text(16),
        path: text(HEADER).into(),
    });
    Ok(Report { calls, hit })
}
