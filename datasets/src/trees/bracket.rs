//! The bracketed notation of the Penn Treebank: `(3 (2 It) (4 works))`.
//!
//! A bracket contains a label and either a word or two brackets. A slash or an asterisk in a word is escaped by a backslash
//! (`co-writer\/director`), and brackets in the text are written as `-LRB-` and `-RRB-`.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::trees::tree::{MAX_DEPTH, MAX_WORDS, Node, Tree};

/// Maximum length of a tree, in bytes.
pub(super) const MAX_BYTES: usize = 64 << 10;

/// Maximum length of a word, in bytes.
const MAX_WORD: usize = 200;

/// Whether every phrase must have a sentiment label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelling {
    /// Required, as in the treebank.
    Required,
    /// Optional: a number before something else in a bracket is its label, and words need no brackets of their own, as in
    /// `(It (works well))`.
    Optional,
}

/// A text that is not a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct BadTree {
    /// The character at which parsing failed, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A bracket that is still open.
struct Open {
    column: usize,
    label: Option<u8>,
    parts: usize,
    /// Whether it contains a single word without a bracket of its own.
    bare: bool,
}

/// Parses a tree.
///
/// # Errors
/// If the text is not a binary tree, lacks a required label, or is too large.
pub fn parse(text: &str, labelling: Labelling) -> Result<Tree, BadTree> {
    if text.len() > MAX_BYTES {
        return Err(bad(
            1,
            format!(
                "the tree has {} bytes, more than {MAX_BYTES}: give a sentence at a time",
                text.len()
            ),
        ));
    }
    let mut reader = Reader {
        labelling,
        nodes: Vec::new(),
        words: 0,
        open: Vec::new(),
        done: false,
    };
    let mut characters = text.char_indices().peekable();
    let mut column = 0;
    while let Some((start, character)) = characters.next() {
        column += 1;
        match character {
            '(' => reader.open(column)?,
            ')' => reader.close(column)?,
            _ if is_space(character) => {}
            _ => {
                let begins = column;
                let end = rest_of_word(&mut characters, &mut column).unwrap_or(text.len());
                let alone = next_is_closing(text.get(end..).unwrap_or_default());
                reader.word(text.get(start..end).unwrap_or_default(), alone, begins)?;
            }
        }
    }
    reader.finish(column)
}

/// Creates an error.
fn bad(column: usize, reason: impl Into<String>) -> BadTree {
    BadTree {
        column,
        reason: reason.into(),
    }
}

/// Whether a character separates words. A non-breaking space belongs to its word.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Advances to the end of the current word. Returns `None` if that is the end of the text.
fn rest_of_word(characters: &mut Peekable<CharIndices<'_>>, column: &mut usize) -> Option<usize> {
    while let Some(&(index, character)) = characters.peek() {
        if is_space(character) || matches!(character, '(' | ')') {
            return Some(index);
        }
        characters.next();
        *column += 1;
    }
    None
}

/// Whether the next bracket is a closing one.
fn next_is_closing(rest: &str) -> bool {
    rest.trim_start_matches(is_space).starts_with(')')
}

/// The state of the parser.
struct Reader {
    labelling: Labelling,
    nodes: Vec<Node>,
    words: usize,
    open: Vec<Open>,
    done: bool,
}

impl Reader {
    fn open(&mut self, column: usize) -> Result<(), BadTree> {
        if self.done {
            return Err(bad(column, "a second tree begins: give one tree a line"));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(bad(
                column,
                format!("more than {MAX_DEPTH} brackets inside one another: use a flatter tree"),
            ));
        }
        if let Some(outer) = self.open.last_mut() {
            may_hold_another(outer, self.labelling, column)?;
            one_more(outer, column)?;
            outer.bare = false;
        }
        self.open.push(Open {
            column,
            label: None,
            parts: 0,
            bare: false,
        });
        Ok(())
    }

    fn word(&mut self, word: &str, alone: bool, column: usize) -> Result<(), BadTree> {
        let Some(bracket) = self.open.last_mut() else {
            let reason = if self.done {
                "there is more after the tree: give one tree a line"
            } else {
                "a tree begins with an opening bracket, as in (3 (2 It) (4 works))"
            };
            return Err(bad(column, format!("'{}': {reason}", short(word))));
        };
        let fresh = bracket.label.is_none() && bracket.parts == 0;
        if fresh && (self.labelling == Labelling::Required || is_number(word) && !alone) {
            bracket.label = Some(label(word, column)?);
            return Ok(());
        }
        if self.labelling == Labelling::Required && bracket.parts > 0 {
            return Err(bad(
                column,
                format!(
                    "'{}': a bracket holds one word or two brackets; give each word a bracket and a label of its own",
                    short(word)
                ),
            ));
        }
        one_more(bracket, column)?;
        bracket.bare = bracket.parts == 1;
        self.words += 1;
        if self.words > MAX_WORDS {
            return Err(bad(
                column,
                format!("more than {MAX_WORDS} words: give a sentence at a time"),
            ));
        }
        // What `print` escapes does not count.
        let word = unescaped(word);
        if word.len() > MAX_WORD {
            return Err(bad(
                column,
                format!(
                    "'{}...' has {} bytes: a word has at most {MAX_WORD}",
                    short(&word),
                    word.len()
                ),
            ));
        }
        self.nodes.push(Node {
            label: None,
            word: Some(word),
        });
        Ok(())
    }

    fn close(&mut self, column: usize) -> Result<(), BadTree> {
        let Some(bracket) = self.open.pop() else {
            return Err(bad(
                column,
                "this bracket closes none: remove it, or add the opening one",
            ));
        };
        match bracket.parts {
            2 => self.nodes.push(Node {
                label: bracket.label,
                word: None,
            }),
            1 if bracket.bare => {
                if let Some(leaf) = self.nodes.last_mut() {
                    leaf.label = bracket.label;
                }
            }
            1 => {
                return Err(bad(
                    bracket.column,
                    "this bracket holds a single other one: leave one of the two out",
                ));
            }
            _ => {
                return Err(bad(
                    bracket.column,
                    "this bracket holds no word and no other bracket: a word needs both, as in (2 It)",
                ));
            }
        }
        self.done = self.open.is_empty();
        Ok(())
    }

    fn finish(self, column: usize) -> Result<Tree, BadTree> {
        if let Some(bracket) = self.open.last() {
            return Err(bad(
                bracket.column,
                "this bracket is never closed: add what is missing at the end",
            ));
        }
        Tree::new(self.nodes).ok_or_else(|| {
            bad(
                column.max(1),
                "there is no tree: write one as in (3 (2 It) (4 works))",
            )
        })
    }
}

/// Checks that a bracket may contain another one: in a treebank the label comes first, and a word is alone in its bracket.
fn may_hold_another(bracket: &Open, labelling: Labelling, column: usize) -> Result<(), BadTree> {
    match labelling {
        Labelling::Required if bracket.label.is_none() => Err(bad(
            column,
            "the label is missing: a bracket begins with its sentiment, 0 to 4",
        )),
        Labelling::Required if bracket.bare => Err(bad(
            column,
            "a bracket holds one word or two brackets; give each word a bracket and a label of its own",
        )),
        _ => Ok(()),
    }
}

/// Counts a child of a bracket, of which there are at most two.
fn one_more(bracket: &mut Open, column: usize) -> Result<(), BadTree> {
    bracket.parts += 1;
    if bracket.parts > 2 {
        return Err(bad(
            column,
            "a third part of one bracket: trees are binary, so bracket two of the three, as in (a (b c))",
        ));
    }
    Ok(())
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses a label.
fn label(word: &str, column: usize) -> Result<u8, BadTree> {
    match word.as_bytes() {
        [digit @ b'0'..=b'4'] => Ok(digit - b'0'),
        _ if is_number(word) => Err(bad(
            column,
            format!(
                "the label {} is out of range: 0 (very negative) to 4 (very positive)",
                short(word)
            ),
        )),
        _ => Err(bad(
            column,
            format!(
                "'{}' stands where the label belongs: a bracket begins with its sentiment, 0 to 4",
                short(word)
            ),
        )),
    }
}

/// Returns the start of a word for a message of one line.
fn short(word: &str) -> String {
    word.chars()
        .take(30)
        .map(|character| {
            if character.is_control() {
                '?'
            } else {
                character
            }
        })
        .collect()
}

/// Removes the escapes of slashes and asterisks.
fn unescaped(word: &str) -> String {
    word.replace("\\/", "/").replace("\\*", "*")
}

/// Prints a tree on one line, in the notation of [`parse`].
pub fn print(tree: &Tree) -> String {
    /// An item that is still to be printed.
    enum Rest {
        Phrase(usize),
        Text(&'static str),
    }
    let (nodes, children) = (tree.nodes(), tree.children());
    let mut text = String::new();
    let mut rest = vec![Rest::Phrase(nodes.len() - 1)];
    while let Some(next) = rest.pop() {
        let node = match next {
            Rest::Text(piece) => {
                text.push_str(piece);
                continue;
            }
            Rest::Phrase(node) => node,
        };
        text.push('(');
        if let Some(label) = nodes[node].label {
            text.push(char::from(b'0' + label));
            text.push(' ');
        }
        if let Some(word) = &nodes[node].word {
            text.push_str(&word.replace('/', "\\/").replace('*', "\\*"));
        }
        rest.push(Rest::Text(")"));
        if let Some([left, right]) = children[node] {
            rest.extend([Rest::Phrase(right), Rest::Text(" "), Rest::Phrase(left)]);
        }
    }
    text
}
