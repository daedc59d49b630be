//! Sentences from the command line, from text files and from standard input.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::error::{Failure, Outcomes};

/// Largest size of a text, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Origin: `--text` or `file:line`.
    pub path: String,
    /// The text without surrounding white space.
    pub text: String,
}

impl Line {
    fn new(path: String, text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim().to_owned();
        Self { path, text }
    }
}

/// Collects the sentences of `--text`, then every line of the text files that is not blank.
pub(crate) fn read(texts: &[String], files: &[PathBuf]) -> Outcomes<Line> {
    let given = texts
        .iter()
        .map(|text| Ok(Line::new("--text".to_owned(), text)));
    let of_files = files.iter().flat_map(|file| match read_file(file) {
        Ok(lines) => lines.into_iter().map(Ok).collect(),
        Err(error) => {
            let path = file.display().to_string();
            vec![Err(Failure { path, error })]
        }
    });
    given.chain(of_files).collect()
}

/// Reads the lines of a file that are not blank, at least one.
fn read_file(file: &Path) -> Result<Vec<Line>, String> {
    let text = read_text(file)?;
    let lines = text.lines().enumerate();
    let lines: Vec<Line> = lines
        .map(|(index, text)| Line::new(format!("{}:{}", file.display(), index + 1), text))
        .filter(|line| !line.text.is_empty())
        .collect();
    if lines.is_empty() {
        let name = name(file);
        return Err(format!(
            "{name} is empty, there is no sentence in it: write one on each line"
        ));
    }
    Ok(lines)
}

/// Returns the name of an input in messages.
fn name(input: &Path) -> String {
    if input.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        input.display().to_string()
    }
}

fn read_text(input: &Path) -> Result<String, String> {
    let name = name(input);
    let cannot_read = |error: io::Error| format!("cannot read {name}: {error}");
    if input.as_os_str() == "-" {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(
                "standard input is a terminal: pipe sentences into infer, name a file, or use --text"
                    .to_owned(),
            );
        }
        return decode(stdin.lock(), &name);
    }
    // Checked before the file is opened: opening a pipe would wait for its other end.
    let metadata = fs::metadata(input).map_err(cannot_read)?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() {
            "a folder"
        } else {
            "a device"
        };
        return Err(format!(
            "{name} is {kind}, not a text file: name a file with a sentence on each line"
        ));
    }
    decode(File::open(input).map_err(cannot_read)?, &name)
}

fn decode(source: impl Read, name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES >> 20;
        return Err(format!(
            "{name} is larger than {limit} MiB: split it into parts"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{name}:{line} is not UTF-8 text: convert it, for example with iconv, or choose a model for pictures with --model")
    })
}
