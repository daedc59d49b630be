//! Which sentences the arguments mean, and their trees.

use std::fmt;
use std::path::PathBuf;

use datasets::Tree;
use datasets::trees::{Labelling, bracket, plain};

use crate::error::Failed;
use crate::lines::{self, Line};

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
    let (lines, failed) = lines::collect(texts, files);
    let mut sentences = Sentences {
        read: Vec::new(),
        failed,
    };
    for Line { path, text } in lines {
        sentences.add(path, &text);
    }
    sentences
}

impl Sentences {
    fn add(&mut self, path: String, text: &str) {
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

#[cfg(test)]
mod tests {
    use std::fs;

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
