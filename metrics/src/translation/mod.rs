//! How good translations are: BLEU, chrF and perplexity.

pub mod bleu;
pub mod chrf;
mod corpus;

pub use corpus::{References, SearchMetrics, TranslationMetrics};
