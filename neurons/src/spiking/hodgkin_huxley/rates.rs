//! Rates of the gates, in 1/ms, at a membrane potential V in mV:
//!
//! - alpha_m = 0.1 (V + 40) / (1 - e^(-(V + 40) / 10)), beta_m = 4 e^(-(V + 65) / 18)
//! - alpha_h = 0.07 e^(-(V + 65) / 20), beta_h = 1 / (1 + e^(-(V + 35) / 10))
//! - alpha_n = 0.01 (V + 55) / (1 - e^(-(V + 55) / 10)), beta_n = 0.125 e^(-(V + 65) / 80)
//!
//! The exponentials dominate the cost of a step. All six are powers of t = e^(-(V + 65) / 720): t^9 = e^(-(V + 65) / 80)
//! and t^40 = e^(-(V + 65) / 18). The exponent of t is so small that a short series suffices.

use super::number::Number;

/// Opening rate alpha and closing rate beta of each gate, in 1/ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates<T = f64> {
    /// Sodium's activation.
    pub m: [T; 2],
    /// Sodium's inactivation.
    pub h: [T; 2],
    /// Potassium's activation.
    pub n: [T; 2],
}

/// e, e^2.5 and e^3: the offsets of V + 55, V + 40 and V + 35 from V + 65, in tens, as factors.
const OFFSETS: [f64; 3] = [
    std::f64::consts::E,
    12.182_493_960_703_473,
    20.085_536_923_187_668,
];

/// Below this |x|, x / (1 - e^-x) is computed as a series; the first term left out is below 3e-14 there.
const NEAR: f64 = 0.03;

/// Returns x / (1 - e^-x) = 1 + x/2 + x^2/12 - x^4/720 + ... (Bernoulli numbers) near x = 0.
#[inline(always)]
fn series<T: Number>(x: T) -> T {
    let number = |value| x.constant(value);
    let rest = (x * x).times_plus(number(-1.0 / 720.0), number(1.0 / 12.0));
    let rest = rest.times_plus(x, number(0.5));
    rest.times_plus(x, number(1.0))
}

/// Returns 1 - e^-x, with e^-x = u^8 times `offset`. Near x = 0 it returns 1 in place of a denominator of 0; the series
/// is used there.
#[inline(always)]
fn denominator<T: Number>(x: T, u_8: T, offset: f64) -> T {
    let one = x.constant(1.0);
    x.near_zero(NEAR, one, u_8.times_from(x.constant(offset), one))
}

/// Returns the rates of the gates at a potential in mV, continued over the removable singularities at -40 and -55 mV.
///
/// ```
/// let rates = neurons::spiking::hodgkin_huxley::rates(-40.0);
/// assert!((rates.m[0] - 1.0).abs() < 1e-13);
/// ```
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
    let below_n = denominator(x_n, u_8, OFFSETS[0]);
    let below_m = denominator(x_m, u_8, OFFSETS[1]);
    let below_h = u_8.times_plus(number(OFFSETS[2]), one);
    let [ratio_n, ratio_m, beta_h] = T::quotients([x_n, x_m, one], [below_n, below_m, below_h]);
    let ratio_n = x_n.near_zero(NEAR, series(x_n), ratio_n);
    let ratio_m = x_m.near_zero(NEAR, series(x_m), ratio_m);
    Rates {
        m: [ratio_m, number(4.0) * w],
        h: [number(0.07) * u_4, beta_h],
        n: [number(0.1) * ratio_n, number(0.125) * u],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::hodgkin_huxley::lanes::{Lanes, tests::on_every_level};
    use pulp::{Simd, WithSimd};

    /// The rates with the textbook's six exponentials.
    fn textbook(voltage: f64) -> Rates {
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
        let grid = (-1600..1600).map(|index| f64::from(index) / 8.0);
        grid.chain(around(-40.0)).chain(around(-55.0)).collect()
    }

    #[test]
    fn one_exponential_replaces_six() {
        for voltage in voltages() {
            let (found, expected) = (numbers(rates(voltage)), numbers(textbook(voltage)));
            for (found, expected) in found.into_iter().zip(expected) {
                let error = (found / expected - 1.0).abs();
                assert!(
                    error < 1e-12,
                    "{voltage} mV: {found}, {expected}: {error:e}"
                );
            }
        }
    }

    /// Computed by neurons/tests/reference/hodgkin_huxley.py; the limits at -40 and -55 mV are exact.
    #[test]
    fn rates_equal_the_reference() {
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

    struct LaneRates<'a>(&'a [f64]);

    impl WithSimd for LaneRates<'_> {
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
                found.extend((0..width).map(|index| columns.map(|column| column[index])));
            }
            found
        }
    }

    #[test]
    fn lanes_give_the_scalar_rates() {
        let voltages = voltages();
        for found in on_every_level(|| LaneRates(&voltages)) {
            assert!(found.len() + 16 > voltages.len());
            for (voltage, found) in voltages.iter().zip(found) {
                for (found, expected) in found.into_iter().zip(numbers(textbook(*voltage))) {
                    let error = (found / expected - 1.0).abs();
                    assert!(
                        error < 2e-12,
                        "{voltage} mV: {found}, {expected}: {error:e}"
                    );
                }
            }
        }
    }
}
