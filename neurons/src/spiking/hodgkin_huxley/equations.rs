//! The equations, once, for one neuron and for many side by side.
//!
//! With V in mV and rates in 1/ms:
//! - alpha_m = 0.1 (V + 40) / (1 - e^(-(V + 40) / 10)), beta_m = 4 e^(-(V + 65) / 18)
//! - alpha_h = 0.07 e^(-(V + 65) / 20), beta_h = 1 / (1 + e^(-(V + 35) / 10))
//! - alpha_n = 0.01 (V + 55) / (1 - e^(-(V + 55) / 10)), beta_n = 0.125 e^(-(V + 65) / 80)
//!
//! The exponentials are what a step costs. All six are powers of one, t = e^(-(V + 65) / 720): t^9 = e^(-(V + 65) / 80)
//! and t^40 = e^(-(V + 65) / 18); and its exponent is so small that a short series does for it.

use super::super::number::Number;
use super::{Parameters, State};

/// Rates of opening and of closing of each gate, in 1/ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates<T = f64> {
    /// Of sodium's activation.
    pub m: [T; 2],
    /// Of sodium's inactivation.
    pub h: [T; 2],
    /// Of potassium's activation.
    pub n: [T; 2],
}

/// What the derivative needs of [`Parameters`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membrane<T = f64> {
    pub(crate) per_capacitance: T,
    pub(crate) conductances: [T; 3],
    pub(crate) reversals: [T; 3],
}

impl Membrane {
    pub(crate) fn of(parameters: &Parameters) -> Self {
        let Parameters {
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

/// e, e^2.5 and e^3: how far V + 55, V + 40 and V + 35 are from V + 65, in tens.
const E: [f64; 3] = [
    std::f64::consts::E,
    12.182_493_960_703_473,
    20.085_536_923_187_668,
];

/// Below this |x|, x / (1 - e^-x) is summed as a series.
const NEAR: f64 = 0.03;

/// x / (1 - e^-x) = 1 + x/2 + x^2/12 - x^4/720 + ..., with Bernoulli's numbers; the next term is below 3e-14 where
/// |x| < 0.03.
#[inline(always)]
fn series<T: Number>(x: T) -> T {
    let number = |value| x.constant(value);
    let rest = (x * x).times_plus(number(-1.0 / 720.0), number(1.0 / 12.0));
    let rest = rest.times_plus(x, number(0.5));
    rest.times_plus(x, number(1.0))
}

/// 1 - e^-x with e^-x = u^8 e; where x is near 0, 1: the quotient would be 0 / 0, and the series stands for it.
#[inline(always)]
fn below<T: Number>(x: T, u_8: T, e: f64) -> T {
    let one = x.constant(1.0);
    x.near_zero(NEAR, one, u_8.times_from(x.constant(e), one))
}

/// The rates of the gates at a potential in mV.
#[inline(always)]
pub fn rates<T: Number>(voltage: T) -> Rates<T> {
    let number = |value| voltage.constant(value);
    let one = number(1.0);
    let t = voltage
        .times_plus(number(-1.0 / 720.0), number(-65.0 / 720.0))
        .exp_of_small();
    let t_2 = t * t;
    let t_4 = t_2 * t_2;
    let t_8 = t_4 * t_4;
    let t_16 = t_8 * t_8;
    let t_32 = t_16 * t_16;
    let u = t * t_8;
    let u_8 = t_8 * (t_32 * t_32);
    let u_4 = t_4 * t_32;
    let w = t_8 * t_32;
    let x_n = voltage.times_plus(number(0.1), number(5.5));
    let x_m = voltage.times_plus(number(0.1), number(4.0));
    let below = [below(x_n, u_8, E[0]), below(x_m, u_8, E[1])];
    let below_h = u_8.times_plus(number(E[2]), one);
    let [ratio_n, ratio_m, beta_h] = T::quotients([x_n, x_m, one], [below[0], below[1], below_h]);
    let ratio_n = x_n.near_zero(NEAR, series(x_n), ratio_n);
    let ratio_m = x_m.near_zero(NEAR, series(x_m), ratio_m);
    Rates {
        m: [ratio_m, number(4.0) * w],
        h: [number(0.07) * u_4, beta_h],
        n: [number(0.1) * ratio_n, number(0.125) * u],
    }
}

/// Where the rates are taken from.
pub(crate) trait Kinetics<T> {
    /// Those at a potential in mV.
    fn rates(&self, voltage: T) -> Rates<T>;
}

/// From the equations.
pub(crate) struct Exact;

impl<T: Number> Kinetics<T> for Exact {
    #[inline(always)]
    fn rates(&self, voltage: T) -> Rates<T> {
        rates(voltage)
    }
}

/// How V (mV/ms), m, h and n (1/ms) change under a current in uA/cm2.
#[inline(always)]
pub(crate) fn derivative<T: Number>(
    [voltage, m, h, n]: [T; 4],
    input: T,
    membrane: &Membrane<T>,
    kinetics: &impl Kinetics<T>,
) -> [T; 4] {
    let rates = kinetics.rates(voltage);
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

/// A step of the method of fourth order; `inputs` at its beginning, in its middle and at its end.
#[inline(always)]
pub(crate) fn runge_kutta<T: Number>(
    state: [T; 4],
    [first, middle, last]: [T; 3],
    step: T,
    membrane: &Membrane<T>,
    kinetics: &impl Kinetics<T>,
) -> [T; 4] {
    let half = step * step.constant(0.5);
    let moved = |by: T, slope: &[T; 4]| {
        let mut there = state;
        for place in 0..4 {
            there[place] = slope[place].times_plus(by, state[place]);
        }
        there
    };
    let a = derivative(state, first, membrane, kinetics);
    let b = derivative(moved(half, &a), middle, membrane, kinetics);
    let c = derivative(moved(half, &b), middle, membrane, kinetics);
    let d = derivative(moved(step, &c), last, membrane, kinetics);
    let sixth = step * step.constant(1.0 / 6.0);
    let two = step.constant(2.0);
    let mut slope = a;
    for place in 0..4 {
        slope[place] = (b[place] + c[place]).times_plus(two, a[place] + d[place]);
    }
    moved(sixth, &slope)
}

/// How fast the fastest part of the system returns to where the rest holds it, in 1/ms: the largest -eigenvalue of the
/// Jacobian of V and m, the two fast variables, whose coupling makes it larger than either's own rate.
pub(crate) fn fastest_rate(state: State, parameters: &Parameters) -> f64 {
    const STEP: f64 = 1e-4;
    let State { voltage, m, h, n } = state;
    let opening = |voltage: f64| {
        let [opening, closing] = rates(voltage).m;
        opening - (opening + closing) * m
    };
    let conductance =
        parameters.sodium * m.powi(3) * h + parameters.potassium * n.powi(4) + parameters.leak;
    let of_voltage = conductance / parameters.capacitance;
    let of_m = rates(voltage).m.iter().sum::<f64>();
    let m_by_voltage = (opening(voltage + STEP) - opening(voltage - STEP)) / (2.0 * STEP);
    let voltage_by_m = 3.0 * parameters.sodium * m * m * h * (parameters.sodium_reversal - voltage)
        / parameters.capacitance;
    let [sum, difference] = [of_voltage + of_m, of_voltage - of_m];
    let root = (difference * difference / 4.0 + m_by_voltage * voltage_by_m)
        .max(0.0)
        .sqrt();
    sum / 2.0 + root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::lanes::{Lanes, tests::on_every_level};
    use pulp::{Simd, WithSimd};

    /// The textbook's six exponentials.
    fn plain(voltage: f64) -> Rates {
        let ratio = |x: f64| if x == 0.0 { 1.0 } else { -x / (-x).exp_m1() };
        Rates {
            m: [
                ratio((voltage + 40.0) / 10.0),
                4.0 * (-(voltage + 65.0) / 18.0).exp(),
            ],
            h: [
                0.07 * (-(voltage + 65.0) / 20.0).exp(),
                1.0 / (1.0 + (-(voltage + 35.0) / 10.0).exp()),
            ],
            n: [
                0.1 * ratio((voltage + 55.0) / 10.0),
                0.125 * (-(voltage + 65.0) / 80.0).exp(),
            ],
        }
    }

    fn numbers(rates: Rates) -> [f64; 6] {
        let Rates {
            m: [a, b],
            h: [c, d],
            n: [e, f],
        } = rates;
        [a, b, c, d, e, f]
    }

    fn voltages() -> Vec<f64> {
        let around = |centre: f64| {
            let near = [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.999, 2.0, 2.001];
            near.into_iter()
                .flat_map(move |by| [centre - by, centre + by])
        };
        let grid = (-1600..1600).map(|place| f64::from(place) / 8.0);
        grid.chain(around(-40.0)).chain(around(-55.0)).collect()
    }

    #[test]
    fn one_exponential_does_for_six() {
        for voltage in voltages() {
            let (found, expected) = (numbers(rates(voltage)), numbers(plain(voltage)));
            for (found, expected) in found.into_iter().zip(expected) {
                let error = (found / expected - 1.0).abs();
                assert!(
                    error < 1e-12,
                    "{voltage} mV: {found}, {expected}: {error:e}"
                );
            }
        }
    }

    /// SciPy's side, neurons/tests/reference/hodgkin_huxley.py; the limits at -40 and -55 mV are exact.
    #[test]
    fn rates_at_some_potentials() {
        for (voltage, m, h, n) in [
            (
                -65.0,
                [0.22356372458463, 4.0],
                [0.07, 0.0474258731775668],
                [0.0581976706869326, 0.125],
            ),
            (
                -55.0,
                [0.430825375183302, 2.29501368294973],
                [0.0424571461798843, 0.119202922022118],
                [0.1, 0.110312112823074],
            ),
            (
                -40.0,
                [1.0, 0.997408835109185],
                [0.0200553357802133, 0.377540668798145],
                [0.19308253751833, 0.0914519536183302],
            ),
            (
                20.0,
                [6.01490946994107, 0.0355815561481758],
                [0.000998496373629948, 0.995929862284104],
                [0.750415042831314, 0.0431988440721218],
            ),
        ] {
            let found = numbers(rates(voltage));
            for (found, expected) in found.into_iter().zip(numbers(Rates { m, h, n })) {
                assert!(
                    (found / expected - 1.0).abs() < 1e-13,
                    "{voltage}: {found}, {expected}"
                );
            }
        }
    }

    struct Many<'a>(&'a [f64]);

    impl WithSimd for Many<'_> {
        type Output = Vec<[f64; 6]>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<[f64; 6]> {
            let width = Lanes::<S, 2>::WIDTH;
            let mut found = Vec::new();
            for chunk in self.0.chunks_exact(width) {
                let Rates { m, h, n } = rates(Lanes::<S, 2>::load(simd, chunk));
                let mut columns = [[0.0; 32]; 6];
                for (lanes, column) in [m, h, n].as_flattened().iter().zip(&mut columns) {
                    lanes.store(column);
                }
                found.extend((0..width).map(|place| columns.map(|column| column[place])));
            }
            found
        }
    }

    #[test]
    fn rates_of_many_are_those_of_one() {
        let voltages = voltages();
        for found in on_every_level(|| Many(&voltages)) {
            assert!(found.len() + 16 > voltages.len());
            for (voltage, found) in voltages.iter().zip(found) {
                for (found, expected) in found.into_iter().zip(numbers(plain(*voltage))) {
                    let error = (found / expected - 1.0).abs();
                    assert!(
                        error < 2e-12,
                        "{voltage} mV: {found}, {expected}: {error:e}"
                    );
                }
            }
        }
    }

    /// NumPy's eigenvalues of the whole Jacobian, neurons/tests/reference/hodgkin_huxley.py: what the slow gates h
    /// and n do to the largest is little, and mostly makes it smaller.
    #[test]
    fn the_fastest_rate_is_the_largest_eigenvalue() {
        for (state, expected) in [
            ([-65.0, 0.05, 0.6, 0.32], 4.625744),
            ([-20.0, 0.6, 0.4, 0.4], 19.850033),
            ([35.0, 0.98, 0.25, 0.6], 32.879047),
            ([-40.0, 0.9, 0.1, 0.75], 25.339820),
        ] {
            let found = fastest_rate(State::from_array(state), &Parameters::default());
            let ratio = found / expected;
            assert!(
                (0.99..1.05).contains(&ratio),
                "{state:?}: {found}, {expected}"
            );
        }
    }
}
