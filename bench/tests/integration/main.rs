//! Tests of the measurements.
//!
//! All tests are modules of one program, because every further program would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compare;
mod imports;
mod kill;
mod neurons;
mod resume;
mod steps;
