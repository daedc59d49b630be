//! Answers with a model that Hebb trained: the library behind the `infer` command.
//!
//! It knows nothing of training. A model file holds the network, the preprocessing and the class names, so one file and
//! an input are all that an answer needs.
//!
//! | module | holds |
//! |---|---|
//! | `run` | the command, from its arguments to its exit code |
//! | `arguments` | the command line |
//! | `find` | which model answers |
//! | `model` | the models, by the kind of their inputs |
//! | `kind`, `kinds` | what a kind of model has to offer, and one file for each kind: reading, answering, printing, tables |
//! | `session` | one call: inputs in batches, answers as they come |
//! | `classes`, `classifier` | answers and networks of classifiers |
//! | `pictures`, `lines` | inputs of several kinds: pictures, and sentences in text files |
//! | `document`, `table`, `named_files` | outputs: JSON, CSV, files named after inputs |
//! | `summary`, `terminal` | outputs for people: the lines about the model, the terminal |
//! | `info` | the description of a loaded model |
//! | `error` | errors |
//!
//! To add a kind of model: its file in `kinds`, and its variant in `model`.
//!
//! # Exit codes
//! - 0: every input was answered.
//! - 1: something failed, and one line on standard error says what. If an input cannot be read, the others are still
//!   answered.
//! - 2: wrong arguments.
//!
//! # `--json`
//! Standard output holds one document, and everything else goes to standard error. Answers are written as they come: if
//! the command fails after the first answers, the document has no end. The fields below are stable; new ones may be
//! added.
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
//!
//! A classifier of pictures answers with:
//! - `probability`: the probability of the most probable class;
//! - `probabilities`: the probability of each class, in the model's order. They sum to 1, and are calibrated if the model
//!   is;
//! - `doubt`: the reason for no answer. It is `"uncertain"` if no class reaches the model's threshold, and `"unfamiliar"`
//!   if the picture's statistics are farther from those of the training data than `familiarity_limit`; the probabilities
//!   then mean nothing. It is `null` if there is an answer;
//! - `answered`, `uncertain`: whether `doubt` is `null`, and whether it is not;
//! - `class`: the most probable class, or `doubt`;
//! - `notice`: a notice that must accompany the answer, if the model has one.
//!
//! A classifier of recordings answers for each piece of a recording. `path` is the path of the file, a colon, and the name
//! of the piece: its own name, its line, or the moment at which it begins.
//!
//! A classifier of sentences adds:
//! - `words`: the words;
//! - `tree`: the tree in brackets, with the predicted classes as labels;
//! - `right_branching`: whether the tree was assumed, because there was no parse;
//! - `phrases`: every word and phrase in postorder, as `{"start", "end", "class", "probability"}` over the words
//!   `start..end`.
//!
//! An autoencoder answers with `{"path", "mse", "bce", "psnr", "unusual", "reconstruction", "code", "notice"}`: the mean
//! squared error and the binary cross-entropy of values of 0 to 1, the peak signal-to-noise ratio in decibels, whether the
//! error is larger than that of 95 % of the validation pictures (`null` if that was not measured), the path of the
//! reconstruction, and the code.
//!
//! A translator answers with `{"path", "text", "translation", "alternatives", "longer_than_trained", "notice"}`: the origin
//! of the sentence (`--text`, or the file and the line), the sentence, its best translation, and the best translations as
//! `{"translation", "probability", "score", "ended"}`. The probability is that of the whole translation, and a translation
//! that did not end was cut.
//!
//! # `--csv`
//! A header, and one row for each answer.
//! - Classifiers: `path`, `class`, `probability`, `answered`, `doubt` (empty, `uncertain` or `unfamiliar`), then
//!   `p_<class>` for each class in the model's order.
//! - Autoencoders: `path`, `mse`, `bce`, `psnr`, `unusual`, `reconstruction`.
//! - Translators: `path`, `text`, `translation`, `probability`.
//!
//! A last column, `notice`, is there if the model has one.
//!
//! # `--codes`
//! A header, and one row for each picture: `path`, then `c_0`, `c_1`, ... for each unit of an autoencoder's code.

#![warn(missing_docs)]

mod arguments;
mod classes;
mod classifier;
mod document;
mod error;
mod find;
mod info;
mod kind;
mod kinds;
mod lines;
mod model;
mod named_files;
mod pictures;
mod run;
mod session;
mod summary;
mod table;
mod terminal;

pub use run::{check_arguments, run};
