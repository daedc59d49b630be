//! Dropout with a mask that is drawn in parallel (Srivastava et al. 2014,
//! <https://jmlr.org/papers/v15/srivastava14a.html>).
//!
//! ```text
//! forward    y = x m / (1 - p)      m = 0 with probability p, else 1
//! backward   dx = dy m / (1 - p)
//! ```
//!
//! The mask is a function of a key, so that it is drawn again for the gradient instead of being kept. Burn's own module
//! draws it on one thread.

use std::mem::MaybeUninit;
use std::ops::Deref;

use burn::nn::Dropout;
use burn::tensor::{Distribution, Int, Shape, Tensor};
use pulp::{Simd, WithSimd};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::dispatch::{apply, is_supported};
use crate::operation::{Backward, Forward, Kept, Operation};
use crate::simd::Level;
use crate::uninit;

/// Applies dropout as `dropout.forward(values)` does: values are zeroed with probability `dropout.prob` and the others
/// divided by the probability to stay, on a device with gradients and unless the module is frozen; otherwise the values
/// pass through.
///
/// On flex and ndarray the mask differs from that of Burn's module. It is drawn from the random numbers of the device
/// all the same, so that their seed repeats it, and its probability is kept to 1 in 65,536.
///
/// # Shapes
/// - `values` and output: any, the same
///
/// # Examples
/// ```
/// use burn::nn::DropoutConfig;
/// use burn::tensor::{Device, Tensor};
///
/// let dropout = DropoutConfig::new(0.5).init();
/// let ones = Tensor::<2>::ones([100, 100], &Device::flex().autodiff());
/// let zeros = kernels::dropout(ones, &dropout).equal_elem(0.0).int().sum();
/// let count = zeros.into_scalar::<i64>();
/// assert!((4500..5500).contains(&count));
/// ```
pub fn dropout<const D: usize>(values: Tensor<D>, dropout: &Dropout) -> Tensor<D> {
    let is_active = dropout.training.is_enabled() && values.device().is_autodiff();
    if !is_active || dropout.prob == 0.0 || !is_supported(&values) {
        return dropout.forward(values);
    }
    let range = Distribution::Uniform(0.0, f64::from(i32::MAX));
    let draws = Tensor::<1, Int>::random([2], range, &values.device());
    let key = draws
        .into_data()
        .iter::<i64>()
        .fold(0, |key: u64, draw| (key << 32) | draw as u64);
    let operation = KeyedDropout {
        rate: dropout.prob,
        key,
    };
    let [output] = apply(operation, [values.into_dispatch()]);
    Tensor::from_dispatch(output)
}

/// The operation of [`dropout`]: the same key gives the same mask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyedDropout {
    /// The probability of zeroing a value.
    pub rate: f64,
    pub key: u64,
}

impl Operation<1> for KeyedDropout {
    type Saved = ();

    fn kept(&self) -> Kept<1> {
        Kept {
            inputs: [false],
            output: false,
        }
    }

    fn output_shape(&self, [values]: [&Shape; 1]) -> Shape {
        values.clone()
    }

    fn forward(&self, level: Level, [values]: [&[f32]; 1]) -> Forward<()> {
        Forward::new(self.mask(level, values), ())
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, (), 1>,
    ) -> [Option<Vec<f32>>; 1] {
        [Some(self.mask(level, &pass.gradient))]
    }
}

impl KeyedDropout {
    /// Zeros some values and scales the others.
    fn mask(&self, level: Level, values: &[f32]) -> Vec<f32> {
        /// Values of a task, each of which has a stream of random numbers of its own. The mask depends on it.
        const TASK_LEN: usize = 1 << 14;
        /// Values for which random numbers are drawn at a time: 4 KB, which stay in the first-level cache.
        const DRAWS: usize = 1 << 11;
        let threshold = (self.rate * 65_536.0).round() as u32;
        let scale = (65_536.0 / f64::from(65_536 - threshold.min(65_535))) as f32;
        let write = |output: &mut [MaybeUninit<f32>]| {
            output
                .par_chunks_mut(TASK_LEN)
                .zip(values.par_chunks(TASK_LEN))
                .enumerate()
                .for_each(|(stream, (output, values))| {
                    let mut generator = ChaCha8Rng::seed_from_u64(self.key);
                    generator.set_stream(stream as u64);
                    let mut draws = [0; 2 * DRAWS];
                    for (output, values) in output.chunks_mut(DRAWS).zip(values.chunks(DRAWS)) {
                        generator.fill_bytes(&mut draws);
                        level.run(Mask {
                            output,
                            values,
                            draws: &draws,
                            threshold,
                            scale,
                        });
                    }
                });
        };
        // SAFETY: the output is as long as the values, so that their chunks correspond, and `Mask` writes all of its
        // chunk: it has two random bytes for each value.
        #[allow(unsafe_code)]
        unsafe {
            uninit::vec(values.len(), write)
        }
    }
}

/// Some values, with two random bytes for each.
struct Mask<'a> {
    output: &'a mut [MaybeUninit<f32>],
    values: &'a [f32],
    draws: &'a [u8],
    threshold: u32,
    scale: f32,
}

impl WithSimd for Mask<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (draws, _) = self.draws.as_chunks::<2>();
        for ((output, value), draw) in self.output.iter_mut().zip(self.values).zip(draws) {
            let stays = u32::from(u16::from_le_bytes(*draw)) >= self.threshold;
            output.write(if stays { value * self.scale } else { 0.0 });
        }
    }
}
