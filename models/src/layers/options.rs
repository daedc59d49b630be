//! Options of a network that is a list of layers.

use burn::nn::Initializer;

use crate::error::ArchitectureError;
use crate::initialization::Initialization;
use crate::layers::activation::{Activation, Activations};
use crate::layers::normalization::{ChosenNormalization, Normalization};

/// What a user may change of a list of layers; nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerOptions {
    /// Activation of the hidden layers, or one for each of them.
    pub activation: Option<Activations>,
    /// Units of each hidden layer.
    pub hidden: Option<Vec<usize>>,
    /// Normalisation between sums and activations.
    pub normalization: Option<ChosenNormalization>,
    /// Initialisation of the weights.
    pub initialization: Option<Initialization>,
}

impl LayerOptions {
    /// Returns activation, normalisation and initialiser of a network whose layers have fixed sizes: the options', or
    /// the given defaults.
    ///
    /// # Errors
    /// When the options give sizes, or several activations.
    pub fn for_fixed_sizes(
        &self,
        activation: Activation,
        normalization: Option<Normalization>,
        initializer: Initializer,
    ) -> Result<(Activation, Option<Normalization>, Initializer), ArchitectureError> {
        self.refuse_hidden()?;
        Ok((
            self.single_activation(activation)?,
            self.normalization(normalization),
            self.initializer(initializer),
        ))
    }

    fn single_activation(&self, default: Activation) -> Result<Activation, ArchitectureError> {
        match &self.activation {
            None => Ok(default),
            Some(Activations::Same(activation)) => Ok(*activation),
            Some(each) => Err(ArchitectureError::NoChoice {
                choice: format!("the activations {each}"),
                reason: "this network has one for all of its layers: give one".to_owned(),
            }),
        }
    }

    /// Returns the normalisation of the options, or the given default.
    pub fn normalization(&self, default: Option<Normalization>) -> Option<Normalization> {
        self.normalization
            .map_or(default, |ChosenNormalization(kind)| kind)
    }

    /// Returns the initialiser of the options, or the given default.
    pub fn initializer(&self, default: Initializer) -> Initializer {
        self.initialization
            .map_or(default, Initialization::initializer)
    }

    fn refuse_hidden(&self) -> Result<(), ArchitectureError> {
        match &self.hidden {
            None => Ok(()),
            Some(hidden) => {
                let units: Vec<_> = hidden.iter().map(ToString::to_string).collect();
                Err(ArchitectureError::NoChoice {
                    choice: format!("hidden layers of {} units", units.join(", ")),
                    reason: "only perceptrons have a choice of them: leave it out".to_owned(),
                })
            }
        }
    }

    /// Refuses every option, for a network whose layers are fixed.
    ///
    /// # Errors
    /// Names the first option that was given.
    pub fn refuse_all(&self) -> Result<(), ArchitectureError> {
        self.refuse_hidden()?;
        let given = [
            (self.activation.as_ref()).map(|activation| format!("the activation {activation}")),
            (self.normalization).map(|kind| format!("the normalisation {}", kind.name())),
            (self.initialization).map(|way| format!("the initialisation {}", way.name())),
        ];
        match given.into_iter().flatten().next() {
            None => Ok(()),
            Some(choice) => Err(ArchitectureError::NoChoice {
                choice,
                reason: "this network's are fixed: leave it out".to_owned(),
            }),
        }
    }
}
