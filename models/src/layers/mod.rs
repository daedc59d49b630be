//! The kinds of layers: one file each, of a configuration, a size check, a module and its forward pass.
//!
//! - [`kind`]: the interface of a kind
//! - [`convolution`], [`max_pool`], [`dropout`], [`normalization`], [`dense`]: layers on maps or vectors
//! - [`flatten`], [`global_pooling`], [`attention_pooling`]: from maps to vectors
//! - [`residual`]: a list of layers inside a layer
//! - [`layer`]: a layer of any kind
//! - [`list`]: lists of layers
//! - [`options`]: what a user may change of a list
//! - [`table`]: the layer table
//! - [`lower`]: the first layers of a network, which fine-tuning takes over or freezes
//! - [`activation`]: activation functions
//! - [`recurrent`]: simple, gated and long short-term memory units
//!
//! To add a kind: its file with a [`LayerConfig`](kind::LayerConfig) and a [`LayerModule`](kind::LayerModule), and its
//! line in [`layer`].

pub mod activation;
pub mod attention_pooling;
pub mod convolution;
pub mod dense;
pub mod dropout;
pub mod flatten;
pub mod global_pooling;
pub mod kind;
pub mod layer;
pub mod list;
pub mod lower;
pub mod max_pool;
pub mod normalization;
pub mod options;
pub mod recurrent;
pub mod residual;
pub mod table;

pub use table::{LayerRow, LayerTable, thousands};
