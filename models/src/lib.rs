//! The networks of Hebb as Burn modules.
//!
//! - [`network`]: what a network is, and how its configuration builds it
//! - [`sequential`]: networks that are one list of layers
//! - [`mlp`], [`digit_cnn`], [`tumor_cnn`], [`tumor_net`]: the networks, one file each
//! - [`autoencoder`]: from pictures to codes and back
//! - [`translator`]: from a sentence to one in another language
//! - [`tree_net`]: recursive networks over parse trees
//! - [`activation`]: the activation functions to choose from
//! - [`choices`]: what a user may change of a network
//! - [`weighted`]: the convolutions and dense layers of every network
//! - [`normalization`]: batch and layer normalisation
//! - [`layers`]: the layer table
//! - [`zoo`]: every network under one type, so that a file can say which one it holds
//! - [`mod@file`]: the one-file model
//! - [`abstention`]: calibrated probabilities, and when no answer is given
//! - [`device`]: which backend computes
//!
//! Adding a network: its file, a `mod` line here, a variant and an arm in [`zoo`].

pub mod abstention;
pub mod activation;
pub mod autoencoder;
pub mod choices;
pub mod device;
pub mod digit_cnn;
pub mod ensemble;
pub mod file;
pub mod layers;
pub mod mlp;
pub mod network;
pub mod normalization;
pub mod recurrent;
pub mod sequential;
pub mod signal_cnn;
pub mod spiking_net;
pub mod translator;
pub mod tree_net;
pub mod tumor_cnn;
pub mod tumor_net;
pub mod weighted;
pub mod zoo;

pub use abstention::{Abstention, Calibration, OodDetector};
pub use activation::{Activation, Activations};
pub use autoencoder::{Autoencoder, AutoencoderConfig, Reconstruction};
pub use choices::{Choices, ChosenNormalization, Initialization};
pub use digit_cnn::DigitCnnConfig;
pub use ensemble::{Ensemble, EnsembleConfig};
pub use layers::{LayerRow, LayerTable};
pub use mlp::{MlpConfig, OutputActivation};
pub use network::{ArchitectureError, InputShape, Network, NetworkConfig};
pub use normalization::Normalization;
pub use recurrent::{Cell, Pooling, SequenceClassifier, SequenceClassifierConfig};
pub use sequential::{Layer, Sequential, SequentialConfig};
pub use signal_cnn::SignalCnnConfig;
pub use spiking_net::{
    Activity, Coding, Decay, Excited, LayerActivity, Readout, SpikingChoices, SpikingNet,
    SpikingNetConfig,
};
pub use translator::{Translator, TranslatorConfig};
pub use tree_net::{Composition, Forest, TreeNet, TreeNetConfig};
pub use tumor_cnn::TumorCnnConfig;
pub use tumor_net::TumorNetConfig;
pub use zoo::{Architecture, Predictor};
