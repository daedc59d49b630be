//! Error about the command line.

/// Error about the command line, in one line where clap prints several; the program exits with code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongArguments(String);

impl WrongArguments {
    /// Creates an error with a message that names the value and the remedy.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<clap::Error> for WrongArguments {
    fn from(error: clap::Error) -> Self {
        let text = error.render().to_string();
        let line = text
            .lines()
            .map(str::trim)
            .take_while(|line| {
                !line.starts_with("Usage:") && !line.starts_with("For more information")
            })
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let line = line.strip_prefix("error: ").unwrap_or(&line);
        Self(format!("{line} (`train --help` explains the command line)"))
    }
}
