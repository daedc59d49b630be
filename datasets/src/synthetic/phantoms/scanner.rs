//! The effects of a scanner on a picture.

use image::{GrayImage, Luma};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

/// Width and height of a phantom, in pixels.
pub const PHANTOM_SIZE: usize = 256;

/// The effects of a scanner: uneven sensitivity, contrast, blur and noise.
pub(super) struct Scanner {
    /// Sensitivity field: slopes in x and y, and curvature.
    bias: [f32; 3],
    gain: f32,
    gamma: f32,
    blur: f32,
    noise: f32,
}

impl Scanner {
    pub(super) fn random(rng: &mut impl Rng) -> Self {
        Self {
            bias: [
                rng.random_range(-0.2f32..0.2),
                rng.random_range(-0.2f32..0.2),
                rng.random_range(-0.25f32..0.1),
            ],
            gain: rng.random_range(0.75f32..1.15),
            gamma: rng.random_range(0.8f32..1.3),
            blur: rng.random_range(0.0f32..0.9),
            noise: rng.random_range(0.008f32..0.045),
        }
    }

    /// Applies the effects and returns the picture.
    pub(super) fn picture(&self, clean: Vec<f32>, rng: &mut impl Rng) -> GrayImage {
        let blurred = self.blurred(&clean);
        // `new` fails for invalid deviations only, which are out of the range drawn.
        let noise = Normal::new(0.0f32, self.noise).ok();
        let mut draw = || noise.map_or(0.0, |noise| noise.sample(rng));
        GrayImage::from_fn(PHANTOM_SIZE as u32, PHANTOM_SIZE as u32, |column, row| {
            let place = |pixel: u32| (pixel as f32 + 0.5) * 2.0 / PHANTOM_SIZE as f32 - 1.0;
            let (x, y) = (place(column), place(row));
            let [across, down, round] = self.bias;
            let sensitivity = 1.0 + across * x + down * y + round * (x * x + y * y);
            let signal = blurred[row as usize * PHANTOM_SIZE + column as usize];
            let signal = (signal * sensitivity).max(0.0).powf(self.gamma) * self.gain;
            let magnitude = (signal + draw()).hypot(draw());
            Luma([(magnitude.clamp(0.0, 1.0) * 255.0).round() as u8])
        })
    }

    /// Blurs with three taps along rows, then along columns.
    fn blurred(&self, clean: &[f32]) -> Vec<f32> {
        let side = self.blur / (1.0 + 2.0 * self.blur);
        let pass = |from: &[f32], stride: usize| -> Vec<f32> {
            let at = |index: usize| from.get(index).copied().unwrap_or(0.0);
            (0..from.len())
                .map(|index| {
                    let beside = at(index.wrapping_sub(stride)) + at(index + stride);
                    at(index) * (1.0 - 2.0 * side) + side * beside
                })
                .collect()
        };
        pass(&pass(clean, 1), PHANTOM_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::generator::generator;

    #[test]
    fn blur_keeps_the_sum() {
        let mut clean = vec![0.0; PHANTOM_SIZE * PHANTOM_SIZE];
        clean[100 * PHANTOM_SIZE + 100] = 1.0;
        let scanner = Scanner {
            blur: 0.7,
            ..Scanner::random(&mut generator(2, 0))
        };
        let blurred = scanner.blurred(&clean);
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(blurred[100 * PHANTOM_SIZE + 100] < 0.3);
    }
}
