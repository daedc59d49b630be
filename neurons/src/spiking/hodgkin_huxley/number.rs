//! Numbers that the equations are generic over: `f64` for one neuron, lanes of vector registers for several.

use std::ops::{Add, Mul, Sub};

/// Largest absolute exponent of [`Number::exp_of_small`]; larger ones are clamped to it.
pub const SMALL: f64 = 0.7;

/// A number, or the numbers of several neurons side by side.
pub trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Returns `value` for every neuron of `self`.
    fn constant(self, value: f64) -> Self;

    /// Returns self * factor + addend; lanes round once if the processor has fused instructions.
    fn times_plus(self, factor: Self, addend: Self) -> Self;

    /// Returns addend - self * factor; lanes round once if the processor has fused instructions.
    fn times_from(self, factor: Self, addend: Self) -> Self;

    /// Returns e^self for |self| up to [`SMALL`].
    fn exp_of_small(self) -> Self;

    /// Divides each numerator by its denominator.
    fn quotients(numerators: [Self; 3], denominators: [Self; 3]) -> [Self; 3];

    /// Selects `near` where |self| < `limit`, and `far` elsewhere.
    fn near_zero(self, limit: f64, near: Self, far: Self) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        value
    }

    // Not `mul_add`: a function call on processors without the instruction.
    #[inline(always)]
    fn times_plus(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }

    #[inline(always)]
    fn times_from(self, factor: Self, addend: Self) -> Self {
        addend - self * factor
    }

    #[inline(always)]
    fn exp_of_small(self) -> Self {
        f64::exp(self.clamp(-SMALL, SMALL))
    }

    #[inline(always)]
    fn quotients(numerators: [Self; 3], denominators: [Self; 3]) -> [Self; 3] {
        [0, 1, 2].map(|index| numerators[index] / denominators[index])
    }

    #[inline(always)]
    fn near_zero(self, limit: f64, near: Self, far: Self) -> Self {
        if self.abs() < limit { near } else { far }
    }
}
