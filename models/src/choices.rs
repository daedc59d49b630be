//! What a user may change of a network without writing another.

use serde::{Deserialize, Serialize};

use burn::nn::Initializer;

use crate::error::ArchitectureError;
use crate::initialization::Initialization;
use crate::layers::activation::{Activation, Activations};
use crate::layers::normalization::{ChosenNormalization, Normalization};
use crate::networks::spiking_net::SpikingChoices;
use crate::networks::tree_net::Composition;

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
