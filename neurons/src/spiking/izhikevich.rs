//! Izhikevich's simple model (chapter, section on spiking neural networks; Izhikevich 2003,
//! <https://doi.org/10.1109/TNN.2003.820440>):
//!
//! - dv/dt = 0.04 v^2 + 5 v + 140 - u + I
//! - du/dt = a (b v - u)
//!
//! When v reaches 30 mV, the neuron fires: v is set to c and u increases by d.
//!
//! Times are in ms and v in mV; the current is in the model's own unit, mV/ms. It is integrated by the Runge-Kutta
//! method of fourth order, with finer steps during the upstroke ([`upstroke`](super::upstroke)).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::neuron::{Neuron, StepInput};
use super::stability::largest_stable_step;
use super::upstroke::{Equations, advance};
use crate::error::{Error, Result, require};

/// Potential at which a spike is cut, in mV.
const PEAK: f64 = 30.0;

/// Parameters of Izhikevich's model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Izhikevich {
    /// Rate of recovery, in 1/ms.
    pub a: f64,
    /// Coupling of the recovery to the membrane potential, in 1/ms.
    pub b: f64,
    /// Potential after a spike, in mV.
    pub c: f64,
    /// Increase of the recovery per spike, in mV/ms.
    pub d: f64,
}

/// State of an [`Izhikevich`] neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IzhikevichState {
    /// v: membrane potential, in mV.
    pub voltage: f64,
    /// u: recovery, in mV/ms.
    pub recovery: f64,
}

/// Firing patterns of figure 2 of the publication.
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
    /// Thalamic: tonic spikes, and a burst after inhibition.
    ThalamoCortical,
    /// Responds to subthreshold currents with damped oscillations.
    Resonator,
}

impl Pattern {
    /// Every pattern, in the order of the publication.
    pub const ALL: [Self; 7] = [
        Self::RegularSpiking,
        Self::IntrinsicallyBursting,
        Self::Chattering,
        Self::FastSpiking,
        Self::LowThresholdSpiking,
        Self::ThalamoCortical,
        Self::Resonator,
    ];

    /// Returns the name, as it is parsed.
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

    /// Returns the parameters of figure 2.
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
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|pattern| pattern.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Text(format!("choose one of {names}"))
        })
    }
}

impl Izhikevich {
    /// Returns the resting potential in mV under a constant current in mV/ms: the lower root of
    /// 0.04 v^2 + (5 - b) v + 140 + I. It is `None` if the neuron does not rest.
    pub fn resting_potential(&self, current: f64) -> Option<f64> {
        let linear = 5.0 - self.b;
        let discriminant = linear * linear - 0.16 * (140.0 + current);
        (discriminant >= 0.0).then(|| (-linear - discriminant.sqrt()) / 0.08)
    }
}

impl Equations<2> for Izhikevich {
    fn derivative(&self, current: f64, [voltage, recovery]: [f64; 2]) -> [f64; 2] {
        // Clamped to the peak: no step past it overflows.
        let voltage = voltage.min(PEAK);
        let quadratic = (0.04 * voltage + 5.0) * voltage + 140.0;
        [
            quadratic - recovery + current,
            self.a * (self.b * voltage - recovery),
        ]
    }

    fn growth(&self, [voltage, _]: [f64; 2]) -> f64 {
        0.08 * voltage.min(PEAK) + 5.0
    }

    fn peak(&self) -> f64 {
        PEAK
    }

    fn reset(&self, [_, recovery]: [f64; 2]) -> [f64; 2] {
        [self.c, recovery + self.d]
    }
}

impl Neuron for Izhikevich {
    type State = IzhikevichState;

    fn validate(&self) -> Result<()> {
        require(self.a > 0.0, "a", self.a, "a rate per ms above 0")?;
        require(true, "b", self.b, "a number")?;
        require(self.c < PEAK, "c", self.c, "mV below 30")?;
        require(true, "d", self.d, "a number")
    }

    fn resting_state(&self) -> IzhikevichState {
        let voltage = self.resting_potential(0.0).unwrap_or(self.c);
        IzhikevichState {
            voltage,
            recovery: self.b * voltage,
        }
    }

    fn membrane_potential(&self, state: &IzhikevichState) -> f64 {
        state.voltage
    }

    fn step(&self, input: &StepInput, state: &IzhikevichState) -> (Vec<f64>, IzhikevichState) {
        let (spikes, [voltage, recovery]) = advance(self, input, [state.voltage, state.recovery]);
        (spikes, IzhikevichState { voltage, recovery })
    }

    fn largest_step(&self, lowest_current: f64) -> Option<f64> {
        // dv/dt is steepest at the lowest potential: at rest under the lowest current, or after a spike.
        let resting = self.resting_potential(lowest_current.min(0.0));
        let lowest = resting.unwrap_or(self.c).min(self.c);
        let jacobian = [[0.08 * lowest + 5.0, -1.0], [self.a * self.b, -self.a]];
        Some(largest_stable_step(jacobian))
    }
}
