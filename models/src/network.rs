//! What a network is, and what its configuration can tell and build.

use burn::module::Module;
use burn::tensor::Device;

use crate::choices::Choices;
use crate::layers::LayerTable;
use crate::spiking_net::Activity;

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

/// A network that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// A size out of bounds.
    #[error("{what} is {value}: give a number from {min} to {max}")]
    OutOfBounds {
        /// Which size, and of which layer.
        what: String,
        /// What it is.
        value: usize,
        /// The smallest that is taken.
        min: usize,
        /// The largest that is taken.
        max: usize,
    },
    /// A number that is no number, or out of its range.
    #[error("{what} is {value}: give a number {range}")]
    BadNumber {
        /// Which number.
        what: String,
        /// What it is.
        value: f64,
        /// What is taken.
        range: &'static str,
    },
    /// Something was chosen that is no choice.
    #[error("{choice}: {reason}")]
    NoChoice {
        /// What was chosen.
        choice: String,
        /// Why that cannot be, and what to do.
        reason: String,
    },
    /// A layer whose window is larger than what reaches it.
    #[error(
        "{layer} needs at least {needed} x {needed} values, but {height} x {width} reach it: \
         use larger pictures or fewer layers"
    )]
    TooSmall {
        /// The layer.
        layer: String,
        /// Its window.
        needed: usize,
        /// The height of the maps that reach it.
        height: usize,
        /// The width of the maps that reach it.
        width: usize,
    },
    /// A side that cannot be halved as often as the network does.
    #[error("{what} is {value}, which cannot be halved {halvings} times: give a multiple of {}, or fewer layers", 1_u128 << (*halvings).min(100))]
    Indivisible {
        /// Which side.
        what: String,
        /// What it is.
        value: usize,
        /// How often it is halved.
        halvings: usize,
    },
    /// A layer in a place where it cannot be.
    #[error("{layer} cannot follow here: {reason}")]
    Misplaced {
        /// The layer.
        layer: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
}

/// Refuses a share of values to be zeroed that leaves none, or is no share.
pub(crate) fn check_dropout(
    what: impl FnOnce() -> String,
    rate: f64,
) -> Result<(), ArchitectureError> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(ArchitectureError::BadNumber {
        what: what(),
        value: rate,
        range: "from 0 up to, but not including, 1",
    })
}

/// Refuses a size outside of `bounds`.
pub(crate) fn check_size(
    what: impl FnOnce() -> String,
    value: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<(), ArchitectureError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(ArchitectureError::OutOfBounds {
        what: what(),
        value,
        min: *bounds.start(),
        max: *bounds.end(),
    })
}
