//! Numbers of several neurons side by side in vector registers.

use std::ops::{Add, Mul, Sub};

use pulp::Simd;

use super::number::{Number, SMALL};

/// `K` registers of numbers. Several registers hide the latency of each other's instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes<S: Simd, const K: usize> {
    simd: S,
    registers: [S::f64s; K],
}

impl<S: Simd, const K: usize> Lanes<S, K> {
    /// Number of lanes.
    pub(super) const WIDTH: usize = K * S::F64_LANES;

    /// Creates lanes that all hold `value`.
    #[inline(always)]
    pub(super) fn splat(simd: S, value: f64) -> Self {
        let registers = [simd.splat_f64s(value); K];
        Self { simd, registers }
    }

    /// Loads the first [`Self::WIDTH`] values.
    #[inline(always)]
    pub(super) fn load(simd: S, values: &[f64]) -> Self {
        let (vectors, _) = S::as_simd_f64s(&values[..Self::WIDTH]);
        let mut lanes = Self::splat(simd, 0.0);
        lanes.registers.copy_from_slice(vectors);
        lanes
    }

    /// Stores the lanes to the first [`Self::WIDTH`] values.
    #[inline(always)]
    pub(super) fn store(self, values: &mut [f64]) {
        let (vectors, _) = S::as_mut_simd_f64s(&mut values[..Self::WIDTH]);
        vectors.copy_from_slice(&self.registers);
    }

    /// Returns whether any lane is below `level` in `self` and not below it in `after`.
    #[inline(always)]
    pub(super) fn any_rises_over(self, after: Self, level: Self) -> bool {
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
    fn times_from(mut self, factor: Self, addend: Self) -> Self {
        for place in 0..K {
            self.registers[place] = self.simd.negate_mul_add_e_f64s(
                self.registers[place],
                factor.registers[place],
                addend.registers[place],
            );
        }
        self
    }

    #[inline(always)]
    fn exp_of_small(mut self) -> Self {
        for place in 0..K {
            self.registers[place] = exp_of_small(self.simd, self.registers[place]);
        }
        self
    }

    /// Divides with a single division, which takes as long as a dozen multiplications: with r = 1 / (a b c), the quotient
    /// x / a is x b c r. No denominator may be 0.
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
        let limit = simd.splat_f64s(limit * limit);
        for place in 0..K {
            // Squares, as `abs_f64s` is not inlined.
            let x = self.registers[place];
            let is_near = simd.less_than_f64s(simd.mul_f64s(x, x), limit);
            self.registers[place] =
                simd.select_f64s(is_near, near.registers[place], far.registers[place]);
        }
        self
    }
}

/// 1 / k! for k from 0 to 11: the first term of Taylor's series left out is 1e-14 at |x| = 0.35 and 3e-11 at 0.7.
const INVERSE_FACTORIALS: [f64; 12] = {
    let mut inverse = [1.0; 12];
    let (mut k, mut factorial) = (1, 1.0);
    while k < 12 {
        factorial *= k as f64;
        inverse[k] = 1.0 / factorial;
        k += 1;
    }
    inverse
};

/// Returns e^x by Taylor's series with Estrin's scheme (1960), whose terms depend less on each other than Horner's.
#[inline(always)]
fn exp_of_small<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let x = simd.min_f64s(x, simd.splat_f64s(SMALL));
    let x = simd.max_f64s(x, simd.splat_f64s(-SMALL));
    let x_2 = simd.mul_f64s(x, x);
    let x_4 = simd.mul_f64s(x_2, x_2);
    let x_8 = simd.mul_f64s(x_4, x_4);
    let [to_3, to_7, to_11] = [
        four(simd, 0, x, x_2),
        four(simd, 4, x, x_2),
        four(simd, 8, x, x_2),
    ];
    let to_7 = simd.mul_add_e_f64s(to_7, x_4, to_3);
    simd.mul_add_e_f64s(to_11, x_8, to_7)
}

/// Sums four terms of the series from the k-th on, divided by x^k.
#[inline(always)]
fn four<S: Simd>(simd: S, k: usize, x: S::f64s, x_2: S::f64s) -> S::f64s {
    let low = two(simd, k, x);
    simd.mul_add_e_f64s(two(simd, k + 2, x), x_2, low)
}

/// Sums two terms of the series from the k-th on, divided by x^k.
#[inline(always)]
fn two<S: Simd>(simd: S, k: usize, x: S::f64s) -> S::f64s {
    let low = simd.splat_f64s(INVERSE_FACTORIALS[k]);
    simd.mul_add_e_f64s(simd.splat_f64s(INVERSE_FACTORIALS[k + 1]), x, low)
}

#[cfg(test)]
pub(in crate::spiking::hodgkin_huxley) mod tests {
    use pulp::WithSimd;

    use super::*;

    /// Runs an operation with every instruction set of this processor.
    pub(in crate::spiking::hodgkin_huxley) fn on_every_level<Op: WithSimd>(
        operation: impl Fn() -> Op,
    ) -> Vec<Op::Output> {
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
                Lanes::<S, 1>::load(simd, chunk).exp_of_small().store(chunk);
            }
            values
        }
    }

    /// The standard library's exponential is within one unit in the last place.
    #[test]
    fn the_exponential_equals_the_standard_librarys() {
        let x: Vec<f64> = (-70_000..70_000)
            .map(|place| f64::from(place) * 1e-5)
            .collect();
        for values in on_every_level(|| Exponentials(&x)) {
            for (x, value) in x.iter().zip(values) {
                let error = (value / x.clamp(-SMALL, SMALL).exp() - 1.0).abs();
                let tolerance = match x.abs() {
                    ..0.2 => 5e-16,
                    ..0.35 => 2e-14,
                    _ => 1e-10,
                };
                assert!(error < tolerance, "exp({x}): {value}, {error:e}");
            }
        }
    }

    #[test]
    fn exponents_out_of_range_are_clamped() {
        let x = [-1e300, -701.0, 701.0, 1e300, f64::MAX, f64::MIN, 0.0, -0.0];
        let [least, most] = [(-SMALL).exp(), SMALL.exp()];
        let expected = [least, least, most, most, most, least, 1.0, 1.0];
        for values in on_every_level(|| Exponentials(&x)) {
            for (value, expected) in values.iter().zip(expected) {
                assert!((value / expected - 1.0).abs() < 1e-10, "{values:?}");
            }
        }
    }
}
