//! Neurons and firing patterns that are chosen by name.

use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use neurons::fitting::NeuronKind;
use neurons::spiking::Pattern;

/// A firing pattern of Izhikevich's model, or all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatternChoice {
    /// Every pattern.
    #[default]
    All,
    /// A single pattern.
    One(Pattern),
}

impl PatternChoice {
    /// Returns the chosen patterns.
    pub fn patterns(self) -> Vec<Pattern> {
        match self {
            Self::All => Pattern::ALL.to_vec(),
            Self::One(pattern) => vec![pattern],
        }
    }
}

impl FromStr for PatternChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let pattern = text.parse::<Pattern>().map(Self::One);
        pattern.map_err(|error| format!("{error}, or all"))
    }
}

/// A kind of neuron that is fitted to a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FittedNeuron(pub NeuronKind);

impl ValueEnum for FittedNeuron {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(NeuronKind::AdEx), Self(NeuronKind::Lif)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self.0 {
            NeuronKind::AdEx => ("adex", "Adaptive exponential integrate-and-fire"),
            NeuronKind::Lif => ("lif", "Leaky integrate-and-fire"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
