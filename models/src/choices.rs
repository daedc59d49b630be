//! What a user may change of a network without writing another.

use serde::{Deserialize, Serialize};

use crate::activation::Activations;
use crate::network::ArchitectureError;

/// What was chosen; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// The activation of the layers that have a choice, or one for each of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activations>,
}

impl Choices {
    /// The activation for a network with one for all of its layers.
    ///
    /// # Errors
    /// When one for each layer was chosen.
    pub fn one_activation(
        &self,
        usual: crate::Activation,
    ) -> Result<crate::Activation, ArchitectureError> {
        match &self.activation {
            None => Ok(usual),
            Some(Activations::Same(activation)) => Ok(*activation),
            Some(each) => Err(ArchitectureError::NoChoice {
                choice: format!("the activations {each}"),
                reason: "this network has one for all of its layers: give one".to_owned(),
            }),
        }
    }

    /// For a network without choices.
    ///
    /// # Errors
    /// When something was chosen.
    pub fn refuse_all(&self) -> Result<(), ArchitectureError> {
        match &self.activation {
            None => Ok(()),
            Some(activation) => Err(ArchitectureError::NoChoice {
                choice: format!("the activation {activation}"),
                reason: "this network's are fixed: leave it out".to_owned(),
            }),
        }
    }
}
