//! The networks of Hebb as Burn modules.
//!
//! - [`layers`]: the kinds of layers, one file each, and the layer table
//! - [`networks`]: the networks, one file each
//! - [`zoo`]: every network under one type, so that a model file can say which one it holds
//! - [`network`]: the interface of a network and of its configuration
//! - [`sequential`]: networks that are one list of layers
//! - [`choices`]: the options of all families together
//! - [`initialization`]: initialisers of weights
//! - [`limits`]: upper bounds on the sizes of a network
//! - [`error`]: the error of a network that cannot be built
//! - `names`: names of enum values
//! - [`mod@file`]: the one-file model
//! - [`abstention`]: calibrated probabilities, and when no answer is given
//! - [`device`]: which backend computes
//!
//! To add a network: its file in [`networks`], and its line in [`zoo`].

pub mod abstention;
pub mod choices;
pub mod device;
pub mod error;
pub mod file;
pub mod initialization;
pub mod layers;
pub mod limits;
mod names;
pub mod network;
pub mod networks;
pub mod sequential;
pub mod zoo;

pub use abstention::{Abstention, Calibration, OodDetector};
pub use choices::{Choices, FromChoices};
pub use error::ArchitectureError;
pub use initialization::Initialization;
pub use layers::activation::{Activation, Activations};
pub use layers::layer::Layer;
pub use layers::lower::{FEATURES, LowerLayers};
pub use layers::normalization::{ChosenNormalization, Normalization};
pub use layers::options::LayerOptions;
pub use layers::recurrent::Cell;
pub use layers::table::{LayerRow, LayerTable};
pub use network::{InputShape, Network, NetworkConfig, NoOptions, ZooEntry};
pub use networks::autoencoder::{Autoencoder, AutoencoderConfig, Reconstruction};
pub use networks::digit_cnn::DigitCnnConfig;
pub use networks::ensemble::{Ensemble, EnsembleConfig};
pub use networks::mlp::{MlpConfig, OutputActivation};
pub use networks::sequence_classifier::{Pooling, SequenceClassifier, SequenceClassifierConfig};
pub use networks::signal_cnn::SignalCnnConfig;
pub use networks::spiking_net::{
    Activity, Coding, Decay, ExampleActivity, LayerActivity, NamedSurrogate, Readout, SpikingNet,
    SpikingNetConfig, SpikingOptions, parse_reset,
};
pub use networks::translator::{Translator, TranslatorConfig};
pub use networks::tree_net::{Composition, Forest, TreeNet, TreeNetConfig, TreeOptions};
pub use networks::tumor_cnn::TumorCnnConfig;
pub use networks::tumor_net::TumorNetConfig;
pub use networks::{autoencoder, spiking_net, translator, tree_net};
pub use sequential::{Sequential, SequentialConfig};
pub use zoo::{Architecture, OtherNetwork, Predictor};
