//! A data set of sentences with their translations, read from a tab-separated table as provided by manythings.org/anki:
//! English, French, and further columns that are ignored.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use disjoint_sets::UnionFind;

use super::batch::PairTokens;
use super::languages::Languages;
use super::vocabulary::Vocabulary;
use super::words::{composed, spaced, word_count};
use crate::dataset::{Dataset, Metadata, Origin, Skipped};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::preprocessing::Preprocessing;
use crate::split::groups::union_equal;

/// File name of the table.
pub const PAIRS_FILE: &str = "fra.txt";

/// Maximum length of a line, in bytes.
const MAX_LINE: u64 = 1 << 14;

/// Maximum number of lines.
const MAX_LINES: usize = 4_000_000;

/// Number of lines in a row whose first column may be a number: more are identifiers.
const MAX_NUMBERED: usize = 3;

/// Letters with accents that are frequent in French and rare in English.
const FRENCH_LETTERS: [char; 10] = [
    '\u{e9}', '\u{e8}', '\u{ea}', '\u{e0}', '\u{e2}', '\u{e7}', '\u{ee}', '\u{f4}', '\u{f9}',
    '\u{fb}',
];

/// Sentences with their translations, and their origins.
#[derive(Clone, Debug)]
pub struct PairSet {
    /// Name of the set.
    pub name: String,
    /// Whether the sentences were generated as stand-ins for real ones.
    pub generated: bool,
    /// Sentences in English and French.
    pub pairs: Vec<[String; 2]>,
    /// Origin of each pair: the line of the file, and the SHA-256 of both sentences.
    pub origins: Vec<Origin>,
    /// Maximum number of words of an English sentence.
    pub max_words: usize,
    /// Number of pairs that were skipped because a sentence is too long.
    pub too_long: usize,
    /// Number of pairs that were skipped because they occur before.
    pub repeated: usize,
    /// What was noticed about the file, for the user to check.
    pub notes: Vec<String>,
    /// Vocabularies: bytes, until [`learn_vocabularies`](Self::learn_vocabularies) is called.
    pub languages: Languages,
    /// A label of 0 for each pair, because pairs have no class.
    labels: Vec<usize>,
}

impl Dataset for PairSet {
    fn metadata(&self) -> Metadata<'_> {
        const NONE: &[Skipped] = &[];
        Metadata {
            name: &self.name,
            noun: "sentence pairs",
            group_noun: "pairs that share a sentence",
            generated: self.generated,
            class_names: &[],
            labels: &self.labels,
            origins: &self.origins,
            skipped: NONE,
            notes: &[],
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.languages.clone().into()
    }
}

/// Returns a key that is the same for sentences that differ only in case, punctuation and white space.
fn key(sentence: &str) -> String {
    let plain = sentence.to_lowercase();
    let words = plain.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        spaced(sentence)
    } else {
        words.join(" ")
    }
}

/// Reads `folder/fra.txt`, or the file that `folder` is. Takes each pair once whose English sentence has at most
/// `max_words` words and whose French sentence at most twice as many. A first line with the names of the languages is
/// left out.
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read
/// - [`Error::Line`] with the first line that is not a pair
/// - [`Error::Layout`] if no pair is short enough, or the folder has no such file
pub fn load(folder: &Path, max_words: usize) -> Result<PairSet> {
    let path = find(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = File::open(&path).map_err(|error| Error::io("open", &path, error))?;
    let mut lines = Lines {
        path: path.clone(),
        reader: BufReader::new(file),
        number: 0,
    };
    let mut set = PairSet::empty("fra-eng", max_words)?;
    let mut seen = HashSet::new();
    let mut numbered = 0;
    let mut is_first = true;
    while let Some(line) = lines.next()? {
        let mut columns = line.split('\t').map(|column| spaced(&composed(column)));
        let (Some(english), Some(french)) = (columns.next(), columns.next()) else {
            return Err(lines.wrong("there is no tab between English and French"));
        };
        for (side, sentence) in [("English", &english), ("French", &french)] {
            if sentence.is_empty() {
                return Err(lines.wrong(&format!("the {side} side is empty")));
            }
        }
        if std::mem::take(&mut is_first) && is_language(&english) && is_language(&french) {
            let note = "the first line names the columns and was left out";
            set.notes.push(note.to_owned());
            continue;
        }
        numbered = if is_number(&english) { numbered + 1 } else { 0 };
        if numbered == MAX_NUMBERED {
            return Err(lines.wrong(&format!(
                "the first column holds numbers, as '{english}' here: leave out the columns of identifiers and languages, so that English, a tab and French are left"
            )));
        }
        if word_count(&english) > max_words || word_count(&french) > 2 * max_words {
            set.too_long += 1;
        } else if seen.insert([english.clone(), french.clone()]) {
            set.push(&format!("{name}:{}", lines.number), [english, french]);
        } else {
            set.repeated += 1;
        }
    }
    if set.pairs.is_empty() {
        return Err(Error::Layout {
            dir: path,
            reason: format!(
                "none of its {} pairs is of at most {max_words} English words; put sentence pairs there, or allow longer ones with --max-words",
                lines.number
            ),
        });
    }
    set.notes.extend(set.reversal());
    Ok(set)
}

/// Returns the path of the table in `folder`, or `folder` if it is a file.
fn find(folder: &Path) -> Result<PathBuf> {
    let usual = folder.join(PAIRS_FILE);
    if folder.is_file() {
        return Ok(folder.to_path_buf());
    }
    if usual.is_file() {
        return Ok(usual);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("open", &usual, error))?;
    let is_text = |path: &PathBuf| {
        let end = path.extension().unwrap_or_default();
        ["txt", "tsv"]
            .iter()
            .any(|text| end.eq_ignore_ascii_case(text))
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let others = paths.filter(is_text).min();
    let other = others.map_or(String::new(), |other| {
        format!(
            "; if {0} holds the pairs, name it: --data {0}",
            other.display()
        )
    });
    Err(Error::Layout {
        dir: folder.to_path_buf(),
        reason: format!(
            "there is no {PAIRS_FILE}, a text with English, a tab and French on each line{other}"
        ),
    })
}

/// Whether a sentence is a number.
fn is_number(sentence: &str) -> bool {
    !sentence.is_empty() && sentence.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the cell of a first line is the name of a column.
fn is_language(cell: &str) -> bool {
    const NAMES: [&str; 14] = [
        "english",
        "french",
        "anglais",
        "fran\u{e7}ais",
        "francais",
        "eng",
        "fra",
        "fre",
        "en",
        "fr",
        "source",
        "target",
        "sentence",
        "translation",
    ];
    NAMES.contains(&&*cell.to_lowercase())
}

/// The lines of a file, with limits on their length and number.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: usize,
}

impl Lines {
    /// Returns the next line that is not empty, without its line end.
    fn next(&mut self) -> Result<Option<String>> {
        loop {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut self.reader, MAX_LINE + 1)
                .read_until(b'\n', &mut line)
                .map_err(|error| Error::io("read", &self.path, error))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number > MAX_LINES {
                return Err(self.wrong(&format!("more than {MAX_LINES} lines")));
            }
            if line.len() as u64 > MAX_LINE {
                return Err(self.wrong(&format!("longer than {MAX_LINE} bytes")));
            }
            if self.number == 1 && (line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF"))
            {
                return Err(self.wrong("not UTF-8, but UTF-16: save the file as UTF-8"));
            }
            let line = String::from_utf8(line).map_err(|error| {
                let place = error.utf8_error().valid_up_to() + 1;
                self.wrong(&format!(
                    "not UTF-8 from byte {place} on: save the file as UTF-8"
                ))
            })?;
            let line = line
                .trim_start_matches('\u{feff}')
                .trim_end_matches(['\r', '\n']);
            if !line.trim().is_empty() {
                return Ok(Some(line.to_owned()));
            }
        }
    }

    /// Creates an error about the current line.
    fn wrong(&self, reason: &str) -> Error {
        Error::Line {
            path: self.path.clone(),
            line: self.number,
            reason: reason.to_owned(),
        }
    }
}

impl PairSet {
    /// Creates a set without pairs.
    ///
    /// # Errors
    /// [`Error::Text`] if the crate `tokenizers` fails.
    pub(crate) fn empty(name: &str, max_words: usize) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            generated: false,
            pairs: Vec::new(),
            origins: Vec::new(),
            max_words,
            too_long: 0,
            repeated: 0,
            notes: Vec::new(),
            languages: Languages::bytes(max_words)?,
            labels: Vec::new(),
        })
    }

    /// Appends a pair, with the path of its origin.
    pub(crate) fn push(&mut self, path: &str, pair: [String; 2]) {
        self.origins.push(Origin {
            path: path.to_owned(),
            sha256: sha256_hex(pair.join("\t").as_bytes()),
            official: None,
        });
        self.pairs.push(pair);
        self.labels.push(0);
    }

    /// Describes that the languages seem to stand in the other order: the English sentences have more accents.
    fn reversal(&self) -> Option<String> {
        let accented = |side: usize| {
            let sentences = self.pairs.iter().map(|pair| &pair[side]);
            sentences
                .filter(|sentence| sentence.contains(FRENCH_LETTERS))
                .count()
        };
        let [english, french] = [accented(0), accented(1)];
        (english > 10 && english > 3 * french).then(|| {
            format!(
                "{english} sentences of the first column and {french} of the second have French accents: English should come first"
            )
        })
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether the set has no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the group of each pair, as the index of its first pair. Pairs are in one group if their English or their French
    /// sentences differ only in case, punctuation and white space, directly or through other pairs. A split that keeps groups
    /// whole has no sentence of either language in two parts.
    pub fn groups(&self) -> Vec<usize> {
        let mut sets = UnionFind::new(self.len());
        for side in 0..2 {
            union_equal(&mut sets, self.pairs.iter().map(|pair| key(&pair[side])));
        }
        let mut firsts = HashMap::new();
        let representatives = sets.to_vec().into_iter().enumerate();
        representatives
            .map(|(index, set)| *firsts.entry(set).or_insert(index))
            .collect()
    }

    /// Learns both vocabularies from the pairs at `training`, with at most `tokens` tokens each, so that
    /// nothing leaks from the others.
    ///
    /// # Errors
    /// [`Error::Text`] if a vocabulary cannot be learned.
    ///
    /// # Panics
    /// If an index is no pair of the set.
    pub fn learn_vocabularies(&mut self, training: &[usize], tokens: usize) -> Result<()> {
        let learn = |side: usize| {
            let sentences = training.iter().map(|&index| &*self.pairs[index][side]);
            Vocabulary::learn(sentences, tokens)
        };
        (self.languages.source, self.languages.target) = (learn(0)?, learn(1)?);
        Ok(())
    }

    /// Returns every pair in tokens.
    pub fn tokens(&self) -> PairTokens {
        let encode = |vocabulary: &Vocabulary, side: usize| {
            let sentences = self.pairs.iter().map(|pair| vocabulary.encode(&pair[side]));
            sentences.collect()
        };
        PairTokens {
            source: encode(&self.languages.source, 0),
            target: encode(&self.languages.target, 1),
        }
    }

    /// Returns, for each pair at `indices`, all translations of its English sentence among these pairs, its own first.
    ///
    /// # Panics
    /// If an index is no pair of the set.
    pub fn references(&self, indices: &[usize]) -> Vec<Vec<String>> {
        let mut of: HashMap<&str, Vec<&str>> = HashMap::new();
        for &index in indices {
            let [english, french] = &self.pairs[index];
            of.entry(english).or_default().push(french);
        }
        let all = |&index: &usize| {
            let [english, own] = &self.pairs[index];
            let others = of
                .get(&**english)
                .into_iter()
                .flatten()
                .filter(|other| *other != own);
            std::iter::once(&**own)
                .chain(others.copied())
                .map(str::to_owned)
                .collect()
        };
        indices.iter().map(all).collect()
    }
}
