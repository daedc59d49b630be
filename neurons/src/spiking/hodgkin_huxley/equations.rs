//! The derivative of the state and the Runge-Kutta method of fourth order (Kutta 1901), once for one neuron and for
//! several side by side.

use super::number::Number;
use super::parameters::HodgkinHuxley;
use super::rates::rates;
use super::state::HodgkinHuxleyState;

/// The parameters in the form in which the derivative needs them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membrane<T = f64> {
    /// 1 / C.
    pub(super) per_capacitance: T,
    /// Conductances of sodium, potassium and leak.
    pub(super) conductances: [T; 3],
    /// Their reversal potentials.
    pub(super) reversals: [T; 3],
}

impl Membrane {
    pub(super) fn new(parameters: &HodgkinHuxley) -> Self {
        let HodgkinHuxley {
            sodium_reversal,
            potassium_reversal,
            leak_reversal,
            ..
        } = *parameters;
        Self {
            per_capacitance: 1.0 / parameters.capacitance,
            conductances: [parameters.sodium, parameters.potassium, parameters.leak],
            reversals: [sodium_reversal, potassium_reversal, leak_reversal],
        }
    }
}

/// Returns dV/dt (mV/ms) and dm/dt, dh/dt and dn/dt (1/ms) under a current in uA/cm2.
#[inline(always)]
pub(super) fn derivative<T: Number>(
    [voltage, m, h, n]: [T; 4],
    input: T,
    membrane: &Membrane<T>,
) -> [T; 4] {
    let rates = rates(voltage);
    let [sodium, potassium, leak] = membrane.conductances;
    let [at_sodium, at_potassium, at_leak] = membrane.reversals;
    let n_2 = n * n;
    let sodium = (sodium * (m * m)) * (m * h);
    let potassium = (potassium * n_2) * n_2;
    let outward = leak * (voltage - at_leak);
    let outward = potassium.times_plus(voltage - at_potassium, outward);
    let outward = sodium.times_plus(voltage - at_sodium, outward);
    let gate =
        |[opening, closing]: [T; 2], share: T| (opening + closing).times_from(share, opening);
    [
        (input - outward) * membrane.per_capacitance,
        gate(rates.m, m),
        gate(rates.h, h),
        gate(rates.n, n),
    ]
}

/// Makes one step of `step` ms under the current at its beginning, in its middle and at its end.
#[inline(always)]
pub(super) fn runge_kutta<T: Number>(
    state: [T; 4],
    [first, middle, last]: [T; 3],
    step: T,
    membrane: &Membrane<T>,
) -> [T; 4] {
    let half = step * step.constant(0.5);
    let moved = |by: T, slope: &[T; 4]| {
        let mut result = state;
        for variable in 0..4 {
            result[variable] = slope[variable].times_plus(by, state[variable]);
        }
        result
    };
    let a = derivative(state, first, membrane);
    let b = derivative(moved(half, &a), middle, membrane);
    let c = derivative(moved(half, &b), middle, membrane);
    let d = derivative(moved(step, &c), last, membrane);
    let sixth = step * step.constant(1.0 / 6.0);
    let two = step.constant(2.0);
    let mut slope = a;
    for variable in 0..4 {
        slope[variable] = (b[variable] + c[variable]).times_plus(two, a[variable] + d[variable]);
    }
    moved(sixth, &slope)
}

/// Returns the rate in 1/ms at which the fastest deviation from a state decays: minus the lowest eigenvalue of the
/// Jacobian of V and m, the two fast variables, whose coupling makes it larger than the rate of either.
pub(super) fn fastest_rate(state: &HodgkinHuxleyState, parameters: &HodgkinHuxley) -> f64 {
    /// Half width of the difference quotient, in mV.
    const STEP: f64 = 1e-4;
    let HodgkinHuxleyState { voltage, m, h, n } = *state;
    let opening = |voltage: f64| {
        let [opening, closing] = rates(voltage).m;
        opening - (opening + closing) * m
    };
    let conductance =
        parameters.sodium * m.powi(3) * h + parameters.potassium * n.powi(4) + parameters.leak;
    let voltage_rate = conductance / parameters.capacitance;
    let m_rate = rates(voltage).m.iter().sum::<f64>();
    let m_by_voltage = (opening(voltage + STEP) - opening(voltage - STEP)) / (2.0 * STEP);
    let voltage_by_m = 3.0 * parameters.sodium * m * m * h * (parameters.sodium_reversal - voltage)
        / parameters.capacitance;
    let [sum, difference] = [voltage_rate + m_rate, voltage_rate - m_rate];
    let root = (difference * difference / 4.0 + m_by_voltage * voltage_by_m)
        .max(0.0)
        .sqrt();
    sum / 2.0 + root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::hodgkin_huxley::state::IonicCurrents;

    /// The input minus the ionic currents charges the membrane.
    #[test]
    fn currents_add_up_to_the_derivative() {
        let parameters = HodgkinHuxley {
            capacitance: 2.0,
            ..HodgkinHuxley::default()
        };
        let state = HodgkinHuxleyState {
            voltage: -20.0,
            m: 0.6,
            h: 0.4,
            n: 0.4,
        };
        let IonicCurrents {
            sodium,
            potassium,
            leak,
        } = state.currents(&parameters);
        let [change, ..] = derivative(state.to_array(), 10.0, &Membrane::new(&parameters));
        assert!((change - (10.0 - sodium - potassium - leak) / 2.0).abs() < 1e-10);
    }

    /// Eigenvalues of the whole Jacobian by neurons/tests/reference/hodgkin_huxley.py (NumPy): the slow gates h and n
    /// change the fastest rate little, and mostly reduce it.
    #[test]
    fn the_fastest_rate_is_an_eigenvalue_of_the_jacobian() {
        for (state, expected) in [
            ([-65.0, 0.05, 0.6, 0.32], 4.625744),
            ([-20.0, 0.6, 0.4, 0.4], 19.850033),
            ([35.0, 0.98, 0.25, 0.6], 32.879047),
            ([-40.0, 0.9, 0.1, 0.75], 25.339820),
        ] {
            let found = fastest_rate(
                &HodgkinHuxleyState::from_array(state),
                &HodgkinHuxley::default(),
            );
            let ratio = found / expected;
            assert!(
                (0.99..1.05).contains(&ratio),
                "{state:?}: {found}, {expected}"
            );
        }
    }
}
