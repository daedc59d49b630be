//! What an equation of a membrane is written over: one neuron, or as many as fit into vector registers.

use std::ops::{Add, Mul, Sub};

/// How far from 0 an exponent may be that needs no reduction; those beyond count as this.
pub const SMALL: f64 = 0.7;

/// A number of one neuron, or the numbers of several side by side.
pub trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// This constant for every neuron that `self` is of.
    fn constant(self, value: f64) -> Self;

    /// self * factor + addend, in one rounding where the processor has it.
    fn times_plus(self, factor: Self, addend: Self) -> Self;

    /// addend - self * factor, likewise.
    fn times_from(self, factor: Self, addend: Self) -> Self;

    /// e to this, which lies within [`SMALL`] of 0.
    fn exp_of_small(self) -> Self;

    /// Each numerator over its denominator.
    fn quotients(numerators: [Self; 3], denominators: [Self; 3]) -> [Self; 3];

    /// `near` where |self| < `limit`, else `far`.
    fn near_zero(self, limit: f64, near: Self, far: Self) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        value
    }

    // Not `mul_add`, which is a call of a function on processors without the instruction.
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
        [0, 1, 2].map(|place| numerators[place] / denominators[place])
    }

    #[inline(always)]
    fn near_zero(self, limit: f64, near: Self, far: Self) -> Self {
        if self.abs() < limit { near } else { far }
    }
}

/// A number of one neuron, computed with fused multiplications and additions: only for functions that are compiled for
/// processors that have them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fused(pub(crate) f64);

impl Add for Fused {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Fused {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Fused {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Number for Fused {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        Self(value)
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, addend: Self) -> Self {
        Self(self.0.mul_add(factor.0, addend.0))
    }

    #[inline(always)]
    fn times_from(self, factor: Self, addend: Self) -> Self {
        Self((-self.0).mul_add(factor.0, addend.0))
    }

    #[inline(always)]
    fn exp_of_small(self) -> Self {
        Self(self.0.exp_of_small())
    }

    #[inline(always)]
    fn quotients(numerators: [Self; 3], denominators: [Self; 3]) -> [Self; 3] {
        [0, 1, 2].map(|place| Self(numerators[place].0 / denominators[place].0))
    }

    #[inline(always)]
    fn near_zero(self, limit: f64, near: Self, far: Self) -> Self {
        if self.0.abs() < limit { near } else { far }
    }
}
