//! Sentence pairs in two languages: [`pairs`] reads and groups them, a [`Vocabulary`] encodes them as tokens, and [`batch`]
//! makes batches of sentences of similar length.

pub mod batch;
mod languages;
pub mod pairs;
pub mod vocabulary;
mod words;

pub use batch::{Forcing, PairBatch, PairTokens};
pub use languages::Languages;
pub use pairs::PairSet;
pub use vocabulary::{END, PADDING, START, Vocabulary};
pub use words::word_count;
