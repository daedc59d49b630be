//! The state of the membrane, and the currents through it.

use super::parameters::HodgkinHuxley;
use super::rates::{Rates, rates};

/// State of a [`HodgkinHuxley`] neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HodgkinHuxleyState {
    /// V: membrane potential, in mV.
    pub voltage: f64,
    /// m: open fraction of sodium's activation gates.
    pub m: f64,
    /// h: open fraction of sodium's inactivation gates.
    pub h: f64,
    /// n: open fraction of potassium's activation gates.
    pub n: f64,
}

/// Ionic currents in uA/cm2, positive outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IonicCurrents {
    /// Current through the sodium channels.
    pub sodium: f64,
    /// Current through the potassium channels.
    pub potassium: f64,
    /// Current through the leak.
    pub leak: f64,
}

/// Potentials at which the bisection of the resting state looks for its bracket.
const SCANNED: i32 = 1000;

/// Rounding error that a gate may have beyond 0 and 1.
const GATE_TOLERANCE: f64 = 1e-6;

impl HodgkinHuxleyState {
    /// Returns the steady state at a fixed potential in mV.
    pub fn held_at(voltage: f64) -> Self {
        let Rates { m, h, n } = rates(voltage);
        let [m, h, n] = [m, h, n].map(|[opening, closing]| opening / (opening + closing));
        Self { voltage, m, h, n }
    }

    /// Returns the state at rest without a current: the lowest potential at which the ionic currents cancel, found by
    /// bisection.
    ///
    /// ```
    /// use neurons::spiking::{HodgkinHuxley, HodgkinHuxleyState};
    ///
    /// let rest = HodgkinHuxleyState::at_rest(&HodgkinHuxley::default());
    /// assert!((rest.voltage + 64.996).abs() < 1e-3);
    /// ```
    pub fn at_rest(parameters: &HodgkinHuxley) -> Self {
        let outward = |voltage: f64| {
            let currents = Self::held_at(voltage).currents(parameters);
            currents.sodium + currents.potassium + currents.leak
        };
        let [low, high] = parameters.reachable_potentials([0.0; 2]);
        let potential = |number: i32| low + (high - low) * f64::from(number) / f64::from(SCANNED);
        // The current is inwards at the lower end of the bracket.
        let first = (1..=SCANNED)
            .find(|number| outward(potential(*number)) >= 0.0)
            .unwrap_or(SCANNED);
        let (mut below, mut above) = (potential(first - 1), potential(first));
        while above - below > 1e-13 * below.abs().max(1.0) {
            let middle = (below + above) / 2.0;
            if outward(middle) < 0.0 {
                below = middle;
            } else {
                above = middle;
            }
        }
        Self::held_at((below + above) / 2.0)
    }

    /// Returns the ionic currents.
    pub fn currents(&self, parameters: &HodgkinHuxley) -> IonicCurrents {
        let HodgkinHuxley {
            sodium_reversal,
            potassium_reversal,
            leak_reversal,
            ..
        } = *parameters;
        let sodium = parameters.sodium * self.m.powi(3) * self.h;
        let potassium = parameters.potassium * self.n.powi(4);
        IonicCurrents {
            sodium: sodium * (self.voltage - sodium_reversal),
            potassium: potassium * (self.voltage - potassium_reversal),
            leak: parameters.leak * (self.voltage - leak_reversal),
        }
    }

    /// Returns a point of the V nullcline in the plane of V and n: the n at which dV/dt = 0 at a potential in mV under a
    /// current in uA/cm2, with m in its steady state, or `None` where no n from 0 to 1 balances the currents.
    ///
    /// ```
    /// use neurons::spiking::{HodgkinHuxley, HodgkinHuxleyState};
    ///
    /// let axon = HodgkinHuxley::default();
    /// let rest = HodgkinHuxleyState::at_rest(&axon);
    /// let n = HodgkinHuxleyState::voltage_nullcline(&axon, rest.voltage, rest.h, 0.0);
    /// assert!(n.is_some_and(|n| (n - rest.n).abs() < 1e-6));
    /// ```
    pub fn voltage_nullcline(
        parameters: &HodgkinHuxley,
        voltage: f64,
        h: f64,
        current: f64,
    ) -> Option<f64> {
        let closed = Self {
            h,
            n: 0.0,
            ..Self::held_at(voltage)
        };
        let currents = closed.currents(parameters);
        let potassium = current - currents.sodium - currents.leak;
        let driving = voltage - parameters.potassium_reversal;
        let n = (potassium / (parameters.potassium * driving)).sqrt().sqrt();
        (0.0..=1.0).contains(&n).then_some(n)
    }

    /// Returns V, m, h and n.
    pub fn to_array(self) -> [f64; 4] {
        [self.voltage, self.m, self.h, self.n]
    }

    /// Creates a state from V, m, h and n.
    pub fn from_array([voltage, m, h, n]: [f64; 4]) -> Self {
        Self { voltage, m, h, n }
    }

    /// Returns whether the potential is finite and every gate is between 0 and 1.
    pub(super) fn is_physical(&self) -> bool {
        let is_fraction = |gate: f64| (-GATE_TOLERANCE..=1.0 + GATE_TOLERANCE).contains(&gate);
        self.voltage.is_finite() && [self.m, self.h, self.n].into_iter().all(is_fraction)
    }
}
