//! A data set of parse trees, read from the files of the Stanford Sentiment Treebank.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, Metadata, Official, Origin};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::preprocessing::Preprocessing;
use crate::split::groups::numbered;
use crate::trees::bracket::{self, Labelling};
use crate::trees::preprocessing::{Grain, TreePreprocessing};
use crate::trees::tree::{Node, Tree};
use crate::trees::vocabulary::{UNKNOWN, Vocabulary};

/// The files of the treebank, which are the parts of its official split.
pub const FILES: [(&str, Official); 3] = [
    ("train.txt", Official::Train),
    ("dev.txt", Official::Valid),
    ("test.txt", Official::Test),
];

/// Maximum size of a file, in bytes; the treebank's largest has 2 MB.
const MAX_FILE: u64 = 256 << 20;

/// Marks a phrase in the array of words.
const PHRASE: u32 = u32::MAX;

/// Marks a phrase without a label in the array of labels.
const UNLABELLED: u8 = u8::MAX;

/// Parse trees whose roots have a class. The nodes of all trees are stored in postorder in shared arrays.
#[derive(Clone, Debug)]
pub struct TreeSet {
    /// Name of the set, for example "sst-trees".
    pub name: String,
    /// Whether the trees were generated as stand-ins for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// How a tree is preprocessed.
    pub preprocessing: TreePreprocessing,
    /// Class of each tree's root.
    pub labels: Vec<usize>,
    /// Origin of each tree.
    pub origins: Vec<Origin>,
    /// Distinct words as written, in the order of their first appearance.
    tokens: Vec<String>,
    /// Number in the vocabulary of each distinct word.
    numbers: Vec<u32>,
    /// Index into `tokens` of each node, or [`PHRASE`].
    words: Vec<u32>,
    /// Label of each node, or [`UNLABELLED`].
    sentiments: Vec<u8>,
    /// End of each tree in the arrays of nodes.
    ends: Vec<usize>,
}

impl TreeSet {
    /// Creates a set of trees with their origins. Trees whose root has no class are skipped. The vocabulary is empty until
    /// [`learn_words`](Self::learn_words) is called.
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

    /// Sets the vocabulary to the words that occur at least `at_least` times in the trees at `training`, so that nothing leaks
    /// from the others.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn learn_words(&mut self, training: &[usize], lower_case: bool, at_least: usize) {
        let words = (training.iter()).flat_map(|&tree| &self.words[self.nodes(tree)]);
        let words = words.filter_map(|&word| self.tokens.get(word as usize));
        self.set_vocabulary(Vocabulary::new(
            words.map(String::as_str),
            lower_case,
            at_least,
        ));
    }

    /// Sets the vocabulary to that of a trained network.
    pub fn set_vocabulary(&mut self, vocabulary: Vocabulary) {
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

    /// Returns the number of trees.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the set has no trees.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the range of a tree's nodes in the arrays.
    fn nodes(&self, tree: usize) -> std::ops::Range<usize> {
        let start = tree.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[tree]
    }

    /// Returns a tree with its words as written.
    ///
    /// # Panics
    /// If `tree` is not below [`len`](Self::len).
    pub fn tree(&self, tree: usize) -> Tree {
        let nodes = self.nodes(tree).map(|node| Node {
            label: (self.sentiments[node] != UNLABELLED).then_some(self.sentiments[node]),
            word: self.tokens.get(self.words[node] as usize).cloned(),
        });
        // The nodes were those of a valid tree.
        Tree::new(nodes.collect()).unwrap_or_else(|| unreachable!("tree {tree} of {}", self.name))
    }

    /// Returns the nodes of a tree in postorder: the number of a word, or `None` for a phrase.
    ///
    /// # Panics
    /// If `tree` is not below [`len`](Self::len).
    pub fn numbers(&self, tree: usize) -> Vec<Option<u32>> {
        let words = &self.words[self.nodes(tree)];
        words
            .iter()
            .map(|&word| self.numbers.get(word as usize).copied())
            .collect()
    }

    /// Returns the classes of the nodes of a tree in postorder; `None` for a node without a class.
    ///
    /// # Panics
    /// If `tree` is not below [`len`](Self::len).
    pub fn classes(&self, tree: usize) -> Vec<Option<u8>> {
        let sentiments = &self.sentiments[self.nodes(tree)];
        sentiments
            .iter()
            .map(|&label| self.preprocessing.grain.class(label))
            .collect()
    }

    /// Returns the group of every tree: trees of the same words, ignoring case, form a group.
    pub fn groups(&self) -> Vec<usize> {
        let sentence = |tree| {
            let words: Vec<_> = (self.words[self.nodes(tree)].iter())
                .filter_map(|&word| self.tokens.get(word as usize))
                .map(|word| word.to_lowercase())
                .collect();
            words.join(" ")
        };
        numbered((0..self.len()).map(sentence))
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
            notes: &[],
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
    }
}

/// Reads the treebank: a folder with `train.txt`, `dev.txt` and `test.txt`, with one tree per line.
///
/// # Errors
/// - [`Error::Io`] if a file cannot be read
/// - [`Error::Layout`] if the folder has no such files
/// - [`Error::Table`] if a file is too large or has no trees
/// - [`Error::Place`], with line and column, if a line is not a labelled binary tree
pub fn read(dir: &Path, grain: Grain) -> Result<TreeSet> {
    let dir = folder(dir)?;
    let mut trees = Vec::new();
    for (file, part) in FILES {
        let name = file.trim_end_matches(".txt");
        trees.extend(read_trees(&dir.join(file), name, Some(part))?);
    }
    Ok(TreeSet::new("sst-trees", false, trees, grain))
}

/// Returns the folder of the files: `dir`, or `dir/trees` as the treebank's archive has it.
fn folder(dir: &Path) -> Result<PathBuf> {
    let [(train, _), ..] = FILES;
    let inside = [dir.to_path_buf(), dir.join("trees")];
    let mut folders = inside.into_iter();
    let found = folders.find(|folder| folder.join(train).exists());
    found.ok_or_else(|| Error::Layout {
        dir: dir.to_path_buf(),
        reason: format!(
            "there is no {train}; train.txt, dev.txt and test.txt are needed, with a parse tree on each line, as in (3 (2 It) (4 works)); sentences with labels alone have no trees"
        ),
    })
}

/// Reads one file of trees, one per line, without an official split.
///
/// # Errors
/// The errors of [`read`].
pub fn read_file(path: &Path, grain: Grain) -> Result<TreeSet> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let trees = read_trees(path, &name, None)?;
    Ok(TreeSet::new("trees", false, trees, grain))
}

/// Reads the trees of a file; the paths of their origins start with `name`.
fn read_trees(path: &Path, name: &str, part: Option<Official>) -> Result<Vec<(Tree, Origin)>> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let tree = |(index, line): (usize, &str)| {
        let tree = bracket::parse(line, Labelling::Required).map_err(|error| Error::Place {
            path: path.to_path_buf(),
            line: index + 1,
            column: error.column,
            reason: error.reason,
        })?;
        let origin = Origin {
            path: format!("{name}/{}", index + 1),
            sha256: sha256_hex(line.trim().as_bytes()),
            official: part,
        };
        Ok((tree, origin))
    };
    let trees = lines.map(tree).collect::<Result<Vec<_>>>()?;
    if trees.is_empty() {
        return Err(Error::table(
            path,
            "has no trees; write one tree per line, as in (3 (2 It) (4 works))",
        ));
    }
    Ok(trees)
}

/// Reads a text file, which may come from anywhere.
fn read_text(path: &Path) -> Result<String> {
    let unread = |source| Error::io("read", path, source);
    let about = std::fs::metadata(path).map_err(unread)?;
    if !about.is_file() {
        return Err(Error::table(
            path,
            "is not a file; train.txt, dev.txt and test.txt are needed",
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
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    } else if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Error::table(path, "is UTF-16; save it as UTF-8"));
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
            reason: "this byte is not UTF-8: convert the file, for example with iconv".to_owned(),
        }
    })
}
