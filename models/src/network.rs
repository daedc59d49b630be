//! The interface of a network, and of the configuration that builds it.

use burn::module::Module;
use burn::tensor::Device;

use crate::error::ArchitectureError;
use crate::initialization::draw_parameters;
use crate::layers::table::LayerTable;

/// A differentiable map from an input to a prediction.
///
/// Object safe, so that a caller can hold any network that takes its input.
pub trait Network {
    /// Input of a batch: for images `Tensor<4>` of shape `[batch, channels, height, width]`.
    type Input;
    /// Prediction: for classifiers `Tensor<2>` of logits, `[batch, classes]`.
    type Output;

    /// Computes the prediction.
    fn forward(&self, input: Self::Input) -> Self::Output;
}

/// Configuration of a network: small, serialisable, and enough to build it.
pub trait NetworkConfig: Sized {
    /// The network that it builds.
    type Network: Network + Module;

    /// Options that a user may set, [`NoOptions`] for none.
    type Options;

    /// Applies a user's options.
    ///
    /// # Errors
    /// When the network does not have one of them.
    fn with_options(self, _options: &Self::Options) -> Result<Self, ArchitectureError> {
        Ok(self)
    }

    /// Checks every size, so that nothing below can panic or ask for absurd amounts of memory.
    ///
    /// # Errors
    /// Names the first field out of bounds, its value and the bounds.
    fn validate(&self) -> Result<(), ArchitectureError>;

    /// Builds the network and draws its weights now, so that one seed gives one network whatever
    /// else draws random numbers later.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    fn init(&self, device: &Device) -> Self::Network {
        let network = self.blank(device);
        draw_parameters(&network);
        network
    }

    /// Builds the network without drawing weights: they are to be loaded. Weights that are not
    /// loaded are drawn when they are first used.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    fn blank(&self, device: &Device) -> Self::Network;

    /// Returns the layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    fn layers(&self) -> LayerTable;

    /// Returns the shape of one input.
    fn input(&self) -> InputShape;
}

/// What the zoo asks of a configuration beside [`NetworkConfig`].
pub trait ZooEntry: NetworkConfig {
    /// Returns at least one configuration with the name of its experiment. Tests try every network by these.
    fn examples() -> Vec<(&'static str, Self)>;

    /// Returns the sentence that must stand with every answer, if there is one.
    fn notice(&self) -> Option<&'static str> {
        None
    }
}

/// Options of a network that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoOptions;

/// Shape of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// Image, `[channels, height, width]`; a signal is an image of width 1.
    Picture([usize; 3]),
    /// Sequence of words, given as indices below this size of the vocabulary.
    Words(usize),
}

/// Notice of every network that answers about scans of patients.
pub const MEDICAL_NOTICE: &str = "Research and teaching only, not a medical device.";
