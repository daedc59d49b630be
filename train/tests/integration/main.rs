//! Tests of the `train` program, from its arguments to the run folder that it leaves.
//!
//! All tests are modules of one program, because every further program would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod abstention;
mod bad_input;
mod command_line;
#[cfg(unix)]
mod dashboard;
mod durability;
mod earlier_versions;
mod evaluate;
mod experiments;
mod fine_tuning;
#[cfg(unix)]
mod interrupt;
mod neurons;
mod same_seed;
mod spiking;
mod spiking_nets;
mod spiking_neurons;
mod splits;
mod stage;
mod translate;
