//! One process of `train`.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};

use super::faults::{self, Fault, Faults, Report};

/// First argument with which a program acts as `train`; see [`acts_as_train`].
const TRAIN: &str = "train";

/// Longest time that any process here may take.
const LIMIT: Duration = Duration::from_secs(600);

/// What a process is to suffer.
#[derive(Clone, Copy, Debug)]
pub enum Trigger<'a> {
    /// A kill after a time; `None` lets the process live.
    Time(Option<Duration>),
    /// A fault at a system call.
    Call(&'a Faults, Fault),
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// When it was started.
    pub started: SystemTime,
    /// How long it lived.
    pub lived: Duration,
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it printed to standard error.
    pub stderr: String,
    /// What the library saw, if it was loaded.
    pub report: Option<Report>,
}

/// Runs `train` and returns `true` if the program was started to act as it.
///
/// The processes are copies of the calling program, so that what is tested is what was compiled with it.
///
/// # Errors
/// Those of `train`; they are for `train`'s caller to print.
pub fn acts_as_train() -> Option<Result<()>> {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    if words.get(1)? != TRAIN {
        return None;
    }
    words.remove(0);
    train::fit::memory::keep_freed();
    Some(
        train::fit::threads::compute_here(None)
            .map_err(Into::into)
            .and_then(|()| train::run(words)),
    )
}

/// Runs `train` with `arguments` in `folder`, until it ends or is killed.
///
/// # Errors
/// If the process cannot be started, or does not end.
pub fn run(folder: &Path, arguments: &[String], trigger: Trigger<'_>) -> Result<Ended> {
    fs::create_dir_all(folder)?;
    let report = folder.join("faults");
    let mut command = Command::new(program()?);
    command
        .arg(TRAIN)
        .args(arguments)
        .current_dir(folder)
        .env("HEBB_DEVICE", "flex")
        .env_remove("HEBB_DATA")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Not a file: its writes would count, and fail on a full disk.
        .stderr(Stdio::piped());
    let killed_after = match trigger {
        Trigger::Time(after) => after,
        Trigger::Call(faults, fault) => {
            faults.apply(&mut command, fault, &report);
            None
        }
    };
    let (started, start) = (SystemTime::now(), Instant::now());
    let mut child = command.spawn().context("train cannot be started")?;
    let mut pipe = child.stderr.take().context("train has no standard error")?;
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    });
    let status = wait(&mut child, killed_after)?;
    let lived = start.elapsed();
    let Ok(stderr) = reader.join() else {
        bail!("standard error of train cannot be read");
    };
    Ok(Ended {
        started,
        lived,
        code: status.code(),
        stderr: String::from_utf8_lossy(&stderr?).into_owned(),
        report: match trigger {
            Trigger::Time(_) => None,
            Trigger::Call(..) => Some(faults::read(&report)?),
        },
    })
}

fn program() -> Result<PathBuf> {
    std::env::current_exe().context("the program does not find itself")
}

/// Waits for the end of a process, or kills it after a time.
fn wait(child: &mut Child, killed_after: Option<Duration>) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let lived = start.elapsed();
        let remaining = killed_after.unwrap_or(LIMIT).saturating_sub(lived);
        if remaining.is_zero() {
            child.kill()?;
            let status = child.wait()?;
            ensure!(
                killed_after.is_some(),
                "train has not ended after {} s",
                LIMIT.as_secs()
            );
            return Ok(status);
        }
        thread::sleep(remaining.min(Duration::from_millis(1)));
    }
}
