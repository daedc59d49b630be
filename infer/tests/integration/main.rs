//! Tests of the `infer` program, from its arguments to what it prints and writes.
//!
//! All tests are modules of one program, because every further program would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod abstention;
mod answers;
mod bad_input;
mod from_training;
mod model_choice;
mod reconstructions;
mod sentences;
mod signals;
mod stage;
mod translations;
