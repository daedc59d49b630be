//! The sentences that the arguments name: those of `--text`, then the lines of text files and of standard input.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::error::Failed;

/// The most that is read of one file or of standard input, in bytes.
const LIMIT: u64 = 16 << 20;

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands: `--text`, or `file:line`.
    pub path: String,
    /// Without blanks around it.
    pub text: String,
}

/// Every line that is not blank, in the arguments' order, and what could not be read.
pub fn collect(texts: &[String], files: &[PathBuf]) -> (Vec<Line>, Vec<Failed>) {
    let line = |path: String, text: &str| Line {
        path,
        text: text.trim_start_matches('\u{feff}').trim().to_owned(),
    };
    let given = texts.iter().map(|text| line("--text".to_owned(), text));
    let (mut lines, mut failed): (Vec<_>, _) = (given.collect(), Vec::new());
    for file in files {
        let path = file.display().to_string();
        let found = read(file).and_then(|text| {
            let all = text.lines().enumerate();
            let all = all.map(|(number, text)| line(format!("{path}:{}", number + 1), text));
            let some: Vec<_> = all.filter(|line| !line.text.is_empty()).collect();
            if some.is_empty() {
                let name = named(file);
                return Err(format!(
                    "{name} is empty, there is no sentence in it: give one on each line"
                ));
            }
            Ok(some)
        });
        match found {
            Ok(found) => lines.extend(found),
            Err(error) => failed.push(Failed { path, error }),
        }
    }
    (lines, failed)
}

/// How an input is called in a message.
fn named(input: &Path) -> String {
    if input.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        input.display().to_string()
    }
}

/// A text, or why there is none.
fn read(input: &Path) -> Result<String, String> {
    let name = named(input);
    let cannot = |error: io::Error| format!("cannot read {name}: {error}");
    if input.as_os_str() == "-" {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(
                "standard input is a terminal: pipe sentences into infer, name a file, or use --text"
                    .to_owned(),
            );
        }
        return text(stdin.lock(), &name);
    }
    // Asked before it is opened: opening a pipe would wait for its other end.
    let about = fs::metadata(input).map_err(cannot)?;
    if !about.is_file() {
        let what = if about.is_dir() {
            "a folder"
        } else {
            "no text"
        };
        return Err(format!(
            "{name} is {what} and no file: name a text with a sentence on each line"
        ));
    }
    text(File::open(input).map_err(cannot)?, &name)
}

fn text(source: impl Read, name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = source.take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > LIMIT {
        let limit = LIMIT >> 20;
        return Err(format!("{name} is longer than {limit} MiB: give its parts"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{name}:{line} is no text (UTF-8): convert it, as with iconv, or choose a model for pictures with --model")
    })
}
