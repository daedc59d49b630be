//! The leaky integrate-and-fire neuron (chapter, section on spiking neural networks; Lapicque 1907; Gerstner et al.
//! 2014, *Neuronal Dynamics*, section 1.3):
//!
//! C dV/dt = -g (V - E) + I
//!
//! When V reaches the threshold, the neuron fires; V is set to the reset and stays there for the refractory period.
//!
//! Between spikes V(t) = V_inf + (V_0 - V_inf) exp(-t / tau) with tau = C / g and V_inf = E + I / g, and V reaches the
//! threshold after tau ln((V_inf - V_0) / (V_inf - threshold)). Both are exact under a constant current, so the result
//! does not depend on the step. A current that changes within a step is replaced by its mean.
//!
//! In discrete time, `V[t+1] = beta V[t] + (1 - beta) V_inf` with beta = exp(-step / tau). The layers of the networks
//! (`kernels::leaky_integrate_and_fire`) compute this recurrence as a tensor operation, in units in which E = 0 and with
//! (1 - beta) / g taken into the weights.

use serde::Serialize;

use super::neuron::{Neuron, StepInput};
use crate::error::{Result, require};

/// Parameters of the leaky integrate-and-fire neuron; currents are in pA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lif {
    /// C: membrane capacitance, in pF.
    pub capacitance: f64,
    /// g: leak conductance, in nS.
    pub leak: f64,
    /// E: reversal potential of the leak, in mV.
    pub reversal: f64,
    /// Potential at which the neuron fires, in mV.
    pub threshold: f64,
    /// Potential after a spike, in mV.
    pub reset: f64,
    /// Refractory period, in ms.
    pub refractory: f64,
}

/// State of a [`Lif`] neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifState {
    /// V: membrane potential, in mV.
    pub voltage: f64,
    /// Remaining refractory time, in ms.
    pub refractory: f64,
}

/// Shortest interval between two spikes, in ms: without it and without a refractory period, an extreme current would
/// give a step any number of spikes.
const MIN_INTERVAL: f64 = 1e-6;

impl Lif {
    /// Creates a cortical pyramidal cell: tau 20 ms, 100 MOhm.
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

    /// Returns the membrane time constant tau = C / g, in ms.
    pub fn time_constant(&self) -> f64 {
        self.capacitance / self.leak
    }

    /// Returns the rheobase in pA: the constant current above which the neuron fires repetitively.
    pub fn rheobase(&self) -> f64 {
        self.leak * (self.threshold - self.reversal)
    }

    /// Returns the firing rate in Hz under a constant current in pA; 0 up to the rheobase.
    ///
    /// ```
    /// let neuron = neurons::spiking::Lif::cortical();
    /// assert_eq!(neuron.rate(neuron.rheobase()), 0.0);
    /// // 1000 / (2 + 20 ln(25 / 10)) Hz
    /// assert!((neuron.rate(300.0) - 49.198_5).abs() < 1e-3);
    /// ```
    pub fn rate(&self, current: f64) -> f64 {
        let target = self.reversal + current / self.leak;
        if target <= self.threshold {
            return 0.0;
        }
        1000.0 / (self.refractory + self.time_to_fire(target, self.reset))
    }

    /// Returns the time in ms in which V rises from `voltage` to the threshold while it relaxes towards `target`.
    fn time_to_fire(&self, target: f64, voltage: f64) -> f64 {
        // ln(1 + x), as x is small under a strong current.
        let ratio = (self.threshold - voltage) / (target - self.threshold);
        self.time_constant() * ratio.ln_1p()
    }
}

impl Neuron for Lif {
    type State = LifState;

    fn validate(&self) -> Result<()> {
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

    fn resting_state(&self) -> LifState {
        // A neuron that its leak alone makes fire has no rest: it starts from the reset.
        let rests = self.reversal < self.threshold;
        LifState {
            voltage: if rests { self.reversal } else { self.reset },
            refractory: 0.0,
        }
    }

    fn membrane_potential(&self, state: &LifState) -> f64 {
        state.voltage
    }

    fn step(&self, input: &StepInput, state: &LifState) -> (Vec<f64>, LifState) {
        let step = input.duration;
        let target = self.reversal + input.mean_current() / self.leak;
        let (mut state, mut spikes, mut time) = (*state, Vec::new(), 0.0);
        loop {
            let waits = state.refractory.min(step - time);
            time += waits;
            state.refractory -= waits;
            if time >= step {
                return (spikes, state);
            }
            let fires_after = if state.voltage >= self.threshold {
                0.0
            } else if target > self.threshold {
                self.time_to_fire(target, state.voltage)
            } else {
                f64::INFINITY
            };
            if fires_after > step - time {
                // 1 - exp(-t / tau) by expm1, which is exact in a short step, too.
                let share = -(-(step - time) / self.time_constant()).exp_m1();
                state.voltage += (target - state.voltage) * share;
                return (spikes, state);
            }
            time += fires_after;
            spikes.push(time);
            state = LifState {
                voltage: self.reset,
                refractory: self.refractory.max(MIN_INTERVAL),
            };
        }
    }
}
