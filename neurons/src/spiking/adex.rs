//! The adaptive exponential integrate-and-fire neuron (Brette and Gerstner 2005,
//! <https://doi.org/10.1152/jn.00686.2005>):
//!
//! - C dV/dt = -g (V - E) + g Delta exp((V - V_T) / Delta) - w + I
//! - tau_w dw/dt = a (V - E) - w
//! - where V passes the peak it fires: V becomes the reset and w grows by b.
//!
//! Integrated by the Runge-Kutta method of fourth order, in finer steps during the upstroke.

use serde::Serialize;

use super::integrate::{Equations, advance, largest_stable};
use super::neuron::{NeuronError, SpikingNeuron, Stages, require};

/// The parameters: currents in pA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdEx {
    /// C, in pF.
    pub capacitance: f64,
    /// g, in nS.
    pub leak: f64,
    /// E, in mV.
    pub reversal: f64,
    /// V_T, in mV: above it the exponential is larger than the leak's slope.
    pub threshold: f64,
    /// Delta, in mV: how sharp the upstroke begins.
    pub sharpness: f64,
    /// a, in nS: how adaptation follows the membrane.
    pub coupling: f64,
    /// tau_w, in ms.
    pub adaptation_time: f64,
    /// b, in pA: how much a spike adds to it.
    pub jump: f64,
    /// Where the membrane is set after a spike, in mV.
    pub reset: f64,
    /// Where a spike is cut, in mV.
    pub peak: f64,
}

/// What it remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdExState {
    /// V, in mV.
    pub membrane: f64,
    /// w, in pA.
    pub adaptation: f64,
}

impl AdEx {
    /// The cell of Brette and Gerstner's table 1, which stands for a regular spiking pyramidal neuron.
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

    /// The membrane time constant, in ms.
    pub fn time_constant(&self) -> f64 {
        self.capacitance / self.leak
    }

    /// The smallest constant current at which there is no stable rest any more, in pA (Naud et al. 2008,
    /// <https://doi.org/10.1007/s00422-008-0264-7>, section 3.1): where adaptation is weak (a / g < tau / tau_w) the rest
    /// vanishes, else it begins to oscillate before.
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

    /// Refuses parameters that mean nothing.
    ///
    /// # Errors
    /// Names the first of them.
    pub fn validate(&self) -> Result<(), NeuronError> {
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

    /// exp((V - V_T) / Delta); beyond the peak it stays as it is there, which no spike outlasts.
    fn exponential(&self, membrane: f64) -> f64 {
        ((membrane.min(self.peak) - self.threshold) / self.sharpness).exp()
    }
}

impl Equations<2> for AdEx {
    fn derivative(&self, current: f64, [membrane, adaptation]: [f64; 2]) -> [f64; 2] {
        let leak = self.leak * (self.reversal - membrane);
        let upstroke = self.leak * self.sharpness * self.exponential(membrane);
        [
            (leak + upstroke - adaptation + current) / self.capacitance,
            (self.coupling * (membrane - self.reversal) - adaptation) / self.adaptation_time,
        ]
    }

    fn growth(&self, [membrane, _]: [f64; 2]) -> f64 {
        (self.exponential(membrane) - 1.0) / self.time_constant()
    }

    fn peak(&self) -> f64 {
        self.peak
    }

    fn reset(&self, [_, adaptation]: [f64; 2]) -> [f64; 2] {
        [self.reset, adaptation + self.jump]
    }
}

impl SpikingNeuron for AdEx {
    type State = AdExState;

    fn rest(&self) -> AdExState {
        // A neuron whose leak alone makes it fire has no rest: it begins where it is after a spike.
        let rests = self.reversal < self.threshold;
        AdExState {
            membrane: if rests { self.reversal } else { self.reset },
            adaptation: 0.0,
        }
    }

    fn membrane(&self, state: &AdExState) -> f64 {
        state.membrane
    }

    fn step(&self, current: Stages, state: &AdExState, step: f64) -> (Vec<f64>, AdExState) {
        let (spikes, [membrane, adaptation]) =
            advance(self, current, [state.membrane, state.adaptation], step);
        let state = AdExState {
            membrane,
            adaptation,
        };
        (spikes, state)
    }

    fn largest_step(&self, _: f64) -> Option<f64> {
        // Far below the threshold, where the membrane decays fastest: the exponential only slows it.
        let (tau, slow) = (self.time_constant(), self.adaptation_time);
        let jacobian = [
            [-1.0 / tau, -1.0 / self.capacitance],
            [self.coupling / slow, -1.0 / slow],
        ];
        Some(largest_stable(jacobian))
    }
}
