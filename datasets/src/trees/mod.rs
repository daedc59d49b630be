//! Sentences as binary parse trees with a sentiment for every phrase, as in the Stanford Sentiment
//! Treebank (Socher et al. 2013, <https://aclanthology.org/D13-1170/>).
//!
//! - [`tree`]: one tree, flat, and what can be asked of it
//! - [`bracket`]: the bracketed notation of the Penn Treebank, `(3 (2 It) (4 works))`, read and printed
//! - [`plain`]: plain text cut into words and parsed, for want of a parser, into a right-branching tree
//! - [`vocabulary`]: which words a network knows
//! - [`set`]: many trees in flat arrays, and how the treebank's files become one
//! - [`batch`]: many trees as levels, which a network computes at once
//!
//! Nothing here recurses: the depth of a tree that comes from anybody cannot overflow the stack.

pub mod batch;
pub mod bracket;
pub mod plain;
mod preprocessing;
pub mod set;
pub mod tree;
pub mod vocabulary;

pub use batch::{Levels, TreeBatch, TreeTargets};
pub use bracket::{BadTree, Labelling};
pub use preprocessing::{Grain, TreePreprocessing};
pub use set::TreeSet;
pub use tree::{MAX_DEPTH, MAX_WORDS, Node, Tree};
pub use vocabulary::Vocabulary;
