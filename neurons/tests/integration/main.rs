//! Tests of the public interface against closed forms, published figures and SciPy.
//!
//! One program for all of them: each would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hodgkin_huxley;
mod recording;
mod spiking;
