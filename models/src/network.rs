//! What a network is, and what its configuration can tell and build.

use burn::module::Module;
use burn::tensor::Device;

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::layers::table::LayerTable;
use crate::networks::spiking_net::Activity;

/// A differentiable map from an input to a prediction.
///
/// Object safe, so that a caller can hold any network that takes what it has.
pub trait Network {
    /// What goes in: for pictures `Tensor<4>` of shape `[batch, channels, height, width]`.
    type Input;
    /// What comes out: for classifiers `Tensor<2>` of logits, `[batch, classes]`.
    type Output;

    /// Computes the prediction.
    fn forward(&self, input: Self::Input) -> Self::Output;

    /// What its units did over time, if they spike.
    fn activity(&self, _input: Self::Input) -> Option<Activity> {
        None
    }
}

/// The configuration of a network: small, serialisable, and enough to build it.
pub trait NetworkConfig {
    /// The network it builds.
    type Network: Network + Module;

    /// The same network with what a user chose of it.
    ///
    /// # Errors
    /// When it has no such choice.
    fn choose(self, choices: &Choices) -> Result<Self, ArchitectureError>
    where
        Self: Sized,
    {
        choices.refuse_all()?;
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
    fn init(&self, device: &Device) -> Self::Network;

    /// Builds the network without drawing weights: they are to be loaded. Weights that are not
    /// loaded are drawn when they are first used.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    fn blank(&self, device: &Device) -> Self::Network;

    /// The layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    fn layers(&self) -> LayerTable;

    /// What it takes.
    fn input(&self) -> InputShape;
}

/// What a network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// Pictures, `[channels, height, width]`; a signal is a picture one value wide.
    Picture([usize; 3]),
    /// Words, as numbers below the size of the vocabulary.
    Words(usize),
}
