//! Trains Hebb's networks.
//!
//! - `cli`: reads the command line and starts a command
//! - `commands`: one file per command
//! - [`experiments`]: tables of networks, data and recipes
//! - [`tasks`]: what a network is trained to do, and studies
//! - [`report`]: `result.json`, the card, the figures and the pages of a run
//! - [`options`]: the table of options
//! - [`fit`]: the training loop
//! - [`data`]: where an experiment's examples come from
//!
//! Modules import from those below them in this list, never from those above.

mod cli;
mod commands;
pub mod data;
pub mod experiments;
pub mod fit;
pub mod options;
pub mod report;
pub mod run_folder;
pub mod tasks;
mod wrong_arguments;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, anyhow};

pub use commands::output::one_line;
use fit::interrupt::{self, Signal};
use wrong_arguments::WrongArguments;

/// Runs the program with the given arguments, the name of the program first.
///
/// # Errors
/// If something fails: [`one_line`] is the message for the user, [`exit_code`] the code to exit with.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<()> {
    without_panics(|| cli::execute(arguments))
}

/// Checks a command line, whose first argument is the name of the program, without running it.
///
/// # Errors
/// What is wrong, with the remedy.
pub fn check_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<()> {
    cli::check(arguments)
}

/// Turns a panic into an error of one line.
fn without_panics(work: impl FnOnce() -> Result<()>) -> Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(work));
    fit::terminal::uncover();
    drop(std::panic::take_hook());
    result.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        Err(anyhow!("internal error, please report it: {text}"))
    })
}

/// Returns the exit code of the process.
///
/// - 0: the command finished, or the reader of standard output has gone, as `head` does
/// - 1: it failed
/// - 2: wrong arguments
/// - 129, 130, 143: SIGHUP, SIGINT or SIGTERM interrupted it, and what there was until then is saved
pub fn exit_code(result: &Result<()>) -> u8 {
    let Err(error) = result else {
        return interrupt::requested().map_or(0, Signal::exit_code);
    };
    match error.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        _ if error.is::<WrongArguments>() => 2,
        _ => 1,
    }
}
