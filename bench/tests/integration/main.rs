//! Tests of the measurements.
//!
//! One program for all of them: each would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compare;
mod imports;
mod neurons;
mod steps;
