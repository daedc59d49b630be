//! The networks: one file each, declared by their lines in the [`zoo`](crate::zoo).
//!
//! - [`mlp`]: multilayer perceptrons
//! - [`digit_cnn`], [`signal_cnn`], [`tumor_cnn`], [`tumor_net`]: convolutional networks
//! - [`sequence_classifier`]: recurrent networks
//! - [`spiking_net`]: spiking networks
//! - [`autoencoder`]: networks that compress images and restore them
//! - [`translator`]: the translator
//! - [`tree_net`]: recursive networks over parse trees
//! - [`ensemble`]: several networks that answer together

pub mod ensemble;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

macro_rules! declare_modules {
    ($($(#[$doc:meta])* $module:ident::$config:ident as $variant:ident,)*) => {
        $(pub mod $module;)*
    };
}

crate::every_network!(declare_modules);
