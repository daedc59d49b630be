//! Exponential functions in single precision that the compiler turns into vector instructions, unlike calls of the
//! mathematical library.

/// The range in which e^x is neither denormal nor infinite.
const MIN_EXPONENT: f32 = -87.0;
const MAX_EXPONENT: f32 = 88.0;

/// 1.5 * 2^23: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// ln 2 as a sum: the first term has few bits, so that its product with an integer is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Returns e^x to two units in the last place, with x limited to -87 and 88. The polynomial is that of Cephes's `expf`
/// (Moshier, <https://www.netlib.org/cephes/>).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Comparisons, because `max` and `min` would hide NaN.
    let x = if x < MIN_EXPONENT { MIN_EXPONENT } else { x };
    let x = if x > MAX_EXPONENT { MAX_EXPONENT } else { x };
    // x = integer * ln 2 + rest
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let integer = rounded - ROUND;
    let rest = x - integer * LN_2_HIGH - integer * LN_2_LOW;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        sum = sum * rest + coefficient;
    }
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    (sum * rest * rest + rest + 1.0) * power
}

/// Returns the logistic function, 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Returns tanh x = 1 - 2 / (e^2x + 1), to 2e-7.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::{exp, sigmoid, tanh};

    #[test]
    fn functions_agree_with_the_standard_library_in_f64() {
        let (mut worst, mut worst_gate) = (0.0f64, 0.0f64);
        for step in -87_000..=88_000 {
            let x = step as f32 / 1000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) / exact - 1.0).abs());
            let gate = 1.0 / (1.0 + (-f64::from(x)).exp());
            worst_gate = worst_gate.max((f64::from(sigmoid(x)) - gate).abs());
            worst_gate = worst_gate.max((f64::from(tanh(x)) - f64::from(x).tanh()).abs());
        }
        assert!(worst < 2.5e-7, "{worst:.1e}");
        assert!(worst_gate < 2e-7, "{worst_gate:.1e}");
    }

    #[test]
    fn functions_saturate_and_keep_nan() {
        for function in [exp, sigmoid, tanh] {
            assert!(function(f32::NAN).is_nan());
        }
        assert!(exp(f32::INFINITY) > 1e38 && exp(f32::NEG_INFINITY) < 1e-37);
        assert_eq!([tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)], [1.0, -1.0]);
        assert_eq!(sigmoid(f32::INFINITY), 1.0);
    }
}
