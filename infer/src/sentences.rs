//! Which sentences the arguments mean, and their trees.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use datasets::Tree;
use datasets::trees::{Labelling, bracket, plain};

use crate::error::Failed;

/// The most that is read of one file or of standard input, in bytes.
const LIMIT: u64 = 16 << 20;

/// A sentence and its tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// Where it comes from: `reviews.txt:3`, `--text`.
    pub path: String,
    /// Its tree.
    pub tree: Tree,
    /// Whether the tree was made up, as that of a plain text is: every word before all that follows.
    pub is_made_up: bool,
}

/// What the arguments mean, in their order.
#[derive(Debug, Default)]
pub struct Sentences {
    /// The sentences that can be answered.
    pub read: Vec<Sentence>,
    /// The others.
    pub failed: Vec<Failed>,
}

/// Reads the sentences of `--text`, then those of the files, one a line; `-` is standard input.
pub fn collect(texts: &[String], files: &[PathBuf]) -> Sentences {
    let mut sentences = Sentences::default();
    for text in texts {
        sentences.add("--text".to_owned(), text);
    }
    for file in files {
        let is_stdin = file.as_os_str() == "-";
        let path = file.display().to_string();
        let text = if is_stdin {
            read_stdin()
        } else {
            read_file(file)
        };
        match text {
            Err(error) => sentences.failed.push(Failed { path, error }),
            Ok(text) => {
                let lines = text.lines().enumerate();
                let before = sentences.count();
                for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
                    sentences.add(format!("{path}:{}", line + 1), text);
                }
                if sentences.count() == before {
                    let name = if is_stdin { "standard input" } else { &path };
                    let error = format!("{name} holds no sentence: give one a line");
                    sentences.failed.push(Failed { path, error });
                }
            }
        }
    }
    sentences
}

impl Sentences {
    fn count(&self) -> usize {
        self.read.len() + self.failed.len()
    }

    fn add(&mut self, path: String, text: &str) {
        let text = text.trim();
        // A text may begin with a bracket, too, but does not end with one as well.
        let is_tree = text.starts_with('(') && text.ends_with(')');
        let tree = if is_tree {
            bracket::parse(text, Labelling::Optional)
        } else {
            plain::parse(text)
        };
        match tree {
            Ok(tree) => self.read.push(Sentence {
                path,
                is_made_up: !is_tree && tree.words().count() > 2,
                tree,
            }),
            Err(error) => self.failed.push(Failed {
                error: format!("{path}: {error}"),
                path,
            }),
        }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.tree.words().collect();
        f.write_str(&words.join(" "))
    }
}

fn read_file(path: &std::path::Path) -> Result<String, String> {
    let name = path.display();
    // Asked before it is opened: opening a pipe would wait for its other end.
    let about = fs::metadata(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    if !about.is_file() {
        return Err(format!(
            "{name} is no file: give a text file with a sentence a line"
        ));
    }
    let file = fs::File::open(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    read(file, &name.to_string())
}

fn read_stdin() -> Result<String, String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(
            "standard input is a terminal: pipe sentences into infer, name a file, or use --text"
                .into(),
        );
    }
    read(stdin.lock(), "standard input")
}

fn read(source: impl Read, name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = source.take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!(
            "{name} is longer than {} MiB: give a part at a time",
            LIMIT >> 20
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{name}:{line} is no text (UTF-8): convert it, as with iconv, or choose a model for pictures with --model")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_a_tree_and_anything_else_is_text() {
        let texts = [
            "(3 (2 It) (4 works))",
            "(It works)",
            "It works well.",
            "(Really) good",
        ];
        let found = collect(&texts.map(str::to_owned), &[]);
        assert!(found.failed.is_empty(), "{:?}", found.failed);
        let trees: Vec<_> = found
            .read
            .iter()
            .map(|one| bracket::print(&one.tree))
            .collect();
        assert_eq!(
            trees,
            [
                "(3 (2 It) (4 works))",
                "((It) (works))",
                "((It) ((works) ((well) (.))))",
                "((-LRB-) ((Really) ((-RRB-) (good))))"
            ]
        );
        let made_up: Vec<_> = found.read.iter().map(|one| one.is_made_up).collect();
        assert_eq!(made_up, [false, false, true, true]);
    }

    #[test]
    fn lines_of_a_file_are_sentences_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        fs::write(&file, "good\n\n(3 (2 a) (9 b))\n").unwrap();
        let found = collect(&[], std::slice::from_ref(&file));
        assert_eq!(found.read[0].path, format!("{}:1", file.display()));
        let error = found.failed[0].to_string();
        assert!(error.contains("a.txt:3: column 11: the label 9"), "{error}");
        fs::write(&file, b"good\n\xff\n").unwrap();
        let error = collect(&[], &[file]).failed[0].to_string();
        assert!(error.contains("a.txt:2 is no text"), "{error}");
    }
}
