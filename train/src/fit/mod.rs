//! The one training path: fits a network to an objective with Burn's supervised training.

mod adam;
mod adamax;
mod average;
pub mod checkpoint;
pub mod clipping;
pub mod console;
pub mod history;
pub mod interrupt;
pub mod memory;
pub mod monitor;
mod nadam;
pub mod objective;
pub mod recipe;
pub mod run;
pub mod schedule;
pub mod supervised;
pub mod threads;
