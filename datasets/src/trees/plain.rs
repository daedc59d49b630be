//! Plain text as words and as a tree.
//!
//! Words are split as in the Penn Treebank: punctuation and clitics are separate words (`do n't`, `it 's`), quotes are two
//! backticks or two apostrophes, brackets are `-LRB-` and `-RRB-`. There is no parser: the tree is right-branching, as in
//! `(It (works (well .)))`, which approximates the predominant branching of English.

use crate::trees::bracket::{BadTree, MAX_BYTES};
use crate::trees::tree::{MAX_WORDS, Node, Tree};

/// Endings that are separate words, the longest first.
const CLITICS: [&str; 7] = ["n't", "'ll", "'re", "'ve", "'s", "'m", "'d"];

/// Words with a full stop that does not end a sentence.
const ABBREVIATIONS: [&str; 12] = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "vs.", "etc.", "e.g.", "i.e.",
];

/// Splits a text into words.
pub fn words(text: &str) -> Vec<String> {
    let text = text
        .replace(['\u{2018}', '\u{2019}'], "'")
        .replace('\u{2026}', "...");
    let mut words = Vec::new();
    let pieces: Vec<&str> = text.split_whitespace().collect();
    for (index, piece) in pieces.iter().enumerate() {
        cut(piece, index + 1 == pieces.len(), &mut words);
    }
    words
}

/// Splits the text between two spaces.
fn cut(piece: &str, is_last: bool, words: &mut Vec<String>) {
    let (mut core, mut after) = (piece, Vec::new());
    while let Some((mark, rest)) = opening(core) {
        words.push(mark.to_owned());
        core = rest;
    }
    while let Some((rest, mark)) = closing(core, is_last && after.is_empty()) {
        after.push(mark);
        core = rest;
    }
    inside(core, words);
    words.extend(after.into_iter().rev().map(str::to_owned));
}

/// Returns the mark at the start, and the rest.
fn opening(piece: &str) -> Option<(&'static str, &str)> {
    let marks = [
        ("``", "``"),
        ("\"", "``"),
        ("\u{201c}", "``"),
        ("(", "-LRB-"),
        ("[", "-LRB-"),
        ("$", "$"),
        ("#", "#"),
    ];
    let found = marks
        .into_iter()
        .find_map(|(mark, word)| Some((word, piece.strip_prefix(mark)?)));
    found.or_else(|| {
        let rest = piece.strip_prefix('\'')?;
        // 'tis and 's keep their apostrophe.
        let quotes = rest.len() > 3 && !CLITICS.contains(&piece.to_lowercase().as_str());
        quotes.then_some(("`", rest))
    })
}

/// Returns the rest, and the mark at the end.
fn closing(piece: &str, ends_text: bool) -> Option<(&str, &'static str)> {
    let marks = [
        ("...", "..."),
        ("''", "''"),
        ("\"", "''"),
        ("\u{201d}", "''"),
        (")", "-RRB-"),
        ("]", "-RRB-"),
        (",", ","),
        (";", ";"),
        (":", ":"),
        ("!", "!"),
        ("?", "?"),
        ("%", "%"),
    ];
    if let Some(found) = marks
        .into_iter()
        .find_map(|(mark, word)| Some((piece.strip_suffix(mark)?, word)))
    {
        return Some(found);
    }
    if let Some(rest) = piece.strip_suffix('.') {
        let inner = rest.contains('.') || ABBREVIATIONS.contains(&piece.to_lowercase().as_str());
        return (ends_text || !inner).then_some((rest, "."));
    }
    let rest = piece.strip_suffix('\'')?;
    Some((rest, "'"))
}

/// Splits at dashes and before clitics.
fn inside(core: &str, words: &mut Vec<String>) {
    let core = core.replace(['\u{2013}', '\u{2014}'], "--");
    let mut parts = core.split("--").peekable();
    while let Some(part) = parts.next() {
        word(part, words);
        if parts.peek().is_some() {
            words.push("--".to_owned());
        }
    }
}

/// Appends a word, and its clitic as a separate word.
fn word(part: &str, words: &mut Vec<String>) {
    if part.is_empty() {
        return;
    }
    let lower = part.to_lowercase();
    if lower == "cannot" {
        words.extend([part[..3].to_owned(), part[3..].to_owned()]);
        return;
    }
    let clitic = CLITICS.iter().find(|clitic| {
        lower.len() == part.len() && lower.len() > clitic.len() && lower.ends_with(**clitic)
    });
    match clitic.and_then(|clitic| part.split_at_checked(part.len() - clitic.len())) {
        Some((stem, ending)) => words.extend([stem.to_owned(), ending.to_owned()]),
        None => words.push(part.replace('(', "-LRB-").replace(')', "-RRB-")),
    }
}

/// Returns the right-branching tree of a plain text, without labels.
///
/// # Errors
/// If there is no word, or too many.
pub fn parse(text: &str) -> Result<Tree, BadTree> {
    let bad = |reason: String| BadTree { column: 1, reason };
    if text.len() > MAX_BYTES {
        return Err(bad(format!(
            "the text has {} bytes, more than {MAX_BYTES}: give a sentence at a time",
            text.len()
        )));
    }
    let words = words(text);
    let count = words.len();
    if count > MAX_WORDS {
        return Err(bad(format!(
            "the text has {count} words, more than {MAX_WORDS}: give a sentence at a time"
        )));
    }
    let phrase = Node {
        label: None,
        word: None,
    };
    let leaves = words.into_iter().map(|word| Node {
        label: None,
        word: Some(word),
    });
    let nodes = leaves.chain(std::iter::repeat_n(phrase, count.saturating_sub(1)));
    Tree::new(nodes.collect()).ok_or_else(|| bad("there is no word: give a sentence".to_owned()))
}
