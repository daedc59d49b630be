//! The kinds of layers: one file each.
//!
//! - [`activation`]: the activation functions to choose from
//! - [`convolution`]: convolutions, with an activation and max-pooling after them
//! - [`dense`]: fully connected layers
//! - [`normalization`]: batch and layer normalisation
//! - [`recurrent`]: simple, gated and long short-term memory units
//! - [`table`]: the layer table

pub mod activation;
pub mod convolution;
pub mod dense;
pub mod normalization;
pub mod recurrent;
pub mod table;

pub use table::{LayerRow, LayerTable, thousands};
