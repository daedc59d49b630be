//! Tests of the public interface against closed forms, published figures and SciPy.
//!
//! All tests are modules of one program, because every further program would be compiled and linked on its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hodgkin_huxley;
mod recording;
mod spiking;
