//! The one training path: fits a network to an objective with Burn's supervised training.
//!
//! | module | holds |
//! |---|---|
//! | [`run`] | [`Run::fit`](run::Run::fit): one training from the first epoch to the best network |
//! | [`recipe`] | its settings |
//! | [`supervised`], [`batch`] | one step: a network with its objective, on a batch |
//! | [`objective`] | what is minimised |
//! | [`optimizers`], [`schedule`], [`clipping`] | how a gradient becomes a step |
//! | [`monitor`], [`checkpoint`] | which epoch is the best, and what is kept of it |
//! | [`history`] | metrics of each epoch, `log.jsonl` and `metrics.csv` |
//! | [`console`], [`interrupt`] | progress, and Ctrl-C |
//! | [`memory`], [`threads`] | allocator and thread pool of the process |

mod average;
pub mod batch;
pub mod checkpoint;
pub mod clipping;
pub mod console;
pub mod history;
pub mod interrupt;
pub mod memory;
pub mod monitor;
pub mod objective;
pub mod optimizers;
pub mod recipe;
mod recorder;
pub mod run;
pub mod schedule;
mod session;
pub mod supervised;
pub mod threads;
