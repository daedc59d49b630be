//! What can be chosen of simple neurons by name.

use std::str::FromStr;

use clap::ValueEnum;
use neurons::spiking::Pattern;
use serde::Serialize;

/// One of Izhikevich's neurons, or all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatternChoice {
    /// All.
    #[default]
    All,
    /// This one.
    One(Pattern),
}

impl PatternChoice {
    /// Those that were chosen.
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
        let one = text.parse().map(Self::One);
        one.map_err(|error: String| format!("{error}, or all"))
    }
}

/// A neuron whose parameters are fitted to a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum FittedNeuron {
    /// Adaptive exponential integrate-and-fire.
    #[default]
    #[value(name = "adex")]
    #[serde(rename = "adex")]
    AdEx,
    /// Leaky integrate-and-fire.
    Lif,
}
