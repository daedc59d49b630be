//! The squid axon of Hodgkin and Huxley (1952, <https://doi.org/10.1113/jphysiol.1952.sp004764>), as a point.
//!
//! C dV/dt = I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L), and for each gate x of m, h and n
//! dx/dt = alpha_x(V) (1 - x) - beta_x(V) x.
//!
//! V is the membrane's potential in mV, today's sign, with the rates of the paper shifted to a rest near -65 mV; the
//! current I is in uA/cm2, positive inwards; times are in ms.
//!
//! - [`equations`]: the rates, the derivative, a step of Runge and Kutta's method
//! - [`simulation`]: one neuron over time, with steps that are refused where they would be unstable
//! - [`adaptive`]: the same with steps that follow a tolerance, to compare with
//! - [`population`]: many neurons at once
//! - `table`: the rates of a neuron that is alone
//! - [`firing`]: rheobase, rates, the curve of rate against current

pub mod adaptive;
pub mod equations;
pub mod firing;
pub mod population;
pub mod simulation;
mod table;

pub use equations::{Rates, rates};
pub use firing::{Firing, Rheobase};
pub use population::{Population, PopulationRun};
pub use simulation::{HodgkinHuxleyError, Moment, Trace};

use equations::{Exact, Membrane, runge_kutta};

/// Upward crossings of this potential in mV are spikes.
pub const SPIKE_LEVEL: f64 = 0.0;

/// What a piece of membrane is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// In uF/cm2.
    pub capacitance: f64,
    /// The most that sodium channels conduct, in mS/cm2.
    pub sodium: f64,
    /// The most that potassium channels conduct, in mS/cm2.
    pub potassium: f64,
    /// What the leak conducts, in mS/cm2.
    pub leak: f64,
    /// Where sodium's current turns round, in mV.
    pub sodium_reversal: f64,
    /// Where potassium's current turns round, in mV.
    pub potassium_reversal: f64,
    /// Where the leak's current turns round, in mV.
    pub leak_reversal: f64,
}

impl Default for Parameters {
    /// The squid's giant axon at 6.3 degrees.
    fn default() -> Self {
        Self {
            capacitance: 1.0,
            sodium: 120.0,
            potassium: 36.0,
            leak: 0.3,
            sodium_reversal: 50.0,
            potassium_reversal: -77.0,
            leak_reversal: -54.387,
        }
    }
}

/// A membrane at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// In mV.
    pub voltage: f64,
    /// The share of sodium's activation gates that are open.
    pub m: f64,
    /// The share of sodium's inactivation gates that are open.
    pub h: f64,
    /// The share of potassium's gates that are open.
    pub n: f64,
}

/// The currents through the channels in uA/cm2, positive outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Currents {
    /// Of sodium.
    pub sodium: f64,
    /// Of potassium.
    pub potassium: f64,
    /// Of all else.
    pub leak: f64,
}

impl State {
    /// The gates as they settle where the potential is held.
    pub fn held_at(voltage: f64) -> Self {
        let Rates { m, h, n } = rates(voltage);
        let [m, h, n] = [m, h, n].map(|[opening, closing]| opening / (opening + closing));
        Self { voltage, m, h, n }
    }

    /// The state in which nothing changes without a current: the lowest potential at which the channels' currents
    /// cancel out, by bisection.
    pub fn at_rest(parameters: &Parameters) -> Self {
        let outward = |voltage: f64| {
            let currents = Self::held_at(voltage).currents(parameters);
            currents.sodium + currents.potassium + currents.leak
        };
        let [low, high] = parameters.reachable([0.0; 2]);
        // From below: the membrane is let down from a held potential at which the current is inwards.
        let places = 1000;
        let at = |place: i32| low + (high - low) * f64::from(place) / f64::from(places);
        let first = (1..=places)
            .find(|place| outward(at(*place)) >= 0.0)
            .unwrap_or(places);
        let (mut below, mut above) = (at(first - 1), at(first));
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

    /// What flows through the channels.
    pub fn currents(&self, parameters: &Parameters) -> Currents {
        let Parameters {
            sodium_reversal,
            potassium_reversal,
            leak_reversal,
            ..
        } = *parameters;
        let sodium = parameters.sodium * self.m.powi(3) * self.h;
        let potassium = parameters.potassium * self.n.powi(4);
        Currents {
            sodium: sodium * (self.voltage - sodium_reversal),
            potassium: potassium * (self.voltage - potassium_reversal),
            leak: parameters.leak * (self.voltage - leak_reversal),
        }
    }

    pub(crate) fn to_array(self) -> [f64; 4] {
        [self.voltage, self.m, self.h, self.n]
    }

    pub(crate) fn from_array([voltage, m, h, n]: [f64; 4]) -> Self {
        Self { voltage, m, h, n }
    }

    /// Whether it is one that the equations can come to: finite, and every gate's share between 0 and 1.
    pub(crate) fn is_possible(&self) -> bool {
        let is_share = |gate: f64| (-1e-6..=1.0 + 1e-6).contains(&gate);
        self.voltage.is_finite() && [self.m, self.h, self.n].into_iter().all(is_share)
    }
}

impl Parameters {
    /// The potentials between which the membrane stays that starts there, whatever its gates do, while the current is
    /// within `input`: dV/dt points inwards at both ends, as dV/dt = 0 is an average of E_Na, E_K and E_L + I/g_L.
    pub fn reachable(&self, [least, most]: [f64; 2]) -> [f64; 2] {
        let fixed = [self.sodium_reversal, self.potassium_reversal];
        let low = self.leak_reversal + least.min(0.0) / self.leak;
        let high = self.leak_reversal + most.max(0.0) / self.leak;
        [
            fixed.into_iter().fold(low, f64::min),
            fixed.into_iter().fold(high, f64::max),
        ]
    }
}

/// One step of `step` ms by Runge and Kutta's method of fourth order (Kutta 1901) under a constant current, and
/// whether the membrane fired: rose over [`SPIKE_LEVEL`].
pub fn step(input: f64, state: State, parameters: &Parameters, step: f64) -> (bool, State) {
    step_under([input; 3], state, parameters, step)
}

/// The same under a current that changes: that at the beginning, in the middle and at the end of the step.
pub fn step_under(
    inputs: [f64; 3],
    state: State,
    parameters: &Parameters,
    step: f64,
) -> (bool, State) {
    let after = runge_kutta(
        state.to_array(),
        inputs,
        step,
        &Membrane::of(parameters),
        &Exact,
    );
    let fires = state.voltage < SPIKE_LEVEL && after[0] >= SPIKE_LEVEL;
    (fires, State::from_array(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_at_rest() {
        let parameters = Parameters::default();
        let rest = State::at_rest(&parameters);
        // SciPy's brentq, neurons/tests/reference/hodgkin_huxley.py.
        let expected = [-64.996379331, 0.052955086813, 0.59599412474, 0.31773239976];
        for (value, expected) in rest.to_array().into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-9, "{rest:?}");
        }
        let (fires, after) = step(0.0, rest, &parameters, 0.01);
        assert!(
            !fires && (after.voltage - rest.voltage).abs() < 1e-11,
            "{after:?}"
        );
    }

    /// The channels' currents and the one that flows in are what charges the membrane.
    #[test]
    fn currents_add_up_to_the_derivative() {
        let parameters = Parameters {
            capacitance: 2.0,
            ..Parameters::default()
        };
        let state = State {
            voltage: -20.0,
            m: 0.6,
            h: 0.4,
            n: 0.4,
        };
        let Currents {
            sodium,
            potassium,
            leak,
        } = state.currents(&parameters);
        let [change, ..] =
            equations::derivative(state.to_array(), 10.0, &Membrane::of(&parameters), &Exact);
        assert!((change - (10.0 - sodium - potassium - leak) / 2.0).abs() < 1e-10);
    }

    #[test]
    fn the_membrane_stays_where_it_can_be() {
        let parameters = Parameters::default();
        assert_eq!(parameters.reachable([0.0, 0.0]), [-77.0, 50.0]);
        let [low, high] = parameters.reachable([-30.0, 60.0]);
        assert!((low + 154.387).abs() < 1e-9 && (high - 145.613).abs() < 1e-9);
    }
}
