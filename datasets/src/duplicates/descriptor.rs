//! A picture in a few numbers that are known for all eight of its flips and rotations at once.

use std::f32::consts::PI;

use fast_image_resize::PixelType;

use crate::error::Result;
use crate::images::{Filter, resize};
use crate::images::{Fingerprint, SIDE};

pub(super) const PIXELS: usize = SIDE * SIDE;
/// How many frequencies of the cosine transform are kept in each direction.
const LOW: usize = 8;
/// Length of a key: all kept coefficients but the mean.
pub(super) const KEY: usize = LOW * LOW - 1;
/// Rows and columns of a difference hash.
const HASH: usize = 16;
/// Pictures whose grey levels deviate less than this have nothing to compare.
const BLANK: f32 = 1.0;

/// One of the eight flips and rotations of a square: transposed or not, then turned upside down or
/// not, then mirrored or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn(u8);

impl Turn {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: [Self; 8] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
    ];

    fn transposes(self) -> bool {
        self.0 & 1 != 0
    }

    fn turns_over(self) -> bool {
        self.0 & 2 != 0
    }

    fn mirrors(self) -> bool {
        self.0 & 4 != 0
    }

    /// A square picture of `side` pixels, turned.
    pub(super) fn of<T: Copy>(self, picture: &[T], side: usize) -> Vec<T> {
        let mut turned = Vec::with_capacity(picture.len());
        for row in 0..side {
            let row = if self.turns_over() {
                side - 1 - row
            } else {
                row
            };
            let at = |column: usize| {
                let (row, column) = if self.transposes() {
                    (column, row)
                } else {
                    (row, column)
                };
                picture[row * side + column]
            };
            if self.mirrors() {
                turned.extend((0..side).rev().map(at));
            } else {
                turned.extend((0..side).map(at));
            }
        }
        turned
    }
}

/// What the search compares instead of pictures.
pub(super) struct Descriptor {
    /// Mean of the small picture.
    pub mean: f32,
    /// Euclidean length of the small picture less its mean.
    pub length: f32,
    /// The lowest frequencies (orthonormal cosine transform) of the picture with mean 0, length 1.
    low: [f32; LOW * LOW],
    /// The same for a picture and its seven flips and rotations, and never farther from another key
    /// than the two pictures are from each other, in whatever orientation: a flip changes signs,
    /// which the absolute values forget; a transposition swaps two coefficients, which sorting
    /// forgets.
    pub key: [f32; KEY],
    /// Difference hashes of the eight orientations.
    pub hashes: [[u64; 4]; 8],
}

impl Descriptor {
    pub(super) fn of(fingerprint: &Fingerprint) -> Result<Self> {
        let small = &fingerprint.small;
        let mean = small.iter().map(|&value| f32::from(value)).sum::<f32>() / PIXELS as f32;
        let squares = small.iter().map(|&value| (f32::from(value) - mean).powi(2));
        let length = squares.sum::<f32>().sqrt();
        let low = low_frequencies(&unit(small, mean, length));
        let mut hashes = [[0; 4]; 8];
        for (hash, turn) in hashes.iter_mut().zip(Turn::ALL) {
            *hash = difference_hash(&turn.of(small, SIDE))?;
        }
        Ok(Self {
            mean,
            length,
            low,
            key: key(&low),
            hashes,
        })
    }

    pub(super) fn is_blank(&self) -> bool {
        self.length < BLANK * SIDE as f32
    }

    /// The picture with mean 0 and length 1.
    pub(super) fn unit(&self, small: &[u8]) -> Vec<f32> {
        unit(small, self.mean, self.length)
    }

    /// The turn of `other` that comes nearest to `self` in the low frequencies, and how near.
    pub(super) fn nearest_turn(&self, other: &Self) -> (Turn, f32) {
        let transposed: [f32; LOW * LOW] =
            std::array::from_fn(|at| other.low[at % LOW * LOW + at / LOW]);
        let mut best = (Turn::NONE, f32::INFINITY);
        for turn in Turn::ALL {
            let low = if turn.transposes() {
                &transposed
            } else {
                &other.low
            };
            let mut sum = 0.0;
            for (at, (mine, theirs)) in self.low.iter().zip(low).enumerate() {
                // A flip changes the sign of the odd frequencies in its direction.
                let odd = turn.turns_over() && at / LOW % 2 == 1;
                let changed = odd != (turn.mirrors() && at % 2 == 1);
                let theirs = if changed { -theirs } else { *theirs };
                sum += (mine - theirs).powi(2);
            }
            if sum < best.1 {
                best = (turn, sum);
            }
        }
        (best.0, best.1.sqrt())
    }

    /// In how many of 256 bits the hashes differ, in the orientation where they differ least.
    pub(super) fn bits(&self, other: &Self) -> u32 {
        let distances = other.hashes.iter().map(|hash| bits(&self.hashes[0], hash));
        distances.min().unwrap_or(u32::MAX)
    }
}

pub(super) fn bits(one: &[u64; 4], other: &[u64; 4]) -> u32 {
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    differences.map(u64::count_ones).sum()
}

fn unit(small: &[u8], mean: f32, length: f32) -> Vec<f32> {
    let length = length.max(f32::MIN_POSITIVE);
    let values = small
        .iter()
        .map(|&value| (f32::from(value) - mean) / length);
    values.collect()
}

fn low_frequencies(picture: &[f32]) -> [f32; LOW * LOW] {
    let wave = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 1.0 } else { 2.0 };
        let angle = PI / SIDE as f32 * (place as f32 + 0.5) * frequency as f32;
        (scale / SIDE as f32).sqrt() * angle.cos()
    };
    let waves: [[f32; SIDE]; LOW] =
        std::array::from_fn(|frequency| std::array::from_fn(|place| wave(frequency, place)));
    let dot = |one: &[f32], other: &[f32]| -> f32 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    let mut low = [0.0; LOW * LOW];
    for (row, pixels) in picture.chunks_exact(SIDE).enumerate() {
        let along: [f32; LOW] = std::array::from_fn(|column| dot(pixels, &waves[column]));
        for (down, wave) in waves.iter().enumerate() {
            for (column, along) in along.iter().enumerate() {
                low[down * LOW + column] += wave[row] * along;
            }
        }
    }
    low
}

fn key(low: &[f32; LOW * LOW]) -> [f32; KEY] {
    let pairs = (0..LOW).flat_map(|down| (down..LOW).map(move |across| (down, across)));
    let mut key = [0.0; KEY];
    let mut at = 0;
    for (down, across) in pairs.skip(1) {
        let one = low[down * LOW + across].abs();
        let other = low[across * LOW + down].abs();
        key[at] = one.max(other);
        at += 1;
        if down != across {
            key[at] = one.min(other);
            at += 1;
        }
    }
    key
}

/// Whether the picture gets brighter to the right, at 16x16 places (N. Krawetz, "Kind of like
/// that", 2013). Neighbouring bits go to different words, so that each word sees the whole picture.
fn difference_hash(small: &[u8]) -> Result<[u64; 4]> {
    let size = (HASH as u32 + 1, HASH as u32);
    let side = SIDE as u32;
    let tiny = resize(small, (side, side), size, PixelType::U8, Filter::Bilinear)?;
    let mut hash = [0; 4];
    let pairs = tiny.chunks_exact(HASH + 1).flat_map(|row| row.windows(2));
    for (bit, pair) in pairs.enumerate() {
        hash[bit % 4] |= u64::from(pair[0] < pair[1]) << (bit / 4);
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(seed: u32) -> Fingerprint {
        // Smooth, and different in every orientation.
        let place = |at: usize| (at % SIDE) as f32 / SIDE as f32 + seed as f32;
        let small = (0..PIXELS).map(|at| {
            let (x, y) = (place(at), place(at / SIDE));
            (127.0 + 60.0 * (5.0 * x + 2.0 * y * y).sin() + 60.0 * (3.0 * y).cos() * x.sin()) as u8
        });
        Fingerprint {
            width: 64,
            height: 64,
            pixels: [0; 32],
            small: small.collect(),
        }
    }

    #[test]
    fn a_key_is_the_same_in_every_orientation_and_the_turn_is_found() {
        let upright = fingerprint(1);
        let descriptor = Descriptor::of(&upright).unwrap();
        for turn in Turn::ALL {
            let turned = Fingerprint {
                small: turn.of(&upright.small, SIDE),
                ..upright.clone()
            };
            let other = Descriptor::of(&turned).unwrap();
            for (one, other) in descriptor.key.iter().zip(&other.key) {
                assert!((one - other).abs() < 1e-4, "{turn:?}: {one} {other}");
            }
            let (found, distance) = other.nearest_turn(&descriptor);
            assert!(distance < 1e-3, "{turn:?}: {distance}");
            assert_eq!(found, turn);
            assert_eq!(descriptor.bits(&other), 0);
        }
    }

    #[test]
    fn keys_are_no_farther_apart_than_pictures() {
        let fingerprints = [fingerprint(1), fingerprint(2), fingerprint(5)];
        for one in &fingerprints {
            for other in &fingerprints {
                let (a, b) = (Descriptor::of(one).unwrap(), Descriptor::of(other).unwrap());
                let distance = |one: &[f32], other: &[f32]| -> f32 {
                    let squares = one.iter().zip(other).map(|(a, b)| (a - b).powi(2));
                    squares.sum::<f32>().sqrt()
                };
                let pictures = distance(&a.unit(&one.small), &b.unit(&other.small));
                assert!(distance(&a.key, &b.key) <= pictures + 1e-5);
            }
        }
    }
}
