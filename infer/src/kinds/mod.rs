//! The kinds of models, one file each.

pub(crate) mod autoencoder;
pub(crate) mod images;
pub(crate) mod sentences;
pub(crate) mod signals;
pub(crate) mod trees;
