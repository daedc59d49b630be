//! Dropout with a mask that is drawn in parallel.

use pulp::{Simd, WithSimd};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};
use crate::simd::Level;

/// Values that one stream of random numbers serves.
const CHUNK: usize = 1 << 14;

/// Values that are drawn for at once.
const DRAWS: usize = 1 << 11;

/// Zeros values with probability `rate` (to 1 in 65,536) and divides the others by the probability to stay.
/// The same key gives the same mask, whatever the number of threads is, so that the gradient is the same
/// operation on the gradient.
pub(crate) fn apply(values: &[f32], rate: f64, key: u64) -> Vec<f32> {
    let threshold = (rate * 65_536.0).round() as u32;
    let scale = (65_536.0 / f64::from(65_536 - threshold.min(65_535))) as f32;
    let level = Level::detect();
    let write = |output: &mut [Fresh<f32>]| {
        output
            .par_chunks_mut(CHUNK)
            .zip(values.par_chunks(CHUNK))
            .enumerate()
            .for_each(|(stream, (output, values))| {
                let mut generator = ChaCha8Rng::seed_from_u64(key);
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
    // SAFETY: the chunks of the output and of the values are the same, and every value is gone through.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(values.len(), write)
    }
}

/// Some values, with two random bytes for each.
struct Mask<'a> {
    output: &'a mut [Fresh<f32>],
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
