//! Numbers of several neurons side by side in vector registers.

use std::ops::{Add, Mul, Sub};

use pulp::Simd;

use super::number::Number;

/// `K` registers of numbers. Several are computed in turn, so that one does not wait for the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes<S: Simd, const K: usize> {
    simd: S,
    registers: [S::f64s; K],
}

impl<S: Simd, const K: usize> Lanes<S, K> {
    /// How many numbers.
    pub(crate) const WIDTH: usize = K * S::F64_LANES;

    /// The same number everywhere.
    #[inline(always)]
    pub(crate) fn splat(simd: S, value: f64) -> Self {
        let registers = [simd.splat_f64s(value); K];
        Self { simd, registers }
    }

    /// The first [`Self::WIDTH`] values.
    #[inline(always)]
    pub(crate) fn load(simd: S, values: &[f64]) -> Self {
        let (vectors, _) = S::as_simd_f64s(&values[..Self::WIDTH]);
        let mut lanes = Self::splat(simd, 0.0);
        lanes.registers.copy_from_slice(vectors);
        lanes
    }

    /// Puts them where [`Self::load`] took them from.
    #[inline(always)]
    pub(crate) fn store(self, values: &mut [f64]) {
        let (vectors, _) = S::as_mut_simd_f64s(&mut values[..Self::WIDTH]);
        vectors.copy_from_slice(&self.registers);
    }

    /// Whether one of them is below the level in `self` and not in `after`.
    #[inline(always)]
    pub(crate) fn any_rises_over(self, after: Self, level: Self) -> bool {
        let simd = self.simd;
        let mut any = false;
        for place in 0..K {
            let level = level.registers[place];
            let below = simd.less_than_f64s(self.registers[place], level);
            let above = simd.greater_than_or_equal_f64s(after.registers[place], level);
            let rises = simd.and_m64s(below, above);
            any |= simd.first_true_m64s(rises) < S::F64_LANES;
        }
        any
    }

    #[inline(always)]
    fn with(mut self, other: Self, operation: impl Fn(S, S::f64s, S::f64s) -> S::f64s) -> Self {
        for place in 0..K {
            let (mine, its) = (self.registers[place], other.registers[place]);
            self.registers[place] = operation(self.simd, mine, its);
        }
        self
    }

    #[inline(always)]
    fn each(mut self, operation: impl Fn(S, S::f64s) -> S::f64s) -> Self {
        for place in 0..K {
            self.registers[place] = operation(self.simd, self.registers[place]);
        }
        self
    }
}

impl<S: Simd, const K: usize> Add for Lanes<S, K> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(
            other,
            #[inline(always)]
            |simd, a, b| simd.add_f64s(a, b),
        )
    }
}

impl<S: Simd, const K: usize> Sub for Lanes<S, K> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(
            other,
            #[inline(always)]
            |simd, a, b| simd.sub_f64s(a, b),
        )
    }
}

impl<S: Simd, const K: usize> Mul for Lanes<S, K> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(
            other,
            #[inline(always)]
            |simd, a, b| simd.mul_f64s(a, b),
        )
    }
}

impl<S: Simd, const K: usize> Number for Lanes<S, K> {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        Self::splat(self.simd, value)
    }

    #[inline(always)]
    fn times_plus(mut self, factor: Self, addend: Self) -> Self {
        for place in 0..K {
            self.registers[place] = self.simd.mul_add_e_f64s(
                self.registers[place],
                factor.registers[place],
                addend.registers[place],
            );
        }
        self
    }

    #[inline(always)]
    fn exp(self) -> Self {
        self.each(
            #[inline(always)]
            |simd, x| exp(simd, x),
        )
    }

    /// One division for all three, as a division takes as long as a dozen multiplications: with r = 1 / (a b c) the
    /// quotient x / a is x b c r. No denominator may be 0.
    #[inline(always)]
    fn quotients([x, y, z]: [Self; 3], [a, b, c]: [Self; 3]) -> [Self; 3] {
        let bc = b * c;
        let one = a.constant(1.0);
        let r = one.with(
            a * bc,
            #[inline(always)]
            |simd, one, all| simd.div_f64s(one, all),
        );
        let ar = a * r;
        [x * bc * r, y * c * ar, z * b * ar]
    }

    #[inline(always)]
    fn near_zero(mut self, limit: f64, near: Self, far: Self) -> Self {
        let simd = self.simd;
        let limit = simd.splat_f64s(limit);
        for place in 0..K {
            let is_near = simd.less_than_f64s(simd.abs_f64s(self.registers[place]), limit);
            self.registers[place] =
                simd.select_f64s(is_near, near.registers[place], far.registers[place]);
        }
        self
    }
}

/// 1 / k! for k from 0 to 12: the next term of Taylor's series is below 2^-52 for |r| <= ln(2) / 2.
const INVERSE_FACTORIALS: [f64; 13] = {
    let mut inverse = [1.0; 13];
    let (mut k, mut factorial) = (1, 1.0);
    while k < 13 {
        factorial *= k as f64;
        inverse[k] = 1.0 / factorial;
        k += 1;
    }
    inverse
};

/// ln 2 in two parts (Cody and Waite 1980): the first ends in zeros, so that its products with exponents are exact.
const LN_2: [f64; 2] = [
    f64::from_bits(0x3FE6_2E42_FEE0_0000),
    f64::from_bits(0x3DEA_39EF_3579_3C76),
];

/// e^x, within a few units of the last place; beyond |x| = 700 that of 700.
///
/// e^x = 2^n e^r with n the whole number next to x / ln 2. The polynomial in r is summed by Estrin's (1960) scheme,
/// whose terms do not wait for each other as Horner's do.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let number = |value: f64| simd.splat_f64s(value);
    let x = simd.max_f64s(simd.min_f64s(x, number(700.0)), number(-700.0));
    // Adding and subtracting 1.5 * 2^52 rounds to a whole number.
    let round = number(6_755_399_441_055_744.0);
    let n = simd.mul_add_e_f64s(x, number(std::f64::consts::LOG2_E), round);
    let n = simd.sub_f64s(n, round);
    let r = simd.mul_add_e_f64s(n, number(-LN_2[0]), x);
    let r = simd.mul_add_e_f64s(n, number(-LN_2[1]), r);
    let pair = |k: usize, power: S::f64s| {
        let [low, high] = [k, k + 1].map(
            #[inline(always)]
            |k| number(INVERSE_FACTORIALS[k]),
        );
        simd.mul_add_e_f64s(high, power, low)
    };
    let r2 = simd.mul_f64s(r, r);
    let r4 = simd.mul_f64s(r2, r2);
    let r8 = simd.mul_f64s(r4, r4);
    let to_3 = simd.mul_add_e_f64s(pair(2, r), r2, pair(0, r));
    let to_7 = simd.mul_add_e_f64s(pair(6, r), r2, pair(4, r));
    let to_11 = simd.mul_add_e_f64s(pair(10, r), r2, pair(8, r));
    let to_12 = simd.mul_add_e_f64s(number(INVERSE_FACTORIALS[12]), r4, to_11);
    let sum = simd.mul_add_e_f64s(to_12, r8, simd.mul_add_e_f64s(to_7, r4, to_3));
    simd.mul_f64s(sum, power_of_two(simd, n))
}

/// 2^n for whole n from -1022 to 1023.
#[inline(always)]
fn power_of_two<S: Simd>(simd: S, n: S::f64s) -> S::f64s {
    // In a number from 2^20 to 2^21 the last bit of the upper word counts ones: n + 1023 stands there, and 20 places
    // further up it is the exponent of 2^n.
    let placed = simd.add_f64s(n, simd.splat_f64s(1_572_864.0 + 1023.0));
    let bits = simd.transmute_u64s_f64s(placed);
    simd.transmute_f64s_u64s(shifted::<S>(simd, bits))
}

#[inline(always)]
fn shifted<S: Simd>(simd: S, bits: S::u64s) -> S::u64s {
    if S::IS_SCALAR {
        // One lane of 64 bits is no two of 32 here.
        let bits: u64 = pulp::bytemuck::cast(bits);
        return pulp::bytemuck::cast(bits << 20);
    }
    let words: S::u32s = pulp::bytemuck::cast(bits);
    let shifted = simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(20));
    pulp::bytemuck::cast(shifted)
}

#[cfg(test)]
pub(crate) mod tests {
    use pulp::WithSimd;

    use super::*;

    /// Runs the operation with all the instructions that this processor has.
    pub(crate) fn on_every_level<Op: WithSimd>(operation: impl Fn() -> Op) -> Vec<Op::Output> {
        let mut outputs = vec![Simd::vectorize(pulp::Scalar::new(), operation())];
        #[cfg(target_arch = "x86_64")]
        {
            outputs.extend(pulp::x86::V3::try_new().map(|simd| Simd::vectorize(simd, operation())));
            outputs.extend(pulp::x86::V4::try_new().map(|simd| Simd::vectorize(simd, operation())));
        }
        #[cfg(target_arch = "aarch64")]
        outputs
            .extend(pulp::aarch64::Neon::try_new().map(|simd| Simd::vectorize(simd, operation())));
        outputs
    }

    struct Exponentials<'a>(&'a [f64]);

    impl WithSimd for Exponentials<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
            let mut values = self.0.to_vec();
            for chunk in values.chunks_exact_mut(Lanes::<S, 1>::WIDTH) {
                Lanes::<S, 1>::load(simd, chunk).exp().store(chunk);
            }
            values
        }
    }

    /// Against the standard library's, itself within one unit of the last place.
    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        let places = 80_000;
        let mut x: Vec<f64> = (0..places)
            .map(|place| -690.0 + 1380.0 * f64::from(place) / f64::from(places))
            .collect();
        x.extend((0..80_000).map(|place| -1.0 + f64::from(place) / 40_000.0));
        for values in on_every_level(|| Exponentials(&x)) {
            for (x, value) in x.iter().zip(values) {
                let error = (value / x.exp() - 1.0).abs();
                assert!(error < 1e-15, "exp({x}): {value}, {error:e}");
            }
        }
    }

    #[test]
    fn beyond_its_range_the_exponential_stays_finite() {
        let x = [-1e300, -701.0, 701.0, 1e300, f64::MAX, f64::MIN, 0.0, -0.0];
        for values in on_every_level(|| Exponentials(&x)) {
            assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
            assert_eq!(values[6..], [1.0, 1.0]);
        }
    }
}
