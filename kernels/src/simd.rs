//! The vector instructions of this processor, detected at run time.

use pulp::{Simd, WithSimd};

/// A set of vector instructions for which the operations are compiled.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// No vector instructions: one value at a time.
    Scalar,
    /// AVX2 and FMA: 8 values at a time.
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// AVX-512: 16 values at a time.
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    /// NEON: 4 values at a time.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
}

impl Level {
    /// Returns the widest instructions of this processor.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Scalar)
    }

    /// Returns all levels of this processor, the widest last.
    pub fn available() -> Vec<Self> {
        let mut levels = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(pulp::x86::V3::try_new().map(Self::V3));
            levels.extend(pulp::x86::V4::try_new().map(Self::V4));
        }
        #[cfg(target_arch = "aarch64")]
        levels.extend(pulp::aarch64::Neon::try_new().map(Self::Neon));
        levels
    }

    /// Runs an operation in a function compiled for these instructions.
    pub(crate) fn run<Op: WithSimd>(self, operation: Op) -> Op::Output {
        match self {
            Self::Scalar => Simd::vectorize(pulp::Scalar::new(), operation),
            #[cfg(target_arch = "x86_64")]
            Self::V3(simd) => Simd::vectorize(simd, operation),
            #[cfg(target_arch = "x86_64")]
            Self::V4(simd) => Simd::vectorize(simd, operation),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => Simd::vectorize(simd, operation),
        }
    }

    /// Returns the number of values of a register.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Self::Scalar => 1,
            #[cfg(target_arch = "x86_64")]
            Self::V3(_) => 8,
            #[cfg(target_arch = "x86_64")]
            Self::V4(_) => 16,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => 4,
        }
    }

    /// Returns the width of the widest panel of a [matrix product](crate::microkernel), in registers.
    pub(crate) fn panel_vectors(self) -> usize {
        struct Registers;

        impl WithSimd for Registers {
            type Output = usize;

            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::REGISTER_COUNT
            }
        }

        panel_vectors(self.run(Registers))
    }
}

/// Returns the width of the widest panel of a [matrix product](crate::microkernel), in registers: 6 x 4 sums fit 32
/// registers together with the vectors that are multiplied, 6 x 2 sums fit 16.
pub(crate) const fn panel_vectors(register_count: usize) -> usize {
    if register_count >= 32 { 4 } else { 2 }
}
