//! Tests of the public interface: networks, the zoo, model files.
//!
//! All tests are modules of one program, because every further program would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod autoencoder;
mod earlier_versions;
mod file;
mod networks;
mod spiking_net;
mod translator;
mod tree_net;
mod zoo;
