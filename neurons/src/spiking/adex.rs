//! The adaptive exponential integrate-and-fire neuron (chapter, section on spiking neural networks; Brette and Gerstner
//! 2005, <https://doi.org/10.1152/jn.00686.2005>):
//!
//! - C dV/dt = -g (V - E) + g Delta exp((V - V_T) / Delta) - w + I
//! - tau_w dw/dt = a (V - E) - w
//!
//! When V passes the peak, the neuron fires: V is set to the reset and w increases by b.
//!
//! It is integrated by the Runge-Kutta method of fourth order, with finer steps during the upstroke
//! ([`upstroke`](super::upstroke)).

use serde::Serialize;

use super::neuron::{Neuron, StepInput};
use super::stability::largest_stable_step;
use super::upstroke::{Equations, advance};
use crate::error::{Result, require};

/// Parameters of the adaptive exponential neuron; currents are in pA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdEx {
    /// C: membrane capacitance, in pF.
    pub capacitance: f64,
    /// g: leak conductance, in nS.
    pub leak: f64,
    /// E: reversal potential of the leak, in mV.
    pub reversal: f64,
    /// V_T: effective threshold, in mV; above it, the slope of the exponential exceeds the leak's.
    pub threshold: f64,
    /// Delta: slope factor, in mV; the smaller, the sharper the onset of a spike.
    pub sharpness: f64,
    /// a: subthreshold adaptation, in nS.
    pub coupling: f64,
    /// tau_w: time constant of adaptation, in ms.
    pub adaptation_time: f64,
    /// b: increase of adaptation per spike, in pA.
    pub jump: f64,
    /// Potential after a spike, in mV.
    pub reset: f64,
    /// Potential at which a spike is cut, in mV.
    pub peak: f64,
}

/// State of an [`AdEx`] neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdExState {
    /// V: membrane potential, in mV.
    pub voltage: f64,
    /// w: adaptation current, in pA.
    pub adaptation: f64,
}

impl AdEx {
    /// Creates the regular spiking pyramidal cell of Brette and Gerstner's table 1.
    pub fn brette_gerstner() -> Self {
        Self {
            capacitance: 281.0,
            leak: 30.0,
            reversal: -70.6,
            threshold: -50.4,
            sharpness: 2.0,
            coupling: 4.0,
            adaptation_time: 144.0,
            jump: 80.5,
            reset: -70.6,
            peak: 20.0,
        }
    }

    /// Returns the membrane time constant C / g, in ms.
    pub fn time_constant(&self) -> f64 {
        self.capacitance / self.leak
    }

    /// Returns the rheobase in pA: the smallest constant current without a stable rest (Naud et al. 2008,
    /// <https://doi.org/10.1007/s00422-008-0264-7>, section 3.1). With weak adaptation (a / g < tau / tau_w) the rest
    /// vanishes in a saddle-node bifurcation, otherwise it loses its stability in a Hopf bifurcation before.
    pub fn rheobase(&self) -> f64 {
        let [strength, speed] = [
            self.coupling / self.leak,
            self.time_constant() / self.adaptation_time,
        ];
        let way = self.threshold - self.reversal - self.sharpness;
        let total = self.leak + self.coupling;
        if strength < speed {
            total * (way + self.sharpness * strength.ln_1p())
        } else {
            let oscillating = self.sharpness * self.leak * (strength - speed);
            total * (way + self.sharpness * speed.ln_1p()) + oscillating
        }
    }

    /// Returns exp((V - V_T) / Delta), clamped to its value at the peak: no step past the peak overflows.
    fn exponential(&self, voltage: f64) -> f64 {
        ((voltage.min(self.peak) - self.threshold) / self.sharpness).exp()
    }
}

impl Equations<2> for AdEx {
    fn derivative(&self, current: f64, [voltage, adaptation]: [f64; 2]) -> [f64; 2] {
        let leak = self.leak * (self.reversal - voltage);
        let upstroke = self.leak * self.sharpness * self.exponential(voltage);
        [
            (leak + upstroke - adaptation + current) / self.capacitance,
            (self.coupling * (voltage - self.reversal) - adaptation) / self.adaptation_time,
        ]
    }

    fn growth(&self, [voltage, _]: [f64; 2]) -> f64 {
        (self.exponential(voltage) - 1.0) / self.time_constant()
    }

    fn peak(&self) -> f64 {
        self.peak
    }

    fn reset(&self, [_, adaptation]: [f64; 2]) -> [f64; 2] {
        [self.reset, adaptation + self.jump]
    }
}

impl Neuron for AdEx {
    type State = AdExState;

    fn validate(&self) -> Result<()> {
        let positive = |name, value: f64, expected| require(value > 0.0, name, value, expected);
        positive("capacitance", self.capacitance, "pF above 0")?;
        positive("leak conductance", self.leak, "nS above 0")?;
        positive("sharpness", self.sharpness, "mV above 0")?;
        positive("adaptation time", self.adaptation_time, "ms above 0")?;
        require(true, "leak reversal", self.reversal, "a number of mV")?;
        require(true, "threshold", self.threshold, "a number of mV")?;
        require(true, "coupling", self.coupling, "a number of nS")?;
        require(true, "jump", self.jump, "a number of pA")?;
        let (peak, reset) = (self.peak, self.reset);
        require(
            peak > self.threshold,
            "peak",
            peak,
            "mV above the threshold",
        )?;
        require(reset < peak, "reset", reset, "mV below the peak")
    }

    fn resting_state(&self) -> AdExState {
        // A neuron that its leak alone makes fire has no rest: it starts from the reset.
        let rests = self.reversal < self.threshold;
        AdExState {
            voltage: if rests { self.reversal } else { self.reset },
            adaptation: 0.0,
        }
    }

    fn membrane_potential(&self, state: &AdExState) -> f64 {
        state.voltage
    }

    fn step(&self, input: &StepInput, state: &AdExState) -> (Vec<f64>, AdExState) {
        let (spikes, [voltage, adaptation]) =
            advance(self, input, [state.voltage, state.adaptation]);
        let state = AdExState {
            voltage,
            adaptation,
        };
        (spikes, state)
    }

    fn largest_step(&self, _: f64) -> Option<f64> {
        // The membrane decays fastest far below the threshold: the exponential only slows the decay.
        let (tau, slow) = (self.time_constant(), self.adaptation_time);
        let jacobian = [
            [-1.0 / tau, -1.0 / self.capacitance],
            [self.coupling / slow, -1.0 / slow],
        ];
        Some(largest_stable_step(jacobian))
    }
}
