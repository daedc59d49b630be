//! The options of all families of networks together, as one command line gives them.

use serde::{Deserialize, Serialize};

use crate::error::ArchitectureError;
use crate::initialization::Initialization;
use crate::layers::activation::Activations;
use crate::layers::normalization::ChosenNormalization;
use crate::layers::options::LayerOptions;
use crate::network::{NetworkConfig, NoOptions};
use crate::networks::spiking_net::SpikingOptions;
use crate::networks::tree_net::{Composition, TreeOptions};

/// Options of every family; none is set by default. This is the part `network` of a run's `config.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// See [`LayerOptions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activations>,
    /// See [`LayerOptions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<usize>>,
    /// See [`LayerOptions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalization: Option<ChosenNormalization>,
    /// See [`LayerOptions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialization: Option<Initialization>,
    /// See [`TreeOptions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composition: Option<Composition>,
    /// Options of spiking networks.
    #[serde(skip_serializing_if = "SpikingOptions::are_none")]
    pub spiking: SpikingOptions,
}

impl Choices {
    /// Applies the options to a network.
    ///
    /// # Errors
    /// When the network does not have one of the options that are set.
    pub fn apply<C>(&self, config: C) -> Result<C, ArchitectureError>
    where
        C: NetworkConfig<Options: FromChoices>,
    {
        config.with_options(&C::Options::from_choices(self)?)
    }

    fn layers(&self) -> LayerOptions {
        LayerOptions {
            activation: self.activation.clone(),
            hidden: self.hidden.clone(),
            normalization: self.normalization,
            initialization: self.initialization,
        }
    }

    fn refuse_composition(&self) -> Result<(), ArchitectureError> {
        match self.composition {
            None => Ok(()),
            Some(composition) => Err(ArchitectureError::NoChoice {
                choice: format!("the network {}", composition.name()),
                reason: "only networks over trees have a choice of it: leave it out".to_owned(),
            }),
        }
    }

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
}

/// The options of one family, taken from those of all families.
pub trait FromChoices: Sized {
    /// Takes the family's options.
    ///
    /// # Errors
    /// When an option of another family is set.
    fn from_choices(choices: &Choices) -> Result<Self, ArchitectureError>;
}

impl FromChoices for NoOptions {
    fn from_choices(choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.layers().refuse_all()?;
        choices.refuse_composition()?;
        choices.refuse_spiking()?;
        Ok(Self)
    }
}

impl FromChoices for LayerOptions {
    fn from_choices(choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.refuse_composition()?;
        choices.refuse_spiking()?;
        Ok(choices.layers())
    }
}

impl FromChoices for SpikingOptions {
    fn from_choices(choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.layers().refuse_all()?;
        choices.refuse_composition()?;
        Ok(choices.spiking)
    }
}

impl FromChoices for TreeOptions {
    fn from_choices(choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.layers().refuse_all()?;
        choices.refuse_spiking()?;
        Ok(Self {
            composition: choices.composition,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::layers::activation::Activation;

    fn refusal<T: FromChoices>(choices: &Choices) -> Option<String> {
        T::from_choices(choices)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn options_of_another_family_are_refused() {
        let none = Choices::default();
        let layers = Choices {
            activation: Some(Activation::Tanh.into()),
            ..Choices::default()
        };
        let trees = Choices {
            composition: Some(Composition::Plain),
            ..Choices::default()
        };
        let mut spiking = Choices::default();
        spiking.spiking.time_steps = Some(9);
        let accepted = |choices: &Choices| {
            [
                refusal::<NoOptions>(choices),
                refusal::<LayerOptions>(choices),
                refusal::<TreeOptions>(choices),
                refusal::<SpikingOptions>(choices),
            ]
            .map(|refusal| refusal.is_none())
        };
        assert_eq!(accepted(&none), [true; 4]);
        assert_eq!(accepted(&layers), [false, true, false, false]);
        assert_eq!(accepted(&trees), [false, false, true, false]);
        assert_eq!(accepted(&spiking), [false, false, false, true]);
        let message = refusal::<LayerOptions>(&spiking).unwrap();
        assert!(message.contains("this network does not spike"), "{message}");
        let message = refusal::<SpikingOptions>(&layers).unwrap();
        assert!(message.contains("the activation tanh: "), "{message}");
    }

    #[test]
    fn what_is_not_set_is_not_written() {
        let none = serde_json::to_string(&Choices::default()).unwrap();
        assert_eq!(none, "{}");
        let text = r#"{"hidden":[3,4],"normalization":"none","composition":"plain","spiking":{"time_steps":9}}"#;
        let choices: Choices = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&choices).unwrap(), text);
        assert!(serde_json::from_str::<Choices>(r#"{"units":3}"#).is_err());
    }
}
