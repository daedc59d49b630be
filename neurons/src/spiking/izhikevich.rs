//! Izhikevich's simple model (2003, <https://doi.org/10.1109/TNN.2003.820440>):
//!
//! - dv/dt = 0.04 v^2 + 5 v + 140 - u + I
//! - du/dt = a (b v - u)
//! - where v reaches 30 mV it fires: v becomes c and u grows by d.
//!
//! Times are in ms, v in mV; the current is in the model's own unit, in mV/ms. Integrated by the Runge-Kutta method of
//! fourth order, in finer steps during the upstroke.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::integrate::{Equations, advance, largest_stable};
use super::neuron::{NeuronError, SpikingNeuron, Stages, require};

/// Where a spike is cut, in mV.
const PEAK: f64 = 30.0;

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Izhikevich {
    /// How fast u recovers, per ms.
    pub a: f64,
    /// How u follows v.
    pub b: f64,
    /// Where v is set after a spike, in mV.
    pub c: f64,
    /// How much a spike adds to u.
    pub d: f64,
}

/// What it remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IzhikevichState {
    /// v, in mV.
    pub membrane: f64,
    /// u, in mV/ms.
    pub recovery: f64,
}

/// The kinds of neurons of figure 2 of the publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Excitatory: fires with decreasing frequency.
    RegularSpiking,
    /// Excitatory: a burst, then single spikes.
    IntrinsicallyBursting,
    /// Excitatory: bursts of closely spaced spikes.
    Chattering,
    /// Inhibitory: high frequency without adaptation.
    FastSpiking,
    /// Inhibitory: high frequency with adaptation, low threshold.
    LowThresholdSpiking,
    /// Of the thalamus: tonic spikes, and a burst after inhibition.
    ThalamoCortical,
    /// Answers with damped oscillations to what is too weak.
    Resonator,
}

impl Pattern {
    /// All, in the order of the publication.
    pub const ALL: [Self; 7] = [
        Self::RegularSpiking,
        Self::IntrinsicallyBursting,
        Self::Chattering,
        Self::FastSpiking,
        Self::LowThresholdSpiking,
        Self::ThalamoCortical,
        Self::Resonator,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegularSpiking => "regular-spiking",
            Self::IntrinsicallyBursting => "intrinsically-bursting",
            Self::Chattering => "chattering",
            Self::FastSpiking => "fast-spiking",
            Self::LowThresholdSpiking => "low-threshold-spiking",
            Self::ThalamoCortical => "thalamo-cortical",
            Self::Resonator => "resonator",
        }
    }

    /// Its parameters, as figure 2 gives them.
    pub fn neuron(self) -> Izhikevich {
        let [a, b, c, d] = match self {
            Self::RegularSpiking => [0.02, 0.2, -65.0, 8.0],
            Self::IntrinsicallyBursting => [0.02, 0.2, -55.0, 4.0],
            Self::Chattering => [0.02, 0.2, -50.0, 2.0],
            Self::FastSpiking => [0.1, 0.2, -65.0, 2.0],
            Self::LowThresholdSpiking => [0.02, 0.25, -65.0, 2.0],
            Self::ThalamoCortical => [0.02, 0.25, -65.0, 0.05],
            Self::Resonator => [0.1, 0.26, -65.0, 2.0],
        };
        Izhikevich { a, b, c, d }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|pattern| pattern.name() == text);
        found.ok_or_else(|| format!("choose one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

impl Izhikevich {
    /// Refuses parameters that mean nothing.
    ///
    /// # Errors
    /// Names the first of them.
    pub fn validate(&self) -> Result<(), NeuronError> {
        require(self.a > 0.0, "a", self.a, "a rate per ms above 0")?;
        require(true, "b", self.b, "a number")?;
        require(self.c < PEAK, "c", self.c, "mV below 30")?;
        require(true, "d", self.d, "a number")
    }

    /// Where the membrane rests with a constant current, in mV: the lower root of 0.04 v^2 + (5 - b) v + 140 + I; none
    /// where it does not rest.
    pub fn resting(&self, current: f64) -> Option<f64> {
        let linear = 5.0 - self.b;
        let discriminant = linear * linear - 0.16 * (140.0 + current);
        (discriminant >= 0.0).then(|| (-linear - discriminant.sqrt()) / 0.08)
    }
}

impl Equations<2> for Izhikevich {
    fn derivative(&self, current: f64, [membrane, recovery]: [f64; 2]) -> [f64; 2] {
        // Beyond the peak nothing grows further, so that no step overflows.
        let membrane = membrane.min(PEAK);
        let quadratic = (0.04 * membrane + 5.0) * membrane + 140.0;
        [
            quadratic - recovery + current,
            self.a * (self.b * membrane - recovery),
        ]
    }

    fn growth(&self, [membrane, _]: [f64; 2]) -> f64 {
        0.08 * membrane.min(PEAK) + 5.0
    }

    fn peak(&self) -> f64 {
        PEAK
    }

    fn reset(&self, [_, recovery]: [f64; 2]) -> [f64; 2] {
        [self.c, recovery + self.d]
    }
}

impl SpikingNeuron for Izhikevich {
    type State = IzhikevichState;

    fn rest(&self) -> IzhikevichState {
        let membrane = self.resting(0.0).unwrap_or(self.c);
        IzhikevichState {
            membrane,
            recovery: self.b * membrane,
        }
    }

    fn membrane(&self, state: &IzhikevichState) -> f64 {
        state.membrane
    }

    fn step(
        &self,
        current: Stages,
        state: &IzhikevichState,
        step: f64,
    ) -> (Vec<f64>, IzhikevichState) {
        let (spikes, [membrane, recovery]) =
            advance(self, current, [state.membrane, state.recovery], step);
        let state = IzhikevichState { membrane, recovery };
        (spikes, state)
    }

    /// The slope of dv/dt is steepest where the membrane is lowest: at rest in the lowest current, or after a spike.
    fn largest_step(&self, lowest: f64) -> Option<f64> {
        let lowest = self.resting(lowest.min(0.0)).unwrap_or(self.c).min(self.c);
        let jacobian = [[0.08 * lowest + 5.0, -1.0], [self.a * self.b, -self.a]];
        Some(largest_stable(jacobian))
    }
}
