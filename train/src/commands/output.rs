//! What a command prints.

use std::io::Write;

use anyhow::Result;

/// Prints a text, without the panic of `println!` when the reader has gone.
///
/// # Errors
/// If standard output cannot be written.
pub fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Prints a summary, or with `--json` the result alone on standard output and the summary on standard error.
///
/// # Errors
/// If standard output cannot be written.
pub fn present(summary: &str, result: &str, json: bool) -> Result<()> {
    if json {
        eprintln!("{summary}");
        print(result)
    } else {
        print(summary)
    }
}

/// Returns an error with its causes, on one line.
pub fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
