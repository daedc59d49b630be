//! The networks: one file each.
//!
//! - [`mlp`]: multilayer perceptrons
//! - [`digit_cnn`]: the convolutional network for digits
//! - [`signal_cnn`]: the convolutional network over time
//! - [`tumor_cnn`]: the chapter's deep network for tumour pictures
//! - [`tumor_net`]: our network for tumour pictures
//! - [`ensemble`]: several networks that answer together
//! - [`autoencoder`]: from pictures to codes and back
//! - [`sequence_classifier`]: recurrent networks for pictures and recordings
//! - [`spiking_net`]: spiking networks that learn
//! - [`translator`]: from a sentence to one in another language
//! - [`tree_net`]: recursive networks over parse trees

pub mod autoencoder;
pub mod digit_cnn;
pub mod ensemble;
pub mod mlp;
pub mod sequence_classifier;
pub mod signal_cnn;
pub mod spiking_net;
pub mod translator;
pub mod tree_net;
pub mod tumor_cnn;
pub mod tumor_net;
