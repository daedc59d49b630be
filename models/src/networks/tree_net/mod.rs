//! Recursive networks over binary parse trees: `sentiment-tree`.
//!
//! Every word has a vector, every phrase a vector that is composed of those of its two parts, and a softmax classifies
//! each word and phrase by its vector (chapter, section "Recursive neural network"). [`Composition`] has the equations
//! and the papers.
//!
//! Trees are not walked node by node: a [`Forest`] holds many trees level by level, and each level is one matrix
//! product.
//!
//! - `composition`: from two vectors to one
//! - `forest`: batches of trees
//! - `model`: the network
//!
//! Names in a model file: `embedding.weight` `[vocabulary, embedding]`, `words.weight`, `words.bias` (only of a
//! Tree-LSTM), `phrases.weight`, `phrases.bias`, `classes.weight`, `classes.bias`; dense weights have Burn's shape
//! `[in, out]`.

mod composition;
mod forest;
mod model;

pub use composition::Composition;
pub use forest::Forest;
pub use model::{TreeNet, TreeNetConfig, TreeOptions};
