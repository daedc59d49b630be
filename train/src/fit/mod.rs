//! The one training path: fits a network to an objective with Burn's supervised training.
//!
//! | module | holds |
//! |---|---|
//! | [`run`] | [`Run::fit`](run::Run::fit): one training from the first epoch to the best network |
//! | `session`, `epochs` | its start and end; the loop over the epochs |
//! | [`recipe`] | its settings |
//! | [`supervised`], [`batch`] | one step: a network with its objective, on a batch |
//! | [`objective`] | what is minimised |
//! | [`optimizers`], [`schedule`], [`clipping`] | how a gradient becomes a step |
//! | [`monitor`] | which epoch is the best |
//! | [`checkpoint`], `progress`, [`cadence`] | what is saved of a training, and how often |
//! | [`init`], [`continuation`] | the model that a training starts from; training on with another recipe |
//! | [`history`] | metrics of each epoch, `log.jsonl` and `metrics.csv` |
//! | [`console`], [`terminal`] | progress on the screen |
//! | [`interrupt`] | Ctrl-C and other signals that end a run |
//! | [`memory`], [`threads`] | allocator and thread pool of the process |

mod average;
pub mod batch;
pub mod cadence;
pub mod checkpoint;
pub mod class_weights;
pub mod clipping;
pub mod console;
pub mod continuation;
mod epochs;
pub mod history;
pub mod init;
pub mod interrupt;
pub mod memory;
pub mod monitor;
pub mod objective;
pub mod optimizers;
pub mod progress;
pub mod recipe;
mod recorder;
pub mod run;
pub mod schedule;
mod session;
pub mod supervised;
pub mod terminal;
pub mod threads;
