//! A small language whose sentiment lies in how phrases are put together.
//!
//! Words judge ("fine", "dreadful"), "hardly" turns the judgement of the phrase after it round, "truly"
//! strengthens it, and of two judgements with "yet" between them the second counts. A sentence and its
//! reverse have the same words: who only counts words cannot tell them apart.

use rand::{Rng, RngExt};

use crate::dataset::Origin;
use crate::hash::sha256_hex;
use crate::synthetic::generator;
use crate::trees::bracket;
use crate::trees::{Grain, Node, Tree, TreeSet};

/// Words and how they judge, from -2 to 2.
const JUDGEMENTS: [(&str, i8); 8] = [
    ("dreadful", -2),
    ("clumsy", -1),
    ("dull", -1),
    ("long", 0),
    ("fine", 1),
    ("clever", 1),
    ("touching", 1),
    ("superb", 2),
];

/// What is judged.
const THINGS: [&str; 6] = ["film", "plot", "score", "cast", "ending", "script"];

/// A set of generated trees.
pub fn trees(count: usize, seed: u64, grain: Grain) -> TreeSet {
    let trees = (0..count).map(|index| {
        let tree = tree(seed, index);
        let origin = Origin {
            path: format!("generated/{index:06}"),
            sha256: sha256_hex(bracket::print(&tree).as_bytes()),
            official: None,
        };
        (tree, origin)
    });
    TreeSet::new("generated trees", true, trees, grain)
}

/// Tree `index` of `seed`.
pub fn tree(seed: u64, index: usize) -> Tree {
    let mut rng = generator(seed, index);
    let mut sentence = Sentence::default();
    sentence.word("the", 0);
    sentence.word(THINGS[rng.random_range(0..THINGS.len())], 0);
    sentence.join(0);
    sentence.word("is", 0);
    let value = sentence.judgement(&mut rng, 3);
    sentence.join(value);
    sentence.join(value);
    Tree::new(sentence.0).unwrap_or_else(|| unreachable!("every phrase has two parts"))
}

/// Nodes in postorder.
#[derive(Default)]
struct Sentence(Vec<Node>);

impl Sentence {
    fn word(&mut self, word: &str, value: i8) {
        self.0.push(Node {
            label: Some(label(value)),
            word: Some(word.to_owned()),
        });
    }

    /// The last two phrases become one.
    fn join(&mut self, value: i8) {
        self.0.push(Node {
            label: Some(label(value)),
            word: None,
        });
    }

    /// A phrase that judges, of at most so many brackets inside one another, and how it does.
    fn judgement(&mut self, rng: &mut impl Rng, depth: usize) -> i8 {
        let kind = if depth == 0 {
            9
        } else {
            rng.random_range(0..10)
        };
        let value = match kind {
            0..=2 => {
                self.word("hardly", 0);
                -self.judgement(rng, depth - 1)
            }
            3 => {
                self.word("truly", 0);
                (2 * self.judgement(rng, depth - 1)).clamp(-2, 2)
            }
            4..=6 => {
                self.judgement(rng, depth - 1);
                self.word("yet", 0);
                let second = self.judgement(rng, depth - 1);
                self.join(second);
                second
            }
            _ => {
                let (word, value) = JUDGEMENTS[rng.random_range(0..JUDGEMENTS.len())];
                self.word(word, value);
                return value;
            }
        };
        self.join(value);
        value
    }
}

fn label(value: i8) -> u8 {
    (value + 2).clamp(0, 4) as u8
}
