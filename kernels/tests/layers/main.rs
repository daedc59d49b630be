//! Every operation against Burn's own, and convolution against its definition in f64.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adam;
mod chain;
mod convolution;
mod dense;
mod dropout;
mod normalization;
mod pool;
mod pooled;
mod reference;
mod sequence;
mod spiking;
mod support;

use kernels::Rectifier;
