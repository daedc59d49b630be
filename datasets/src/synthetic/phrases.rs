//! Parse trees of a small language whose sentiment depends on the composition of phrases.
//!
//! Words have a sentiment ("fine", "dreadful"), "hardly" negates the phrase after it, "truly" amplifies it, and of two
//! phrases joined by "yet" the second counts. Sentences of the same words may have different sentiments, so that counting
//! words does not suffice.

use rand::{Rng, RngExt};

use crate::synthetic::generator::{generator, origin};
use crate::trees::bracket;
use crate::trees::{Grain, Node, Tree, TreeSet};

/// Words and their sentiment, from -2 to 2.
const SENTIMENTS: [(&str, i8); 8] = [
    ("dreadful", -2),
    ("clumsy", -1),
    ("dull", -1),
    ("long", 0),
    ("fine", 1),
    ("clever", 1),
    ("touching", 1),
    ("superb", 2),
];

/// Subjects of the sentences.
const SUBJECTS: [&str; 6] = ["film", "plot", "score", "cast", "ending", "script"];

/// Generates a set of `count` trees.
pub fn trees(count: usize, seed: u64, grain: Grain) -> TreeSet {
    let trees = (0..count).map(|index| {
        let tree = tree(seed, index);
        let origin = origin("generated", index, bracket::print(&tree).as_bytes());
        (tree, origin)
    });
    TreeSet::new("generated trees", true, trees, grain)
}

/// Generates tree `index` of the series of `seed`.
pub fn tree(seed: u64, index: usize) -> Tree {
    let mut rng = generator(seed, index);
    let mut sentence = Sentence::default();
    sentence.word("the", 0);
    sentence.word(SUBJECTS[rng.random_range(0..SUBJECTS.len())], 0);
    sentence.join(0);
    sentence.word("is", 0);
    let value = sentence.phrase(&mut rng, 3);
    sentence.join(value);
    sentence.join(value);
    Tree::new(sentence.0).unwrap_or_else(|| unreachable!("every phrase has two parts"))
}

/// The nodes of a tree in postorder.
#[derive(Default)]
struct Sentence(Vec<Node>);

impl Sentence {
    /// Appends a word.
    fn word(&mut self, word: &str, value: i8) {
        self.0.push(Node {
            label: Some(label(value)),
            word: Some(word.to_owned()),
        });
    }

    /// Joins the last two phrases.
    fn join(&mut self, value: i8) {
        self.0.push(Node {
            label: Some(label(value)),
            word: None,
        });
    }

    /// Appends a phrase with at most `depth` nested brackets and returns its sentiment.
    fn phrase(&mut self, rng: &mut impl Rng, depth: usize) -> i8 {
        let kind = if depth == 0 {
            9
        } else {
            rng.random_range(0..10)
        };
        let value = match kind {
            0..=2 => {
                self.word("hardly", 0);
                -self.phrase(rng, depth - 1)
            }
            3 => {
                self.word("truly", 0);
                (2 * self.phrase(rng, depth - 1)).clamp(-2, 2)
            }
            4..=6 => {
                self.phrase(rng, depth - 1);
                self.word("yet", 0);
                let second = self.phrase(rng, depth - 1);
                self.join(second);
                second
            }
            _ => {
                let (word, value) = SENTIMENTS[rng.random_range(0..SENTIMENTS.len())];
                self.word(word, value);
                return value;
            }
        };
        self.join(value);
        value
    }
}

/// Returns the label of a sentiment, 0 to 4.
fn label(value: i8) -> u8 {
    (value + 2).clamp(0, 4) as u8
}
