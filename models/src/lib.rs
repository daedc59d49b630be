//! The networks of Hebb as Burn modules.
//!
//! - [`layers`]: the kinds of layers, one file each, and the layer table
//! - [`networks`]: the networks, one file each
//! - [`zoo`]: every network under one type, so that a file can say which one it holds
//! - [`network`]: what a network is, and how its configuration builds it
//! - [`sequential`]: networks that are one list of layers
//! - [`choices`]: what a user may change of a network
//! - [`initialization`]: how weights start
//! - [`limits`]: the largest sizes that are built
//! - [`error`]: why a network cannot be built
//! - [`mod@file`]: the one-file model
//! - [`abstention`]: calibrated probabilities, and when no answer is given
//! - [`device`]: which backend computes
//!
//! Adding a network: its file in [`networks`], a variant and an arm in [`zoo`].

pub mod abstention;
pub mod choices;
pub mod device;
pub mod error;
pub mod file;
pub mod initialization;
pub mod layers;
pub mod limits;
pub mod network;
pub mod networks;
pub mod sequential;
pub mod zoo;

pub use abstention::{Abstention, Calibration, OodDetector};
pub use choices::Choices;
pub use error::ArchitectureError;
pub use initialization::Initialization;
pub use layers::activation::{Activation, Activations};
pub use layers::normalization::{ChosenNormalization, Normalization};
pub use layers::recurrent::Cell;
pub use layers::table::{LayerRow, LayerTable};
pub use network::{InputShape, Network, NetworkConfig};
pub use networks::autoencoder::{Autoencoder, AutoencoderConfig, Reconstruction};
pub use networks::digit_cnn::DigitCnnConfig;
pub use networks::ensemble::{Ensemble, EnsembleConfig};
pub use networks::mlp::{MlpConfig, OutputActivation};
pub use networks::sequence_classifier::{Pooling, SequenceClassifier, SequenceClassifierConfig};
pub use networks::signal_cnn::SignalCnnConfig;
pub use networks::spiking_net::{
    Activity, Coding, Decay, ExampleActivity, LayerActivity, Readout, SpikingChoices, SpikingNet,
    SpikingNetConfig,
};
pub use networks::translator::{Translator, TranslatorConfig};
pub use networks::tree_net::{Composition, Forest, TreeNet, TreeNetConfig};
pub use networks::tumor_cnn::TumorCnnConfig;
pub use networks::tumor_net::TumorNetConfig;
pub use networks::{autoencoder, spiking_net, translator, tree_net};
pub use sequential::{Layer, Sequential, SequentialConfig};
pub use zoo::{Architecture, Predictor};
