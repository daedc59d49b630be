//! Sentences as binary parse trees with a sentiment label for every phrase, as in the Stanford Sentiment Treebank (Socher
//! et al. 2013, <https://aclanthology.org/D13-1170/>).
//!
//! - [`tree`]: a tree as a list of nodes in postorder
//! - [`bracket`]: parser and printer of the bracketed notation of the Penn Treebank, `(3 (2 It) (4 works))`
//! - [`plain`]: tokenizer of plain text, which becomes a right-branching tree because there is no parser
//! - [`vocabulary`]: the words a network knows
//! - [`set`]: a data set of trees, read from the files of the treebank
//! - [`batch`]: batches of trees as levels that a network computes at once
//!
//! Nothing is recursive, so the depth of an untrusted tree cannot overflow the stack.

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
