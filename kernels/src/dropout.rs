//! Dropout with a mask that is drawn in parallel.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};

/// Values that one stream of random numbers serves.
const CHUNK: usize = 1 << 14;

/// Zeros values with probability `rate` (to 1 in 65,536) and divides the others by the probability to stay.
/// The same key gives the same mask, whatever the number of threads is, so that the gradient is the same
/// operation on the gradient.
pub(crate) fn apply(values: &[f32], rate: f64, key: u64) -> Vec<f32> {
    let threshold = (rate * 65_536.0).round() as u32;
    let scale = (65_536.0 / f64::from(65_536 - threshold.min(65_535))) as f32;
    let write = |output: &mut [Fresh<f32>]| {
        output
            .par_chunks_mut(CHUNK)
            .zip(values.par_chunks(CHUNK))
            .enumerate()
            .for_each(|(stream, (output, values))| {
                let mut generator = ChaCha8Rng::seed_from_u64(key);
                generator.set_stream(stream as u64);
                let mut bytes = [0; 2 * 256];
                for (output, values) in output.chunks_mut(256).zip(values.chunks(256)) {
                    generator.fill_bytes(&mut bytes);
                    let (draws, _) = bytes.as_chunks::<2>();
                    for ((output, value), draw) in output.iter_mut().zip(values).zip(draws) {
                        let stays = u32::from(u16::from_le_bytes(*draw)) >= threshold;
                        output.write(if stays { value * scale } else { 0.0 });
                    }
                }
            });
    };
    // SAFETY: the chunks of the output and of the values are the same, and every value is gone through.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(values.len(), write)
    }
}
