//! Many trees in flat arrays, and how the treebank's files become one set.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use crate::dataset::{Dataset, Metadata, Official, Origin};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::preprocessing::Preprocessing;
use crate::trees::bracket::{self, Labelling};
use crate::trees::preprocessing::{Grain, TreePreprocessing};
use crate::trees::tree::{Node, Tree};
use crate::trees::vocabulary::{UNKNOWN, Vocabulary};

/// The treebank's files, in its own split.
pub const FILES: [(&str, Official); 3] = [
    ("train.txt", Official::Train),
    ("dev.txt", Official::Valid),
    ("test.txt", Official::Test),
];

/// The most bytes of one file: the treebank's largest has 2 MB.
const MAX_FILE: u64 = 256 << 20;

/// In the flat arrays: a phrase that is no word.
const PHRASE: u32 = u32::MAX;

/// In the flat arrays: a phrase whose sentiment is not known, or not asked for.
const UNLABELLED: u8 = u8::MAX;

/// Trees whose roots have a class. Every tree lies in postorder in arrays that all share; nothing is a
/// box of its own.
#[derive(Clone, Debug)]
pub struct TreeSet {
    /// What the set is called, as in "sst-trees".
    pub name: String,
    /// Whether the trees were generated and stand in for real ones.
    pub generated: bool,
    /// The names of the classes.
    pub class_names: Vec<String>,
    /// What is done to a tree before a network sees it.
    pub preprocessing: TreePreprocessing,
    /// The class of each tree's root.
    pub labels: Vec<usize>,
    /// Where each tree comes from.
    pub origins: Vec<Origin>,
    /// Every distinct word as it is written, in the order of appearance.
    tokens: Vec<String>,
    /// The number of every token in the vocabulary.
    numbers: Vec<u32>,
    /// Of every node, its token, or [`PHRASE`].
    words: Vec<u32>,
    /// Of every node, its label, or [`UNLABELLED`].
    sentiments: Vec<u8>,
    /// Where each tree ends in the arrays of nodes.
    ends: Vec<usize>,
}

impl TreeSet {
    /// The set of `trees`, each with where it comes from; those whose root has no class at this grain are
    /// left out. No word is known until [`learn_words`](Self::learn_words).
    pub fn new(
        name: &str,
        generated: bool,
        trees: impl IntoIterator<Item = (Tree, Origin)>,
        grain: Grain,
    ) -> Self {
        let mut set = Self {
            name: name.to_owned(),
            generated,
            class_names: grain.class_names(),
            preprocessing: TreePreprocessing {
                grain,
                vocabulary: Vocabulary::default(),
            },
            labels: Vec::new(),
            origins: Vec::new(),
            tokens: Vec::new(),
            numbers: Vec::new(),
            words: Vec::new(),
            sentiments: Vec::new(),
            ends: Vec::new(),
        };
        let mut places = HashMap::new();
        for (tree, origin) in trees {
            set.push(tree, origin, &mut places);
        }
        set.numbers = vec![UNKNOWN; set.tokens.len()];
        set
    }

    /// Takes the vocabulary from the trees at `training`, so that nothing leaks from the others: the words
    /// that occur `at_least` times.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn learn_words(&mut self, training: &[usize], lower_case: bool, at_least: usize) {
        let words = (training.iter()).flat_map(|&tree| &self.words[self.nodes(tree)]);
        let words = words.filter_map(|&word| self.tokens.get(word as usize));
        let vocabulary = Vocabulary::new(words.map(String::as_str), lower_case, at_least);
        self.numbers = (self.tokens.iter())
            .map(|token| vocabulary.number(token))
            .collect();
        self.preprocessing.vocabulary = vocabulary;
    }

    fn push(&mut self, tree: Tree, origin: Origin, places: &mut HashMap<String, u32>) {
        let grain = self.preprocessing.grain;
        let root = tree
            .nodes()
            .last()
            .and_then(|root| root.label)
            .and_then(|label| grain.class(label));
        let Some(class) = root else { return };
        for node in tree.nodes() {
            self.sentiments.push(node.label.unwrap_or(UNLABELLED));
            self.words.push(match &node.word {
                None => PHRASE,
                Some(word) => match places.get(word) {
                    Some(&place) => place,
                    None => {
                        let place = self.tokens.len() as u32;
                        places.insert(word.clone(), place);
                        self.tokens.push(word.clone());
                        place
                    }
                },
            });
        }
        self.ends.push(self.words.len());
        self.labels.push(usize::from(class));
        self.origins.push(origin);
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no tree.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where a tree's nodes lie in the arrays.
    fn nodes(&self, tree: usize) -> std::ops::Range<usize> {
        let start = tree.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[tree]
    }

    /// A tree with its words as they are written.
    ///
    /// # Panics
    /// If there is no such tree, as with a slice.
    pub fn tree(&self, tree: usize) -> Tree {
        let nodes = self.nodes(tree).map(|node| Node {
            label: (self.sentiments[node] != UNLABELLED).then_some(self.sentiments[node]),
            word: self.tokens.get(self.words[node] as usize).cloned(),
        });
        // What was a tree when it came is one still.
        Tree::new(nodes.collect()).unwrap_or_else(|| unreachable!("tree {tree} of {}", self.name))
    }

    /// The numbers of a tree's words in postorder; `None` for a phrase of two.
    ///
    /// # Panics
    /// If there is no such tree.
    pub fn numbers(&self, tree: usize) -> Vec<Option<u32>> {
        let words = &self.words[self.nodes(tree)];
        words
            .iter()
            .map(|&word| self.numbers.get(word as usize).copied())
            .collect()
    }

    /// The classes of a tree's phrases in postorder; `None` where there is none at this grain.
    ///
    /// # Panics
    /// If there is no such tree.
    pub fn classes(&self, tree: usize) -> Vec<Option<u8>> {
        let sentiments = &self.sentiments[self.nodes(tree)];
        sentiments
            .iter()
            .map(|&label| self.preprocessing.grain.class(label))
            .collect()
    }

    /// The group of every tree: those of the same words, whatever their case, are one.
    pub fn groups(&self) -> Vec<usize> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        (0..self.len())
            .map(|tree| {
                let words: Vec<_> = (self.words[self.nodes(tree)].iter())
                    .filter_map(|&word| self.tokens.get(word as usize))
                    .map(|word| word.to_lowercase())
                    .collect();
                let next = seen.len();
                *seen.entry(words.join(" ")).or_insert(next)
            })
            .collect()
    }
}

impl Dataset for TreeSet {
    fn metadata(&self) -> Metadata<'_> {
        Metadata {
            name: &self.name,
            noun: "sentences",
            group_noun: "copies",
            generated: self.generated,
            class_names: &self.class_names,
            labels: &self.labels,
            origins: &self.origins,
            skipped: &[],
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
    }
}

/// Reads the treebank: a folder with `train.txt`, `dev.txt` and `test.txt`, a tree a line.
///
/// # Errors
/// When a file is missing, is no text, or a line is no labelled binary tree: the error names file, line and
/// column.
pub fn read(dir: &Path, grain: Grain) -> Result<TreeSet> {
    let mut trees = Vec::new();
    for (file, part) in FILES {
        let path = dir.join(file);
        let text = read_text(&path)?;
        let name = file.trim_end_matches(".txt");
        let before = trees.len();
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let tree = bracket::parse(line, Labelling::Required).map_err(|error| Error::Place {
                path: path.clone(),
                line: index + 1,
                column: error.column,
                reason: error.reason,
            })?;
            let origin = Origin {
                path: format!("{name}/{}", index + 1),
                sha256: sha256_hex(line.trim().as_bytes()),
                official: Some(part),
            };
            trees.push((tree, origin));
        }
        if trees.len() == before {
            return Err(Error::table(
                &path,
                "holds no tree; a tree a line is needed, as in (3 (2 It) (4 works))",
            ));
        }
    }
    Ok(TreeSet::new("sst-trees", false, trees, grain))
}

fn read_text(path: &Path) -> Result<String> {
    let unread = |source| Error::io("read", path, source);
    let about = std::fs::metadata(path).map_err(unread)?;
    if !about.is_file() {
        return Err(Error::table(
            path,
            "is no file; train.txt, dev.txt and test.txt are needed",
        ));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::table(
            path,
            format!(
                "has more than {} MB; a treebank's files are smaller",
                MAX_FILE >> 20
            ),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let before = String::from_utf8_lossy(before);
        Error::Place {
            path: path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before
                .rsplit('\n')
                .next()
                .map_or(1, |line| line.chars().count() + 1),
            reason: "this byte is no UTF-8: convert the file, as with iconv".to_owned(),
        }
    })
}
