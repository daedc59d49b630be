//! Augmentation: random alterations of training pictures, different in every pass.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution, Normal, Uniform};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The ranges of random alterations of training pictures. Zero disables an alteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Whether half of the pictures are mirrored left to right.
    pub mirror: bool,
    /// Maximum rotation in either direction, in degrees.
    pub degrees: f64,
    /// Maximum shift in each direction, as a fraction of the side.
    pub shift: f64,
    /// Maximum change of size, as a fraction.
    pub zoom: f64,
    /// Maximum change of contrast, as a fraction; brightness changes by up to half of it.
    pub contrast: f64,
    /// Standard deviation of added noise, as a fraction of white.
    pub noise: f64,
    /// Parameter of mixup: two pictures and their labels are mixed in shares drawn from Beta(mix, mix). At 0 never, at 0.2
    /// mostly a little, at 1 in any proportion (Zhang et al. 2018, <https://arxiv.org/abs/1710.09412>).
    #[serde(default)]
    pub mix: f64,
}

impl Augmentation {
    /// For slices of a head: the differences between patients, positions and scanners.
    pub const SCANS: Self = Self {
        mirror: true,
        degrees: 15.0,
        shift: 0.06,
        zoom: 0.12,
        contrast: 0.2,
        noise: 0.01,
        mix: 0.0,
    };

    /// For handwritten digits: the differences between writers and positions. Digits are not mirrored, because a mirrored digit
    /// is no digit.
    pub const DIGITS: Self = Self {
        mirror: false,
        degrees: 10.0,
        shift: 0.07,
        zoom: 0.1,
        contrast: 0.0,
        noise: 0.0,
        mix: 0.0,
    };

    /// Returns altered copies of the pictures of a batch. The same seed and batch give the same copies.
    ///
    /// # Shapes
    /// - `images`: pictures of `shape`, `[channels, height, width]`, as planar bytes
    ///
    /// # Panics
    /// If a picture does not have the length of `shape`.
    pub(super) fn batch(&self, images: &[&[u8]], shape: [usize; 3], seed: u64) -> Vec<Vec<u8>> {
        (images.par_iter().enumerate())
            .map(|(place, image)| {
                let mut generator = ChaCha8Rng::seed_from_u64(seed);
                generator.set_stream(place as u64);
                self.altered(image, shape, &mut generator)
            })
            .collect()
    }

    /// Draws the share of the other picture for a batch with this seed, at most 0.5; `None` if pictures are not mixed.
    pub(super) fn mix_share(&self, seed: u64) -> Option<f64> {
        let shares = Beta::new(self.mix, self.mix).ok()?;
        let share: f64 = shares.sample(&mut ChaCha8Rng::seed_from_u64(!seed));
        Some(share.min(1.0 - share))
    }

    fn altered(&self, image: &[u8], shape: [usize; 3], generator: &mut ChaCha8Rng) -> Vec<u8> {
        let [channels, height, width] = shape;
        assert_eq!(
            image.len(),
            channels * height * width,
            "bytes of a preprocessed picture"
        );
        let mut within = |reach: f64| -> f64 {
            Uniform::new_inclusive(-reach, reach).map_or(0.0, |range| range.sample(generator))
        };
        let angle = within(self.degrees).to_radians();
        let zoom = 1.0 + within(self.zoom);
        let [down, right] = [height, width].map(|side| within(self.shift) * side as f64);
        let contrast = 1.0 + within(self.contrast);
        let brightness = 255.0 * within(self.contrast / 2.0);
        let mirror = if self.mirror && generator.random_bool(0.5) {
            -1.0
        } else {
            1.0
        };
        let noise = Normal::new(0.0, 255.0 * self.noise)
            .ok()
            .filter(|_| self.noise > 0.0);

        // Maps a position in the copy to a position in the picture.
        let [sine, cosine] = [angle.sin() / zoom, angle.cos() / zoom];
        let middle = [height, width].map(|side| (side as f64 - 1.0) / 2.0);
        let mut copy = Vec::with_capacity(image.len());
        for plane in image.chunks_exact(height * width) {
            for row in 0..height {
                for column in 0..width {
                    let y = row as f64 - middle[0] - down;
                    let x = mirror * (column as f64 - middle[1] - right);
                    let source = [
                        cosine * y - sine * x + middle[0],
                        sine * y + cosine * x + middle[1],
                    ];
                    let value = contrast * bilinear(plane, [height, width], source) + brightness;
                    let noise = noise.map_or(0.0, |noise| noise.sample(generator));
                    copy.push((value + noise).round().clamp(0.0, 255.0) as u8);
                }
            }
        }
        copy
    }
}

/// Interpolates between four pixels; outside of the picture, the nearest pixels are repeated.
fn bilinear(plane: &[u8], [height, width]: [usize; 2], [y, x]: [f64; 2]) -> f64 {
    let y = y.clamp(0.0, (height - 1) as f64);
    let x = x.clamp(0.0, (width - 1) as f64);
    let [top, left] = [y as usize, x as usize];
    let [bottom, right] = [(top + 1).min(height - 1), (left + 1).min(width - 1)];
    let [down, across] = [y - top as f64, x - left as f64];
    let at = |row: usize, column: usize| f64::from(plane[row * width + column]);
    let upper = at(top, left) * (1.0 - across) + at(top, right) * across;
    let lower = at(bottom, left) * (1.0 - across) + at(bottom, right) * across;
    upper * (1.0 - down) + lower * down
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Returns a picture in which neighbouring pixels differ much.
    fn picture(side: usize) -> Vec<u8> {
        (0..side * side).map(|i| (i * 7 % 251) as u8).collect()
    }

    const DISABLED: Augmentation = Augmentation {
        mirror: false,
        degrees: 0.0,
        shift: 0.0,
        zoom: 0.0,
        contrast: 0.0,
        noise: 0.0,
        mix: 0.0,
    };

    #[test]
    fn disabled_alterations_change_nothing() {
        let image = picture(9);
        assert_eq!(DISABLED.batch(&[&image], [1, 9, 9], 1), [image]);
    }

    #[test]
    fn mirrored_copies_are_mirrored_exactly_and_about_half() {
        let image = picture(8);
        let mirrored: Vec<u8> = image
            .chunks(8)
            .flat_map(|row| row.iter().rev().copied())
            .collect();
        let images = vec![&image[..]; 400];
        let augmentation = Augmentation {
            mirror: true,
            ..DISABLED
        };
        let copies = augmentation.batch(&images, [1, 8, 8], 3);
        let turned = copies.iter().filter(|copy| **copy == mirrored).count();
        assert!(
            copies
                .iter()
                .all(|copy| *copy == image || *copy == mirrored)
        );
        assert!((150..250).contains(&turned), "{turned} of 400");
    }

    #[test]
    fn a_shift_moves_the_picture_within_its_range() {
        // A bright dot stays bright, within the range of the shift.
        let mut image = vec![0u8; 21 * 21];
        image[10 * 21 + 10] = 255;
        let augmentation = Augmentation {
            shift: 0.2,
            ..DISABLED
        };
        for copy in augmentation.batch(&[&image[..]; 50], [1, 21, 21], 5) {
            let (place, _) = copy
                .iter()
                .enumerate()
                .max_by_key(|(_, value)| **value)
                .unwrap();
            let [row, column] = [place / 21, place % 21];
            assert!(
                (5..=15).contains(&row) && (5..=15).contains(&column),
                "{row} {column}"
            );
            let total: u32 = copy.iter().map(|value| u32::from(*value)).sum();
            assert!((250..=260).contains(&total), "{total}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_copies_and_another_does_not() {
        let image = picture(16);
        let copies = |seed| Augmentation::SCANS.batch(&[&image, &image], [1, 16, 16], seed);
        assert_eq!(copies(1), copies(1));
        assert_ne!(copies(1), copies(2));
        let [first, second] = copies(1).try_into().unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn channels_move_together() {
        let plane = picture(12);
        let image = [plane.clone(), plane].concat();
        let augmentation = Augmentation {
            noise: 0.0,
            ..Augmentation::SCANS
        };
        let [copy] = augmentation
            .batch(&[&image], [2, 12, 12], 9)
            .try_into()
            .unwrap();
        assert_eq!(copy[..144], copy[144..]);
    }
}
