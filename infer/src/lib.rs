//! Answers for pictures and folders of pictures with a model that Hebb trained.
//!
//! The library behind the `infer` command. It knows nothing of training: one model file, whose
//! card holds the preprocessing and the class names, and one picture are all it needs.
//!
//! 1. [`arguments`]: what was asked for;
//! 2. [`inputs`]: which pictures that means;
//! 3. [`model`]: which model answers, found, loaded and checked;
//! 4. [`answer`]: pictures to probabilities, in batches; or to reconstructions, [`reconstruct`], where
//!    the model is an autoencoder; recordings to probabilities, piece by piece, and a trace; [`sentences`] to
//!    translations, [`translate`], or to the sentiment of their phrases, [`sentiment`];
//! 5. [`report`], [`json`], [`table`]: the answers for a person, for a program, for a spreadsheet.
//!
//! # Exit codes
//! 0: every picture was answered. 1: something failed, one line on stderr says what (in a folder,
//! a picture that cannot be read is reported and skipped, the others are still answered).
//! 2: wrong arguments.
//!
//! # `--json`
//! One document on stdout, everything else on stderr. The fields below are stable; new ones may
//! be added.
//! ```json
//! {
//!   "model": {
//!     "file": "runs/mnist-mlp-1/model.safetensors",
//!     "experiment": "mnist-mlp",
//!     "trained_at": "2026-01-31T12:00:00Z",
//!     "epochs": 6,
//!     "seed": 1,
//!     "data": {"name": "mnist", "fingerprint": "9f2c...", "generated": false,
//!              "split": "official", "train": 54000, "valid": 6000, "test": 10000},
//!     "metrics": [{"name": "accuracy", "split": "test", "value": 0.975,
//!                  "interval": [0.972, 0.978], "n": 10000}],
//!     "calibration": {"temperature": 1.2, "threshold": 0.6, "target_error": 0.03,
//!                     "familiarity_limit": 9.1},
//!     "class_names": ["0", "1"],
//!     "device": "flex (CPU, SIMD)",
//!     "hebb_version": "0.1.0",
//!     "notice": null
//!   },
//!   "answers": [
//!     {"path": "seven.png", "class": "1", "probability": 0.9, "answered": true, "doubt": null,
//!      "uncertain": false, "probabilities": {"0": 0.1, "1": 0.9}}
//!   ],
//!   "failed": [{"path": "torn.png", "error": "..."}]
//! }
//! ```
//! `probability` is that of the most probable class, and `probabilities` holds every class in the
//! model's order and sums to 1; both are calibrated where the model is. `doubt` is `null` for an
//! answer that is given, `"uncertain"` where no class reaches the model's threshold, and
//! `"unfamiliar"` where the picture does not look like the training data (its statistics are farther
//! from theirs than `familiarity_limit`; the probabilities then mean nothing). In doubt, `answered` is
//! `false`, `uncertain` is `true`, and `class` is the doubt. An answer has a `notice` where the model's
//! answers must not stand without one.
//!
//! The answers about a recording are those about its pieces; the `path` is the file's, a colon, and the name of the
//! piece: its own, its line, or the moment at which it begins.
//!
//! An autoencoder's answers are
//! `{"path", "mse", "bce", "psnr", "unusual", "reconstruction", "code", "notice"}`: mean squared error
//! and binary cross-entropy of values of 0 to 1, the ratio in decibels, whether the error is larger
//! than that of 95 % of the validation pictures (`null` where that is not known), the PNG file of what
//! came back, and the code.
//!
//! A translator's answers are `{"path", "text", "translation", "alternatives", "longer_than_trained", "notice"}`:
//! where the sentence stands (`--text`, or the file and the line), the sentence, its best translation, and the best
//! ones as `{"translation", "probability", "score", "ended"}`; the probability is that of the whole translation, and
//! one that did not end was cut.
//!
//! Of a sentence, an answer holds beside `path`, `class`, `probability`, `probabilities`: `words`, the
//! `tree` in brackets with the labels found, `right_branching` (whether the tree was made up for want of a
//! parse), and `phrases`, every word and phrase in postorder as
//! `{"start", "end", "class", "probability"}`, where `start..end` are its words.
//!
//! # `--csv`
//! A header and one row for each picture that could be read: `path`, `class`, `probability`,
//! `answered` (`true` or `false`), `doubt` (empty, `uncertain` or `unfamiliar`), then `p_<class>` for
//! each class in the model's order, then `notice` where the model has one. Of an autoencoder: `path`,
//! `mse`, `bce`, `psnr`, `unusual`, `reconstruction`, `notice`. Of a translator: `path`, `text`, `translation`,
//! `probability`, `notice`.
//!
//! # `--codes`
//! A header and one row for each picture that could be read: `path`, then `c_0`, `c_1`, ... for each
//! unit of an autoencoder's code.

#![warn(missing_docs)]

pub mod answer;
pub mod arguments;
pub mod error;
pub mod inputs;
pub mod json;
pub mod lines;
pub mod model;
mod outputs;
mod raster;
pub mod reconstruct;
pub mod report;
mod run;
pub mod sentences;
pub mod sentiment;
mod show;
mod signal;
pub mod table;
mod text;
pub mod translate;

pub use error::{Error, Result};
pub use run::{guard, run};
pub use text::printable;
