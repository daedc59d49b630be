//! Generated stand-ins, so that everything can be run, tested and shown without data and without a network connection.
//!
//! | kind of data | stand-in | out-of-distribution |
//! |---|---|---|
//! | pictures | [`digits`], head [`phantoms`] of four classes | [`ood_picture`] |
//! | signals | [`eeg`] | [`ood_signal`] |
//! | sentence pairs | [`sentence_pairs`] | |
//! | parse trees | [`phrases::trees`] | |
//!
//! Example `i` of seed `s` is always the same, whatever the number of examples or threads: each example has its own
//! random generator, stream `i` of ChaCha8 seeded with `s`.

mod digits;
mod generator;
mod ood_pictures;
mod phantoms;
pub mod phrases;
mod sentences;
mod signals;
mod strokes;

pub use digits::{DIGIT_SIZE, digit, digits};
pub use ood_pictures::{OOD_PICTURES, ood_picture};
pub use phantoms::{Mass, PHANTOM_SIZE, phantom, phantoms, write_phantoms};
pub use sentences::{sentence_pair, sentence_pairs};
pub use signals::{OOD_SIGNALS, eeg, ood_signal};
