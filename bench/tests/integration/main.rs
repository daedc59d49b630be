//! Tests of the measurements.
//!
//! One program for all of them: each would link Burn again.

mod compare;
mod imports;
mod neurons;
mod steps;
