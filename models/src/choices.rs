//! What a user may change of a network without writing another.

use serde::{Deserialize, Serialize};

use std::str::FromStr;

use burn::nn::Initializer;

use crate::activation::{Activation, Activations};
use crate::network::ArchitectureError;
use crate::normalization::Normalization;
use crate::sequential::{glorot_uniform, he_uniform};
use crate::spiking_net::SpikingChoices;
use crate::tree_net::Composition;

/// What was chosen; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// The activation of the layers that have a choice, or one for each of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activations>,
    /// The units of each hidden layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<usize>>,
    /// What is normalised between sums and activations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalization: Option<ChosenNormalization>,
    /// How the weights start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialization: Option<Initialization>,
    /// How a recursive network makes one phrase of two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composition: Option<Composition>,
    /// What a spiking network leaves open.
    #[serde(skip_serializing_if = "SpikingChoices::are_none")]
    pub spiking: SpikingChoices,
}

/// How weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initialization {
    /// Glorot and Bengio's: for activations that are about linear around zero.
    Xavier,
    /// He's: for those that are zero on one side.
    He,
}

impl Initialization {
    /// That which goes with an activation.
    pub fn suiting(activation: Activation) -> Self {
        match activation {
            Activation::Identity
            | Activation::Sigmoid
            | Activation::LogSigmoid
            | Activation::Tanh
            | Activation::Selu => Self::Xavier,
            _ => Self::He,
        }
    }

    /// As Burn draws it.
    pub fn initializer(self) -> Initializer {
        match self {
            Self::Xavier => glorot_uniform(),
            Self::He => he_uniform(),
        }
    }
}

impl FromStr for Initialization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "xavier" => Ok(Self::Xavier),
            "he" => Ok(Self::He),
            _ => Err(format!(
                "{text}: no such initialisation; choose xavier or he"
            )),
        }
    }
}

/// A normalisation, or expressly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChosenNormalization(pub Option<Normalization>);

impl FromStr for ChosenNormalization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            "batch" => Ok(Self(Some(Normalization::Batch))),
            "layer" => Ok(Self(Some(Normalization::Layer))),
            _ => Err(format!(
                "{text}: no such normalisation; choose none, batch or layer"
            )),
        }
    }
}

impl TryFrom<String> for ChosenNormalization {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChosenNormalization> for String {
    fn from(ChosenNormalization(kind): ChosenNormalization) -> Self {
        match kind {
            None => "none",
            Some(Normalization::Batch) => "batch",
            Some(Normalization::Layer) => "layer",
        }
        .to_owned()
    }
}

impl Choices {
    /// Activation, normalisation and initialisation of a network whose layers have fixed sizes: those chosen,
    /// or its own.
    ///
    /// # Errors
    /// When other sizes were chosen, or several activations.
    pub fn of_fixed_sizes(
        &self,
        activation: Activation,
        normalization: Option<Normalization>,
        initializer: Initializer,
    ) -> Result<(Activation, Option<Normalization>, Initializer), ArchitectureError> {
        self.refuse_hidden()?;
        Ok((
            self.one_activation(activation)?,
            self.normalization(normalization),
            self.initializer(initializer),
        ))
    }

    /// The activation for a network with one for all of its layers.
    ///
    /// # Errors
    /// When one for each layer was chosen.
    fn one_activation(&self, usual: Activation) -> Result<Activation, ArchitectureError> {
        match &self.activation {
            None => Ok(usual),
            Some(Activations::Same(activation)) => Ok(*activation),
            Some(each) => Err(ArchitectureError::NoChoice {
                choice: format!("the activations {each}"),
                reason: "this network has one for all of its layers: give one".to_owned(),
            }),
        }
    }

    /// The normalisation chosen, or the network's own.
    pub fn normalization(&self, usual: Option<Normalization>) -> Option<Normalization> {
        self.normalization
            .map_or(usual, |ChosenNormalization(kind)| kind)
    }

    /// The initialisation chosen, or the network's own.
    pub fn initializer(&self, usual: Initializer) -> Initializer {
        self.initialization
            .map_or(usual, Initialization::initializer)
    }

    /// For a network whose layers have fixed sizes.
    ///
    /// # Errors
    /// When others were chosen.
    fn refuse_hidden(&self) -> Result<(), ArchitectureError> {
        match &self.hidden {
            None => Ok(()),
            Some(hidden) => Err(ArchitectureError::NoChoice {
                choice: format!("hidden layers of {} units", listed(hidden)),
                reason: "only perceptrons have a choice of them: leave it out".to_owned(),
            }),
        }
    }

    /// For a network that composes nothing.
    ///
    /// # Errors
    /// When another composition was chosen.
    fn refuse_composition(&self) -> Result<(), ArchitectureError> {
        match self.composition {
            None => Ok(()),
            Some(composition) => Err(ArchitectureError::NoChoice {
                choice: format!("the network {}", composition.name()),
                reason: "only networks over trees have a choice of it: leave it out".to_owned(),
            }),
        }
    }

    /// For a network of layers one after the other.
    ///
    /// # Errors
    /// When something was chosen that such a network does not have.
    pub(crate) fn refuse_all_but_layers(&self) -> Result<(), ArchitectureError> {
        self.refuse_composition()?;
        self.refuse_spiking()
    }

    /// For a network without choices.
    ///
    /// # Errors
    /// When something was chosen.
    pub fn refuse_all(&self) -> Result<(), ArchitectureError> {
        self.refuse_all_but_spiking()?;
        self.refuse_spiking()
    }

    /// For a network that does not spike.
    ///
    /// # Errors
    /// When something of spikes was chosen.
    fn refuse_spiking(&self) -> Result<(), ArchitectureError> {
        if self.spiking.are_none() {
            return Ok(());
        }
        Err(ArchitectureError::NoChoice {
            choice: "steps of time, coding, decay, reset, surrogate or readout of spikes"
                .to_owned(),
            reason: "this network does not spike: leave it out".to_owned(),
        })
    }

    /// For a spiking network.
    ///
    /// # Errors
    /// When something else was chosen.
    pub(crate) fn refuse_all_but_spiking(&self) -> Result<(), ArchitectureError> {
        self.refuse_hidden()?;
        self.refuse_composition()?;
        let chosen = [
            self.activation
                .as_ref()
                .map(|activation| format!("the activation {activation}")),
            self.normalization
                .map(|kind| format!("the normalisation {}", String::from(kind))),
            self.initialization
                .map(|way| format!("the initialisation {way:?}").to_lowercase()),
        ];
        match chosen.into_iter().flatten().next() {
            None => Ok(()),
            Some(choice) => Err(ArchitectureError::NoChoice {
                choice,
                reason: "this network's are fixed: leave it out".to_owned(),
            }),
        }
    }
}

/// `300, 200`
fn listed(numbers: &[usize]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
