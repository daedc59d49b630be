//! Sentences in two languages: [`pairs`] reads and groups them, a [`Vocabulary`] cuts them into tokens, and
//! [`batch`] lays those of about the same length side by side.

pub mod batch;
mod languages;
pub mod pairs;
pub mod vocabulary;
mod words;

pub use batch::{Forcing, PairBatch, PairTokens};
pub use languages::Languages;
pub use pairs::PairSet;
pub use vocabulary::{END, PADDING, START, Vocabulary};
pub use words::words;
