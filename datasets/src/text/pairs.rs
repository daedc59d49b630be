//! Sentences with their translations, from a table with tabs between its columns, as manythings.org/anki has
//! them: English, French, and others that are not looked at.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::batch::PairTokens;
use super::languages::Languages;
use super::vocabulary::Vocabulary;
use super::words::{spaced, words};
use crate::dataset::{Dataset, Metadata, Origin, Skipped};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::preprocessing::Preprocessing;

/// What the table is called in the set's folder.
pub const PAIRS_FILE: &str = "fra.txt";

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 1 << 14;

/// The most lines that are read.
const MAX_LINES: usize = 4_000_000;

/// Sentences with their translations.
#[derive(Clone, Debug)]
pub struct PairSet {
    /// What the set is called.
    pub name: String,
    /// Whether the sentences were made up.
    pub generated: bool,
    /// English and French.
    pub pairs: Vec<[String; 2]>,
    /// Where each pair came from: the line of its file, and the sum of both sentences.
    pub origins: Vec<Origin>,
    /// The longest English sentence that was taken, in words.
    pub max_words: usize,
    /// How many pairs were left out because a sentence is longer.
    pub too_long: usize,
    /// How many pairs were left out because they stand there twice.
    pub repeated: usize,
    /// How sentences become tokens: bytes, until [`learn_vocabularies`](Self::learn_vocabularies) has found what stands together.
    pub languages: Languages,
    /// A pair has no class.
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
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.languages.clone().into()
    }
}

/// What two sentences share that differ in case, punctuation and white space only.
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

/// Reads `folder/fra.txt`: the pairs whose English has at most `max_words` words and whose French at most twice as
/// many, each pair once.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Line`] with the first line that is no pair, [`Error::Layout`]
/// if none is short enough.
pub fn load(folder: &Path, max_words: usize) -> Result<PairSet> {
    let path = folder.join(PAIRS_FILE);
    let file = File::open(&path).map_err(|error| Error::io("open", &path, error))?;
    let mut lines = Lines {
        path: path.clone(),
        reader: BufReader::new(file),
        number: 0,
    };
    let mut set = PairSet::empty("fra-eng", max_words)?;
    let mut seen = HashSet::new();
    while let Some(line) = lines.next()? {
        let mut columns = line.split('\t').map(spaced);
        let (Some(english), Some(french)) = (columns.next(), columns.next()) else {
            return Err(lines.wrong("there is no tab between English and French"));
        };
        for (side, sentence) in [("English", &english), ("French", &french)] {
            if sentence.is_empty() {
                return Err(lines.wrong(&format!("the {side} side is empty")));
            }
        }
        if words(&english) > max_words || words(&french) > 2 * max_words {
            set.too_long += 1;
        } else if seen.insert([english.clone(), french.clone()]) {
            set.push(&format!("{PAIRS_FILE}:{}", lines.number), [english, french]);
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
    Ok(set)
}

/// A file line by line, none longer than [`MAX_LINE`].
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: usize,
}

impl Lines {
    /// The next line that is not empty, without its end.
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
            let line = String::from_utf8(line).map_err(|error| {
                let place = error.utf8_error().valid_up_to() + 1;
                self.wrong(&format!("not UTF-8 from byte {place} on"))
            })?;
            let line = line
                .trim_start_matches('\u{feff}')
                .trim_end_matches(['\r', '\n']);
            if !line.trim().is_empty() {
                return Ok(Some(line.to_owned()));
            }
        }
    }

    fn wrong(&self, reason: &str) -> Error {
        Error::Line {
            path: self.path.clone(),
            line: self.number,
            reason: reason.to_owned(),
        }
    }
}

impl PairSet {
    /// A set without pairs.
    ///
    /// # Errors
    /// [`Error::Text`] if no tokens can be had.
    pub(crate) fn empty(name: &str, max_words: usize) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            generated: false,
            pairs: Vec::new(),
            origins: Vec::new(),
            max_words,
            too_long: 0,
            repeated: 0,
            languages: Languages::bytes(max_words)?,
            labels: Vec::new(),
        })
    }

    /// One pair more, which stands at `path`.
    pub(crate) fn push(&mut self, path: &str, pair: [String; 2]) {
        self.origins.push(Origin {
            path: path.to_owned(),
            sha256: sha256_hex(pair.join("\t").as_bytes()),
            official: None,
        });
        self.pairs.push(pair);
        self.labels.push(0);
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The group of each pair: the same for pairs whose English or whose French differs in case, punctuation and
    /// white space only, and for those that such pairs lead to. A split that keeps groups whole has no sentence
    /// of either language on two sides.
    pub fn groups(&self) -> Vec<usize> {
        let mut parents: Vec<usize> = (0..self.len()).collect();
        for side in 0..2 {
            let mut firsts: HashMap<String, usize> = HashMap::new();
            for (index, pair) in self.pairs.iter().enumerate() {
                let first = *firsts.entry(key(&pair[side])).or_insert(index);
                let (one, other) = (root(&mut parents, first), root(&mut parents, index));
                parents[one.max(other)] = one.min(other);
            }
        }
        (0..self.len())
            .map(|index| root(&mut parents, index))
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

    /// Every translation of the English sentence of each pair at `indices` that is among them, its own first.
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

/// The root of a tree, with shorter ways for the next time.
fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}
