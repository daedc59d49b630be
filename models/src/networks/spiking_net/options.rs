//! Options of spiking networks.

use std::str::FromStr;

use kernels::Reset;
use serde::{Deserialize, Serialize};

use super::coding::Coding;
use super::names::NamedSurrogate;
use crate::names::named;

/// Readout of the last layer over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// Spike count of each unit. A unit that never fires has no gradient, which makes counts harder to train than
    /// membranes.
    Counts,
    /// Mean membrane potential of each unit over time; the units of the last layer do not fire.
    Membrane,
}

named!(Readout, what: "readout", {
    "counts" => Self::Counts,
    "membrane" => Self::Membrane,
});

/// Decay of membranes per step: exp(-dt / tau) for the membrane time constant tau.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// Share of the potential that remains after a step, from 0 to 1; the initial value if it is learned.
    pub value: f64,
    /// Whether it is learned, one for each unit or map.
    pub is_learned: bool,
}

impl Decay {
    /// Creates a decay that is the same for all units and not learned.
    pub fn fixed(value: f64) -> Self {
        let is_learned = false;
        Self { value, is_learned }
    }

    /// Creates a decay that each unit learns, starting from `value`.
    pub fn learned(value: f64) -> Self {
        let is_learned = true;
        Self { value, is_learned }
    }
}

impl FromStr for Decay {
    type Err = String;

    /// Parses `0.9` or `learned:0.9`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (is_learned, number) = match text.split_once(':') {
            Some(("learned", number)) => (true, number),
            _ => (false, text),
        };
        match number.parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&value) => Ok(Self { value, is_learned }),
            _ => Err(format!(
                "{text}: no such decay; give a number from 0 to 1, or learned: and where it starts, as learned:0.9"
            )),
        }
    }
}

/// Options of spiking networks; by default none is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikingOptions {
    /// Number of time steps for which a picture is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_steps: Option<usize>,
    /// Coding of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding: Option<Coding>,
    /// Decay of the membranes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
    /// Reset of a membrane after a spike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// Surrogate for the derivative of a spike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surrogate: Option<NamedSurrogate>,
    /// Readout of the last layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readout: Option<Readout>,
}

impl SpikingOptions {
    /// Returns whether no option is set.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}
