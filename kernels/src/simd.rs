//! Which vector instructions this processor has, found at run time.

use pulp::{Simd, WithSimd};

/// A set of vector instructions that the code is compiled for.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// One value at a time.
    Scalar,
    /// AVX2 and FMA: 8 values.
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// AVX-512: 16 values.
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    /// NEON: 4 values.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
}

impl Level {
    /// The best of what this processor has.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Scalar)
    }

    /// Everything this processor has, the best last.
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

    /// Runs the operation in a function compiled for these instructions.
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

    /// How many values one register holds.
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

    /// The widest panel of [`product`](crate::product), in registers.
    pub(crate) fn panel_vectors(self) -> usize {
        struct Registers;

        impl WithSimd for Registers {
            type Output = usize;

            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::REGISTER_COUNT
            }
        }

        crate::product::panel_vectors(self.run(Registers))
    }
}
