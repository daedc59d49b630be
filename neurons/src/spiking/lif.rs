//! The leaky integrate-and-fire neuron (Lapicque 1907; Gerstner et al. 2014, *Neuronal Dynamics*, section 1.3):
//!
//! C dV/dt = -g (V - E) + I; where V reaches the threshold it fires, is set to the reset and stays there for the
//! refractory period.
//!
//! Between spikes V(t) = V_inf + (V_0 - V_inf) exp(-t / tau) with tau = C / g and V_inf = E + I / g, and the threshold
//! is reached after tau ln((V_inf - V_0) / (V_inf - threshold)): both are exact while the current is constant, so the
//! size of the step changes nothing. Of a current that is not constant within a step the mean is taken.

use serde::Serialize;

use super::neuron::{NeuronError, SpikingNeuron, Stages, mean, require};

/// The parameters: currents in pA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lif {
    /// C, in pF.
    pub capacitance: f64,
    /// g, in nS.
    pub leak: f64,
    /// E, in mV.
    pub reversal: f64,
    /// Where it fires, in mV.
    pub threshold: f64,
    /// Where it is set after a spike, in mV.
    pub reset: f64,
    /// How long it stays there, in ms.
    pub refractory: f64,
}

/// What it remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifState {
    /// The membrane potential, in mV.
    pub membrane: f64,
    /// How much of the refractory period is left, in ms.
    pub refractory: f64,
}

/// No membrane fires again within a billionth of a second; without a refractory period an endless current would
/// else give spikes without end in one step.
const SHORTEST_INTERVAL: f64 = 1e-6;

impl Lif {
    /// A cortical pyramidal cell: tau 20 ms, 100 MOhm.
    pub fn cortical() -> Self {
        Self {
            capacitance: 200.0,
            leak: 10.0,
            reversal: -70.0,
            threshold: -50.0,
            reset: -65.0,
            refractory: 2.0,
        }
    }

    /// The membrane time constant, in ms.
    pub fn time_constant(&self) -> f64 {
        self.capacitance / self.leak
    }

    /// The smallest constant current above which it fires for ever, in pA.
    pub fn rheobase(&self) -> f64 {
        self.leak * (self.threshold - self.reversal)
    }

    /// How often it fires with a constant current, in Hz; 0 up to the rheobase.
    pub fn rate(&self, current: f64) -> f64 {
        let charged = self.reversal + current / self.leak;
        if charged <= self.threshold {
            return 0.0;
        }
        1000.0 / (self.refractory + self.time_to_fire(charged, self.reset))
    }

    /// Refuses parameters that mean nothing.
    ///
    /// # Errors
    /// Names the first of them.
    pub fn validate(&self) -> Result<(), NeuronError> {
        let Self {
            capacitance,
            leak,
            reversal,
            threshold,
            reset,
            refractory,
        } = *self;
        require(capacitance > 0.0, "capacitance", capacitance, "pF above 0")?;
        require(leak > 0.0, "leak conductance", leak, "nS above 0")?;
        require(true, "leak reversal", reversal, "a number of mV")?;
        require(true, "threshold", threshold, "a number of mV")?;
        require(reset < threshold, "reset", reset, "mV below the threshold")?;
        require(
            refractory >= 0.0,
            "refractory period",
            refractory,
            "ms from 0 on",
        )
    }

    /// From `membrane` to the threshold while it is charged towards `charged`, in ms.
    fn time_to_fire(&self, charged: f64, membrane: f64) -> f64 {
        // ln(1 + x) for what x is small in a strong current.
        let way = (self.threshold - membrane) / (charged - self.threshold);
        self.time_constant() * way.ln_1p()
    }
}

impl SpikingNeuron for Lif {
    type State = LifState;

    fn rest(&self) -> LifState {
        // A neuron whose leak alone makes it fire has no rest: it begins where it is after a spike.
        let rests = self.reversal < self.threshold;
        LifState {
            membrane: if rests { self.reversal } else { self.reset },
            refractory: 0.0,
        }
    }

    fn membrane(&self, state: &LifState) -> f64 {
        state.membrane
    }

    fn step(&self, current: Stages, state: &LifState, step: f64) -> (Vec<f64>, LifState) {
        let charged = self.reversal + mean(current) / self.leak;
        let (mut state, mut spikes, mut time) = (*state, Vec::new(), 0.0);
        loop {
            let waits = state.refractory.min(step - time);
            time += waits;
            state.refractory -= waits;
            if time >= step {
                return (spikes, state);
            }
            let fires_after = if state.membrane >= self.threshold {
                0.0
            } else if charged > self.threshold {
                self.time_to_fire(charged, state.membrane)
            } else {
                f64::INFINITY
            };
            if fires_after > step - time {
                // expm1 keeps what is left of V_0 - V_inf in a short step.
                let share = -(-(step - time) / self.time_constant()).exp_m1();
                state.membrane += (charged - state.membrane) * share;
                return (spikes, state);
            }
            time += fires_after;
            spikes.push(time);
            state = LifState {
                membrane: self.reset,
                refractory: self.refractory.max(SHORTEST_INTERVAL),
            };
        }
    }

    fn largest_step(&self, _: f64) -> Option<f64> {
        None
    }
}
