//! The command, from its arguments to its exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use models::device::DeviceChoice;

use crate::arguments::{Arguments, Request, parse};
use crate::error::{Error, Result};
use crate::find::find;
use crate::model::Model;
use crate::table::Table;
use crate::terminal::note;

/// Runs the command, whose first argument is the name of the program, and returns its exit code.
///
/// An error is printed as one line on standard error. A panic, which is a fault of this program, is printed as one line
/// too, unless `RUST_BACKTRACE` is set.
pub fn run(arguments: impl IntoIterator<Item = OsString> + panic::UnwindSafe) -> ExitCode {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        panic::set_hook(Box::new(|fault| {
            let place = fault
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            let reason = fault.payload_as_str().unwrap_or("unknown reason");
            note(&format!(
                "internal error at {place}: {reason} (RUST_BACKTRACE=1 shows more; please report it)"
            ));
        }));
    }
    let answered = panic::catch_unwind(|| match try_run(arguments) {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            note(&error.to_string());
            error.exit_code()
        }
    });
    answered.unwrap_or(ExitCode::FAILURE)
}

/// Checks a command line, whose first argument is the name of the program, without running it.
///
/// # Errors
/// What is wrong, in one line with the remedy.
pub fn check_arguments(
    arguments: impl IntoIterator<Item = OsString>,
) -> std::result::Result<(), String> {
    match parse(arguments) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn try_run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode> {
    match parse(arguments)? {
        Request::Print(text) => {
            writeln!(io::stdout(), "{}", text.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Request::Answer(arguments, device) => answer_all(&arguments, &device),
    }
}

fn answer_all(arguments: &Arguments, device: &DeviceChoice) -> Result<ExitCode> {
    let place = find(arguments.model.as_deref(), &arguments.runs)?;
    let table = arguments.csv.as_deref();
    let table = table.map(|path| Table::create("--csv", path)).transpose()?;
    let device = models::device::select(device).map_err(Error::Device)?;
    if let Some(notice) = &device.notice {
        note(notice);
    }
    Model::load(place, device, arguments)?.answer_all(arguments, table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_checked_without_running_it() {
        let check = |line: &str| check_arguments(line.split_whitespace().map(OsString::from));
        assert_eq!(check("infer nowhere.png --device flex"), Ok(()));
        let reason = check("infer nowhere.png --top 0").unwrap_err();
        assert!(reason.contains("at least 1"), "{reason}");
    }
}
