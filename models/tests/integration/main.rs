//! Tests of the public interface: networks, the zoo, model files.
//!
//! One program for all of them: each would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod autoencoder;
mod earlier_versions;
mod file;
mod networks;
mod spiking_net;
mod translator;
mod tree_net;
mod zoo;
